/* The workers of a run, as they described themselves: where they are, what memory
 * and how many threads each may use. Master only. */
#ifndef SINKGRID_RUN_CREW_H
#define SINKGRID_RUN_CREW_H

#include "base/error.h"
#include "grid/plan.h"
#include "run/message.h"
#include "run/schedule.h"

struct crew {
    int n_ranks;                     /* of the job */
    int n_workers;                   /* n_ranks - 1, or 1 where the master works, too */
    struct ready_message *ready;     /* (n_workers) */
    int *n_threads;                  /* (n_workers) */
    struct schedule_worker *workers; /* (n_workers) */
};

/* Waits for every worker. `threads`: wanted of each, 0: OMP_NUM_THREADS where it is
 * set, else the worker's share of the cores that it may run on. */
int crew_gather(struct crew *crew, int threads, struct error *err);
void crew_clear(struct crew *crew);

/* The same from given facts, for tests: ready is copied. */
void crew_build(struct crew *crew, const struct ready_message *ready, int n_workers, int n_ranks, int threads);

int crew_rank(const struct crew *crew, int worker);
int crew_worker(const struct crew *crew, int rank);

/* For the plan: the least memory and number of threads of a worker. */
struct plan_resources crew_resources(const struct crew *crew);

/* Says ranks x threads against cores; warns of threads that share a core, and of
 * workers with different kernels. Returns the number of warnings. */
int crew_report(const struct crew *crew);

#endif
