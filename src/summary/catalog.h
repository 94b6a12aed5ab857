/* Which stored samples a summary rests on, in which order. A sample that was measured
 * more than once (units of other settings in the same folder) counts once: over all
 * layers before a part of them; units of the last run's list (of their model and prompt
 * set) before others; the newest file first. */
#ifndef SINKGRID_SUMMARY_CATALOG_H
#define SINKGRID_SUMMARY_CATALOG_H

#include <stdbool.h>
#include <time.h>

#include "store/store.h"

struct catalog_unit {
    char *path;
    struct unit_header header;
    struct timespec written;
    bool listed;  /* in the last run's plan.jsonl */
    bool *counts; /* (header.n_samples) whether this unit's measurement of a sample counts */
};

struct catalog {
    struct catalog_unit *units; /* by family, parameters, model, prompt set, first sample that counts */
    int n_units;
    int n_damaged;  /* files that could not be read; each was logged */
    int n_repeated; /* samples measured more than once over the same layers */
};

/* Reads the headers under `results`. `selects` (NULL: all) keeps a unit. Fails if two
 * units give one model different shapes. catalog_clear frees. */
int catalog_read(struct catalog *catalog, const char *results,
                 bool (*selects)(const struct unit_info *info, const void *context), const void *context,
                 struct error *err);
void catalog_clear(struct catalog *catalog);

#endif
