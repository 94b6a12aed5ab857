/* The state of a schedule, shared by schedule.c (events) and choice.c (decisions)
 * and by nobody else. */
#ifndef SINKGRID_RUN_SCHEDULE_STATE_H
#define SINKGRID_RUN_SCHEDULE_STATE_H

#include "run/heap.h"
#include "run/pending.h"
#include "run/pool.h"
#include "run/schedule.h"

enum pipeline_state { WAITING, RUNNING, MEASURED, DONE, FAILED, DROPPED };

struct progress { /* of one pipeline */
    enum pipeline_state state;
    int attempts;
    int stages_left; /* running: that have not reported */
    int failed_node; /* of the last failure, -1 */
    int level;       /* running: the least memory level among its workers */
    bool failed, dropped;
    double start, speed;
    int *workers;    /* (n_stages) while running, else NULL */
    bool *ended;     /* (n_stages) the stage has reported */
    int predecessor; /* the pipeline that it followed on the same workers, -1 */
    int successor;   /* the one that follows it there, -1 */
};

struct reservation {
    int pipeline; /* -1: none */
    double time;  /* when enough workers should be free */
    int spare;    /* adequate workers beyond its need at that time */
    int n_jumps;  /* shards that may still follow on busy workers though they end later */
};

struct schedule {
    struct schedule_settings settings;
    int n_workers, n_pipelines;
    struct schedule_pipeline *pipelines;
    int *level; /* (n_pipelines) memory level needed */
    struct progress *progress;
    struct pool *pool;
    struct pending pending;
    struct heap ends[MAX_LEVELS]; /* running pipelines by expected end, at their `level` */
    struct reservation reservation;
    struct schedule_counts counts;
    int last_free;   /* the worker that was freed last, -1 */
    int first_ended; /* the pipeline whose first stage has just ended well, -1 */
    bool stopped;
    double deadline;                     /* INFINITY: none */
    double waiting_cost[MAX_LEVELS + 1]; /* by level needed */
    double seen_seconds, seen_cost;      /* over what ended well: cost is per stage, at speed 1 */
};

/* ---- choice.c ---- */

struct choice {
    int pipeline;  /* to start now; -1: none */
    int level_end; /* on workers below this memory level */
    int after;     /* on the workers of this running pipeline, each when it is done there; -1: on free ones */
};
struct choice choice_make(struct schedule *schedule, double now);

/* The first waiting pipeline that may start at all before the deadline; -1. */
int choice_head(const struct schedule *schedule, double now);
/* The first of the order, deadline or not; -1. */
int choice_first(const struct schedule *schedule);

double choice_waiting_cost(const struct schedule *schedule);

/* Estimated seconds of a pipeline at speed 1, and per unit of cost. */
double choice_seconds(const struct schedule *schedule, int pipeline);
double choice_seconds_per_cost(const struct schedule *schedule);

#endif
