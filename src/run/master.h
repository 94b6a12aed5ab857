/* Rank 0: experiment -> plan -> schedule -> messages; results -> store. Alone it
 * runs the stages itself, with a function call where a message would go. */
#ifndef SINKGRID_RUN_MASTER_H
#define SINKGRID_RUN_MASTER_H

#include <stdbool.h>

#include "grid/experiment.h"

struct run_settings {
    const struct experiment *experiment;
    bool only_failed;   /* only units that failed before */
    int n_retries;      /* attempts after a failure; negative: the experiment's max_attempts */
    bool fail_fast;     /* the first unit that failed for good stops the run */
    bool strict_kernel; /* refuse to go on under another kernel */
    bool profile;       /* print where the time went */
    bool verify;        /* fingerprint every byte of the models */
    double time_limit;  /* seconds from now, negative: what the batch system says is left */
    double grace;       /* seconds that running units get after SIGUSR1 */
    int n_threads;      /* of a worker, 0: see crew.h */
};

struct run_outcome {
    int n_total, n_stored, n_failed, n_missing; /* units of the experiment, as selected */
    int n_run;                                  /* stored by this run */
    int n_left_out;                             /* of the missing ones: not asked for (only_failed) */
    bool stopped;                               /* early, by SIGUSR1 or for want of time: run again to go on */
    bool gave_up;    /* early, because units failed: --fail-fast, or results that cannot be stored */
    double patience; /* for master_dismiss */
};

/* Master only. -1 for what ends with "wrong usage or experiment": the plan cannot be
 * built, another run holds the results, another kernel under strict_kernel. */
int master_run(const struct run_settings *settings, struct run_outcome *outcome, struct error *err);

/* Sends the workers home; after it, message_finish. Whoever has not answered `patience`
 * seconds later hangs and would keep all ranks in MPI_Finalize: that is said, and the job
 * ends here, with `status`. */
void master_dismiss(int status, double patience);

#endif
