/* The state of the master, shared by master.c (set-up, loop), intake.c (results),
 * halt.c (stopping) and watch.c (signs of life), and by nobody else. */
#ifndef SINKGRID_RUN_MASTER_STATE_H
#define SINKGRID_RUN_MASTER_STATE_H

#include "grid/plan.h"
#include "run/crew.h"
#include "run/flight.h"
#include "run/heartbeat.h"
#include "run/lineage.h"
#include "run/lock.h"
#include "run/master.h"
#include "run/progress.h"
#include "run/schedule.h"
#include "run/stage.h"

struct halt {
    double deadline; /* everything is to be over by then; INFINITY: no limit */
    double margin;   /* seconds between giving up and leaving by force */
    bool stopping;   /* nothing starts any more */
    bool dropping;   /* what runs was told to give up */
    double drop_at, abort_at;
};

struct master {
    const struct run_settings *settings;
    const struct experiment *experiment;
    const char *results;
    struct crew crew;
    bool alone; /* the only rank: works, too */
    struct plan *plan;
    uint64_t *stamps; /* (experiment->n_models) of their files, before they were fingerprinted */
    struct lock *lock;
    struct lineage lineage;
    struct schedule *schedule;
    int n;                  /* pipelines to run */
    int *pipelines;         /* (n) schedule's index -> plan's */
    struct flight *flights; /* (n) */
    int *measured;          /* (n) ring of pipelines that wait to be stored */
    int n_measured, next_measured;
    int n_store_failures;            /* in a row */
    bool gave_up;                    /* nothing starts any more because of failures, not for want of time */
    int n_stored_before, n_left_out; /* of the plan; left out: not asked for */
    int n_closed;                    /* (model, prompt set) pairs whose model cannot be opened */
    struct halt halt;
    struct model_keeper keeper; /* alone */
    struct profile *profiles;   /* (n_workers) sums */
    struct profile own;         /* the master's store */
    struct heartbeat beat;
    struct progress_line line;
    double begun, beaten; /* on the clock of profile_now */
};

/* ---- intake.c ---- */

/* A stage's result; takes over the measurement. */
void intake_result(struct master *master, int worker, const struct result_message *result,
                   struct measurement *measurement);
/* Writes the next measured pipeline's unit file; false if none waits. */
bool intake_store(struct master *master);
/* Records models that cannot be opened: one failure a (model, prompt set) pair, whose
 * units nobody can name; removes the records of those that can be opened again. */
void intake_models(struct master *master);
/* Records pipelines that no set of workers could ever run. */
void intake_impossible(struct master *master);

/* A small file that is given up when the disk is full, so that failures can still be recorded. */
void reserve_make(const char *results);
void reserve_drop(const char *results);

/* ---- halt.c ---- */

void halt_init(struct master *master);
/* Acts on signals and the clock; does not return if it is time to leave by force. */
void halt_check(struct master *master);
/* Seconds for which the end of the run waits for a worker that does not answer. */
double halt_patience(const struct master *master);
/* Saves and ends the process if SIGTERM came. */
void halt_if_terminated(struct master *master);

/* ---- watch.c ---- */

void watch_init(struct master *master);
/* Heartbeat and progress line, if it is time; `state` NULL: as it was. */
void watch_beat(struct master *master, const char *state);
void watch_finish(struct master *master, const char *state);
/* The table of --profile, to standard error. */
void watch_print_profile(const struct master *master);
/* The plan's pipeline of a schedule index. */
const struct plan_pipeline *watch_pipeline(const struct master *master, int index);
double watch_tokens(const struct master *master, int index);

#endif
