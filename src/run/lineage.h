/* How this run's units follow from what earlier runs left in the results folder: the
 * list of pipelines (grid/manifest.h), and the records of failures, which go over to
 * the identity that a unit has now. Master only; the folder's lock is held. */
#ifndef SINKGRID_RUN_LINEAGE_H
#define SINKGRID_RUN_LINEAGE_H

#include "grid/manifest.h"

struct lineage {
    const char *results;
    struct manifest before; /* empty where there is no readable list */
    struct manifest now;    /* entries in the order of the plan's pipelines */
};

/* Borrows `results`; lineage_clear frees the rest. */
void lineage_init(struct lineage *lineage, const char *results, const struct plan *plan);
void lineage_clear(struct lineage *lineage);

/* A unit that failed under another identity (its model has been mended since, say), or
 * whose model could not be opened, has failed: what `--only-failed` and `status` go by. */
void lineage_carry_failures(const struct lineage *lineage);

/* Logs which models, prompts or settings have changed, and writes the list of this run. */
int lineage_write(struct lineage *lineage, struct error *err);

#endif
