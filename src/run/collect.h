/* The master's end of a pipeline: the stages' measurements, joined, with what the
 * plan knows of model and samples, become one unit file. Master only. */
#ifndef SINKGRID_RUN_COLLECT_H
#define SINKGRID_RUN_COLLECT_H

#include "grid/plan.h"
#include "probe/measurement.h"

struct collect_facts { /* of the run, for the file */
    const char *kernel;
    const char *provenance; /* JSON text */
};

/* Writes the unit file of plan->pipelines[pipeline]; the measurement is empty after
 * it. Fails as store_write does, and if a measured layer or a sample is missing. */
int collect_store(const struct plan *plan, int pipeline, struct measurement *measurement,
                  const struct collect_facts *facts, struct error *err);

#endif
