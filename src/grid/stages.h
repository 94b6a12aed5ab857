/* How a pipeline is laid out: its number of stages, where they are cut, how many
 * tokens travel together; and what its stages cost. For plan.c. */
#ifndef SINKGRID_GRID_STAGES_H
#define SINKGRID_GRID_STAGES_H

#include "grid/plan.h"

/* What the user should hear about a layout. */
struct stage_notes {
    bool fewer_stages; /* the experiment asks for more than there are workers */
    bool over_memory;  /* no layout over these workers fits: mapped weights will be read again and again */
};

/* Fills n_stages, cut, chunk_tokens, stage_bytes and flop; the rest of the pipeline
 * is there. `notes` are set, never cleared. What does not fit into any number of
 * ranks fails where n_workers is 0. */
int stages_lay_out(const struct plan *plan, struct plan_pipeline *pipeline, const struct plan_resources *resources,
                   struct stage_notes *notes, struct error *err);

#endif
