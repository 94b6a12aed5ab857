/* What the machine offers this process: host, cores it may run on, memory. */
#ifndef SINKGRID_RUN_MACHINE_H
#define SINKGRID_RUN_MACHINE_H

#include <stdint.h>

#include "base/error.h"
#include "run/message.h"

/* Fills all but the kernel. n_threads: OMP_NUM_THREADS where it is set, else 0; n_cores: those
 * of the process's affinity, at most what Slurm or PBS grants (SLURM_CPUS_ON_NODE, NCPUS, PBS_NUM_PPN). */
void machine_describe(struct ready_message *ready);

/* Bytes of this node that the job may use: the least of what is available now, the limits of
 * its control group and those above, and Slurm's grant (SLURM_MEM_PER_NODE, MiB); 0: unknown. */
uint64_t machine_memory(void);

/* "0-3,8" of a set of n_cpus flags; cut, ending in "...", where it does not fit. */
void machine_format_cpus(const uint8_t *flags, int n_cpus, char *text, int size);

#endif
