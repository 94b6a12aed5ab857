/* Two result sets, sink by sink: imported and measured ones, or two precisions. Reads
 * sinks.csv of both. Models are paired by name, and so are their prompt sets; where
 * exactly one is left on either side, these two are a pair. Only samples that both
 * have are compared. */
#ifndef SINKGRID_SUMMARY_COMPARISON_H
#define SINKGRID_SUMMARY_COMPARISON_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "grid/experiment.h"

/* One kind of difference over sinks that both sets have, B - A. */
struct difference {
    size_t n, n_equal;
    double mean, mean_abs, max_abs; /* missing if n = 0 */
};

struct comparison { /* of one pair of models */
    char *model_a, *model_b;
    size_t n_samples;                  /* in both */
    size_t only_a, only_b;             /* samples in one alone */
    size_t primary_a, primary_b;       /* samples with a primary */
    size_t primary_both, primary_same; /* ... in both; at the same position, l_start and lifetime */
    size_t secondary_a, secondary_b, secondary_both;
    double jaccard;                      /* secondary: both over either; missing if there are none */
    size_t either, agree;                /* sinks but noise of either set; of the same kind in both */
    struct difference l_start, lifetime; /* of secondary sinks in both */
    struct difference sink_score;
};

struct comparisons {
    struct comparison *items;
    size_t n;
};

/* `rule` chooses the columns of kind and levels; rows without labels by "relative"
 * (imported ones) keep their own. `csv`: NULL, or where a row a sink goes. */
int compare_results(struct comparisons *comparisons, const char *a, const char *b, enum detect_rule rule, FILE *csv,
                    struct error *err);
void comparisons_clear(struct comparisons *comparisons);

#endif
