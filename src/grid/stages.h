/* How a pipeline is laid out: its number of stages, where they are cut, how many
 * tokens travel together; and what its stages cost. For plan.c. */
#ifndef SINKGRID_GRID_STAGES_H
#define SINKGRID_GRID_STAGES_H

#include "grid/plan.h"

/* Fills n_stages, cut, chunk_tokens, stage_bytes and flop; the rest of the pipeline
 * is there. *fewer is set where the experiment asks for more stages than there are
 * workers. */
int stages_lay_out(const struct plan *plan, struct plan_pipeline *pipeline, const struct plan_resources *resources,
                   bool *fewer, struct error *err);

#endif
