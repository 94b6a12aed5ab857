/* Cuts consecutive layers into stages so that the most expensive stage costs as
 * little as can be, and each stage fits into memory. Knows costs, not models. */
#ifndef SINKGRID_GRID_PARTITION_H
#define SINKGRID_GRID_PARTITION_H

#include <stdint.h>

#include "base/error.h"

struct partition {
    int n_layers;
    const double *cost; /* (n_layers), not negative */
    /* Memory of a stage that holds layers [begin, end): no less for a range than for
     * a part of it. NULL: no limit. */
    uint64_t (*bytes)(const void *context, int begin, int end);
    const void *context;
    uint64_t limit; /* bytes; 0: none */
};

/* The fewest stages that fit (greedy: each takes as many layers as memory allows).
 * Fails if a single layer does not fit, naming it and its size. */
int partition_least_stages(const struct partition *partition, int *n_stages, struct error *err);

/* Fills cut (n_stages + 1): cut[0] = 0, cut[n_stages] = n_layers; every stage has a
 * layer. Exact, by dynamic programming over (stages, layers). Fails if n_stages
 * exceeds n_layers or no such cut fits. */
int partition_cut(const struct partition *partition, int n_stages, int *cut, struct error *err);

/* Cost of the most expensive stage, bytes of the largest (0 without `bytes`). */
double partition_cost(const struct partition *partition, int n_stages, const int *cut);
uint64_t partition_bytes(const struct partition *partition, int n_stages, const int *cut);

#endif
