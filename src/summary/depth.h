/* The primary's score over depth, with and without secondary sinks beside it (claim
 * d: it weakens in middle layers as they emerge). */
#ifndef SINKGRID_SUMMARY_DEPTH_H
#define SINKGRID_SUMMARY_DEPTH_H

#include "summary/statistics.h"
#include "summary/tally.h"

struct depth_scaling {
    struct estimate weakening;        /* least mean primary score in [least l_start, greatest l_end) of the
                                       * secondaries over the greatest in the primary's layers; n: samples */
    struct estimate rho;              /* over the primary's layers: its score with the secondaries' sum; n: layers */
    double score_beside, score_alone; /* mean primary score at (sample, layer)s with and without a live secondary */
};

extern const struct depth_scaling depth_missing;

/* start, end: the primary's layers. */
void depth_compute(struct depth_scaling *depth, const struct tally *tally, int start, int end, uint64_t seed);

/* Means over the samples with a primary, sample s counted weight[s] times (NULL:
 * once): its score, and the sum of the secondaries' scores (none: 0). (n_layers) */
void depth_primary_means(const struct tally *tally, const double *weight, double *means);
void depth_secondary_means(const struct tally *tally, const double *weight, double *means);

/* The same over the (sample, layer)s with a live secondary sink, or without. */
void depth_split_means(const struct tally *tally, bool live, double *means, size_t *counts);

#endif
