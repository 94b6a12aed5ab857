/* Where a result comes from: versions, libraries, machine, experiment; JSON for a
 * unit file, comment lines for the resolved experiment. Master only. */
#ifndef SINKGRID_RUN_PROVENANCE_H
#define SINKGRID_RUN_PROVENANCE_H

#include "base/profile.h"
#include "grid/plan.h"
#include "run/message.h"

struct provenance_run {                /* what does not change over a run */
    const struct ready_message *ready; /* (n_workers) */
    int n_workers, n_ranks, n_threads;
    const char *library; /* MPI's, "" without */
    const char *experiment_text;
};

/* JSON text of one unit; `profile` summed over its stages. The caller frees. */
char *provenance_unit(const struct provenance_run *run, const char *const *hosts, int n_stages, double seconds,
                      const struct profile *profile);

/* The resolved experiment with versions, kernel and model fingerprints above it as
 * comments: <results>/experiment.cfg. */
int provenance_write_experiment(const struct plan *plan, const char *kernel, struct error *err);

#endif
