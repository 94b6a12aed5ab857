/* Order statistics of many floats. */
#ifndef SINKGRID_PROBE_DISTRIBUTION_H
#define SINKGRID_PROBE_DISTRIBUTION_H

#include <stddef.h>

#include "kernel/kernel.h"
#include "probe/measurement.h"

/* Sorts n floats without NaN, ascending; `space` holds n floats. Radix sort on the
 * bits. */
void sort_floats(size_t n, float *values, float *space);

/* Quantile q in [0, 1] of n > 0 sorted values, linear interpolation between the
 * neighbours of q (n - 1): numpy's default. */
double sorted_quantile(size_t n, const float *sorted, double q);

/* count, mean, sd and quantiles; values are sorted in place. */
void summarize_column(size_t n, float *values, float *space, struct column_summary *summary);

/* Median of |x[i]|; even counts: mean of the middle two. n > 0, no NaN. */
float median_abs(const struct kernel *kernel, size_t n, const float *x);

#endif
