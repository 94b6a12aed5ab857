/* Who runs what next: a pure state machine. Events go in (a worker is free, a stage
 * has ended, a result is stored, stop), decisions come out (start this pipeline on
 * these workers). No MPI, no clock, no files: the caller passes the time.
 *
 * A pipeline starts when all its stages have a worker (gang scheduling), so none ever
 * holds workers while it waits for more; or it follows another of the same depth on
 * the same workers, each of which turns to it when it is done with the one before,
 * so that stages do not run dry between shards. Order: longest estimated first
 * (pending.h); what only large workers can hold goes first where it decides the end.
 * If the next one does not fit, a reservation is made for it: the time by which
 * enough running pipelines should have ended. Others may start meanwhile if they
 * should end by then, or on workers that will not be needed then (backfill, as in
 * the EASY scheduler, Lifka 1995). The reservation keeps its time: once it has
 * passed, every adequate worker that becomes free waits for the reserved pipeline,
 * however wrong the estimates were, so deep pipelines do not starve. A shard of the
 * model that a worker has at hand goes first if it is not much shorter than the
 * longest one waiting, and the tail is far away.
 *
 * Why it ends. Let a pipeline wait, run, or be over (done, failed). Each start uses
 * one of the pipeline's max_attempts attempts, so there are at most
 * sum(max_attempts) starts. An attempt ends when each of its stages has reported;
 * stage.h guarantees that a stage reports if those above it in the pipeline do,
 * failing ones included, and all workers of a pipeline that follows take their two
 * assignments in the same order, so no two wait for each other. It cannot stop
 * earlier: suppose nothing runs and pipelines wait. All workers are free; a
 * pipeline that needs more workers of its memory level than there are was refused
 * at creation; so the first of the order, or the reserved one, fits, and
 * schedule_next starts it. After a stop, or before a deadline that nothing can
 * meet any more, nothing starts, and the run is over when the last attempt ends.
 *
 * Cost: an event is O(log n) in the number of pipelines, plus the depth of the pipeline
 * and the ranks of a node for a start. */
#ifndef SINKGRID_RUN_SCHEDULE_H
#define SINKGRID_RUN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum { SCHEDULE_MAX_STAGES = 128 };

struct schedule_worker {
    int node;       /* any number, equal on one node */
    uint64_t bytes; /* memory for a stage */
    double speed;   /* cost units a second, relative: 1 for an ordinary worker */
};

struct schedule_pipeline {
    int n_stages;         /* 1 ... SCHEDULE_MAX_STAGES */
    uint64_t stage_bytes; /* greatest over its stages */
    int model;            /* 0, 1, ...: what a worker keeps mapped */
    double cost;          /* of all stages together, e.g. FLOP */
};

struct schedule_settings {
    int max_attempts;
    bool fail_fast;          /* the first pipeline that failed for good stops the run */
    double seconds_per_cost; /* first guess at speed 1; corrected by what is seen */
};

struct schedule;

/* Both arrays are copied. Pipelines that need more than the workers can ever offer
 * count as failed from the start: see schedule_impossible. */
struct schedule *schedule_create(const struct schedule_worker *workers, int n_workers,
                                 const struct schedule_pipeline *pipelines, int n_pipelines,
                                 const struct schedule_settings *settings);
void schedule_destroy(struct schedule *schedule);

bool schedule_impossible(const struct schedule *schedule, int pipeline);

/* ---- events; `now` in seconds never goes back ---- */

void schedule_worker_free(struct schedule *schedule, int worker); /* its first READY */

enum stage_end { STAGE_END_OK, STAGE_END_FAILED, STAGE_END_DROPPED };

enum schedule_verdict {
    VERDICT_RUNNING,  /* other stages are still at work */
    VERDICT_MEASURED, /* all stages are well: store the result, then call schedule_stored */
    VERDICT_RETRY,    /* the attempt failed; the pipeline waits again */
    VERDICT_FAILED,   /* it failed for good */
    VERDICT_DROPPED,  /* given up because of a stop; counts as missing */
    VERDICT_DONE,
};

/* A stage has reported; its worker is free again. */
enum schedule_verdict schedule_stage_end(struct schedule *schedule, int pipeline, int stage, enum stage_end end,
                                         double now);

/* Its result lies on disk, or could not be written: VERDICT_DONE, _RETRY or _FAILED. */
enum schedule_verdict schedule_stored(struct schedule *schedule, int pipeline, bool ok);

/* Nothing starts from now on; what runs goes on. */
void schedule_stop(struct schedule *schedule);
/* What should not end by `end` (seconds, on the clock of `now`) does not start. */
void schedule_set_deadline(struct schedule *schedule, double end);

/* ---- decisions ---- */

struct schedule_start {
    int pipeline;
    int attempt; /* from 1 */
    int n_stages;
    int workers[SCHEDULE_MAX_STAGES]; /* by stage; some may have to end another stage first */
};

/* The next pipeline to start, false if none may start now. Call until false after each event. */
bool schedule_next(struct schedule *schedule, double now, struct schedule_start *start);

/* Nothing runs nor waits to be stored, and nothing more will start. */
bool schedule_over(const struct schedule *schedule, double now);

/* ---- what is known ---- */

struct schedule_counts {
    int waiting, running, done, failed; /* running includes what waits to be stored */
};
struct schedule_counts schedule_counts(const struct schedule *schedule);

bool schedule_is_running(const struct schedule *schedule, int pipeline);
int schedule_attempt(const struct schedule *schedule, int pipeline);         /* of the last start, 0: none */
double schedule_expected_end(const struct schedule *schedule, int pipeline); /* of a running one */

/* Estimated seconds until all is done: what is left over all workers, at least the
 * longest running or waiting pipeline. */
double schedule_seconds_left(const struct schedule *schedule, double now);

#endif
