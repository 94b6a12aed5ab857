/* A pipeline of the plan -> what each of its workers is told. Pure. */
#ifndef SINKGRID_RUN_DISPATCH_H
#define SINKGRID_RUN_DISPATCH_H

#include "grid/plan.h"
#include "run/assignment.h"
#include "run/schedule.h"

enum { WHOLE_CHUNK_TOKENS = 4096 }; /* a single stage packs whole samples up to so many tokens */

/* Tokens with a norm above so many times the layer's median are recorded: no
 * setting, since it would be part of what a result file is. */
#define RECORD_NORM_RATIO 3.0

/* The assignment of one stage of plan->pipelines[pipeline]. `ranks`: by stage;
 * n_threads: of that worker, 0 as the environment has it; stamp: of the model's files
 * (stamp.h). assignment_clear frees. */
void dispatch_build(const struct plan *plan, int pipeline, const struct schedule_start *start, int stage,
                    const int *ranks, int n_threads, uint64_t stamp, struct assignment *assignment);

/* What the schedule must know of a pipeline. */
struct schedule_pipeline dispatch_describe(const struct plan *plan, int pipeline);

#endif
