/* When to stop: signals and time limits.
 *
 * SIGUSR1: hand out no more work, let what runs end within a grace, leave with 75.
 * SIGTERM (the job is being killed): what is finished is saved, nothing else is
 * done. Master only; workers ignore SIGUSR1, which launchers send to every rank,
 * and keep the default for SIGTERM. */
#ifndef SINKGRID_RUN_STOP_H
#define SINKGRID_RUN_STOP_H

#include <stdbool.h>

#include "base/error.h"

void stop_install_master(void);
void stop_install_worker(void);

bool stop_requested(void);  /* SIGUSR1 came */
bool stop_terminated(void); /* SIGTERM came and waits for stop_die */

/* While saving, SIGTERM waits for stop_die; otherwise it ends the process at once. */
void stop_set_saving(bool saving);

/* Ends the process as the signal would have. */
_Noreturn void stop_die(void);

/* Seconds that the job has left, by the batch system: SLURM_JOB_END_TIME, `squeue`
 * in a Slurm job, PBS_WALLTIME less the age of PBS_NODEFILE; 0 from the end on;
 * negative if there is no limit that one could learn. */
double stop_job_seconds_left(void);

/* "M:SS", "H:MM:SS", "D-HH:MM:SS" as squeue prints what is left; -1 if it is none. */
double stop_parse_slurm_time(const char *text);

#endif
