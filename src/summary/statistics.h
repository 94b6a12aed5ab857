/* Order statistics, rank correlation, entropy and the percentile bootstrap. Missing
 * results are NaN. Every function takes finite values: callers leave out what is
 * missing first. */
#ifndef SINKGRID_SUMMARY_STATISTICS_H
#define SINKGRID_SUMMARY_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

double statistics_mean(const double *x, size_t n);
double statistics_sd(const double *x, size_t n); /* n - 1; missing if n < 2 */

/* Linear interpolation between order statistics, numpy's default (type 7 of Hyndman
 * and Fan 1996); q in [0, 1]. `sorted` ascends. Missing if n = 0. */
double statistics_quantile(const double *sorted, size_t n, double q);

/* Sorts a copy; even counts: the mean of the middle two. */
double statistics_median(const double *x, size_t n);
void statistics_sort(double *x, size_t n);

/* Entropy in nats of a histogram: -sum p ln p, empty bins left out. */
double statistics_entropy(const double *counts, size_t n);

/* ---- rank correlation ---- */

/* Pairs prepared for Spearman's rank correlation: sorted once, evaluated for any
 * multiplicities, so that a resample costs O(n). */
struct rank_pairs {
    size_t n;
    double *x, *y;
    size_t *by_x, *by_y; /* indices in ascending order */
    double *ranks;       /* (2 n) workspace: one evaluation at a time */
};

void rank_pairs_init(struct rank_pairs *pairs, const double *x, const double *y, size_t n);
void rank_pairs_clear(struct rank_pairs *pairs);

/* Spearman's rho with average ranks of ties, pair i counted weight[i] >= 0 times
 * (NULL: once each). Missing if x or y is constant or fewer than two pairs count. */
double rank_correlation(const struct rank_pairs *pairs, const double *weight);

/* ---- bootstrap ---- */

enum { BOOTSTRAP_RESAMPLES = 2000 };

struct estimate {
    double value;
    double low, high; /* 2.5 and 97.5 % percentiles; missing: see bootstrap_interval */
    size_t n;         /* what the value rests on: sinks, layers or models */
};

/* Percentile bootstrap (Efron 1979) over n units of resampling. The statistic is
 * called with the multiplicity of each unit, (n); a missing value drops the
 * resample. Resample b of a stream draws counters b * n ... b * n + n - 1, so that
 * results depend on (seed, stream, n) alone. Missing if n < 3, if the value rests on
 * fewer than 3 (estimate->n, set by the caller: one sink, drawn three times, would pass
 * for a level), or if fewer than half of the resamples remain. */
void bootstrap_interval(struct estimate *estimate, size_t n, double (*statistic)(const double *weight, void *context),
                        void *context, uint64_t seed, uint64_t stream);

#endif
