/* A run without ranks: the schedule driven by an event queue in virtual time. For
 * `plan --simulate`, the tests and the benchmark. */
#ifndef SINKGRID_RUN_SIMULATE_H
#define SINKGRID_RUN_SIMULATE_H

#include <stdint.h>

#include "run/schedule.h"

struct plan;

struct simulation_settings {
    double seconds_per_cost; /* true speed of a worker of speed 1 */
    double guess;            /* what the schedule believes at first; 0: the same */
    double jitter;           /* true times vary by up to this share, up or down */
    int n_chunks;            /* of a pipeline: its stages end a chunk apart; 0: at once */
    double failure_rate;     /* share of stages that fail */
    uint64_t seed;
    int max_attempts;
    double late; /* workers report at random within so many seconds */
    /* Called for every start, may be NULL: tests look on. */
    void (*see_start)(void *context, const struct schedule_start *start, double now);
    void *context;
};

struct simulation {
    int n_done, n_failed, n_impossible;
    long n_starts, n_events;
    long n_kept;         /* stages that started on a worker that held their model already */
    long n_nodes;        /* nodes over all starts: n_starts if each was on one */
    double makespan;     /* seconds */
    double work;         /* rank-seconds of all starts */
    double total_bound;  /* seconds: total work / speed of all workers, also of that which needs the largest ones */
    double longest;      /* seconds: the longest pipeline */
    double bound;        /* the greater of both, of the estimates: no schedule is faster */
    double utilization;  /* work / (workers x makespan) */
    double host_seconds; /* processor time that the schedule itself took */
};

/* Runs all pipelines; the schedule must come to its end by itself, else this aborts (an invariant). */
void simulate(const struct schedule_worker *workers, int n_workers, const struct schedule_pipeline *pipelines,
              int n_pipelines, const struct simulation_settings *settings, struct simulation *result);

/* What `n_ranks` ranks, `ranks_per_node` on a node, would make of a plan whose worker
 * computes at `flop_rate` FLOP/s; rank 0 only schedules unless it is alone. */
void simulate_plan(const struct plan *plan, int n_ranks, int ranks_per_node, double flop_rate,
                   struct simulation *result);

#endif
