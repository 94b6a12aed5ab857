/* One stage of a pipeline on one rank: per chunk receive, forward, record, send.
 * Knows nothing of the master: the worker hands over what it yields.
 *
 * A stage reports once if those above it in the pipeline do: stage_compute returns
 * at the latest when the last chunk has come from above, or at its own first
 * failure; stage_end then takes what is still to come from above and passes a bad
 * status below for every chunk that was not sent, so the stages below end as
 * SKIPPED. By induction over the depth every stage of a pipeline ends. */
#ifndef SINKGRID_RUN_STAGE_H
#define SINKGRID_RUN_STAGE_H

#include <stdbool.h>

#include "probe/measurement.h"
#include "run/assignment.h"
#include "run/message.h"

/* What a stage asks its surroundings while it computes. */
struct stage_hooks {
    bool (*is_dropped)(void *context, int pipeline, int attempt); /* between chunks: give up? */
    void (*progress)(void *context); /* often, from the taps: let messages move, signs of life be given */
    void *context;
};

/* The model that a rank keeps open from one stage to the next. */
struct model_keeper {
    char *path;
    struct model *model;
};
void model_keeper_clear(struct model_keeper *keeper);

struct stage;

/* Opens the links to its neighbours; both pointers are borrowed until stage_end. */
struct stage *stage_begin(const struct assignment *assignment, const struct stage_hooks *hooks);

/* Runs all chunks. Fills the result (but its size); with STAGE_OK the measurement is
 * the caller's to clear, and has no samples where the stage records no layer. */
void stage_compute(struct stage *stage, struct model_keeper *keeper, struct result_message *result,
                   struct measurement *measurement);

/* Drains, waits until the last chunk has arrived below, and frees. */
void stage_end(struct stage *stage);

#endif
