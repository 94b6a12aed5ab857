/* The statistics of DESIGN section 5: one row a model, correlations over models per
 * family. Everything follows from tallies; intervals are percentile bootstraps over
 * samples (models, for a family). */
#ifndef SINKGRID_SUMMARY_SCALING_H
#define SINKGRID_SUMMARY_SCALING_H

#include "summary/depth.h"
#include "summary/levels.h"
#include "summary/statistics.h"
#include "summary/tally.h"

struct scaling {
    bool has_primary;
    int primary_start, primary_end; /* most frequent [start, end) */
    double primary_score;           /* mean over samples, of means over heads and layers */
    double per_1000_tokens;         /* secondary sinks */
    double l_start_share;           /* median of l_start / L over secondary sinks */
    size_t n_unassigned;            /* secondary sinks of no level */

    /* determinism (claim e) */
    struct estimate level_share; /* of secondary sinks; levels are found anew in a resample */
    size_t n_distinct;           /* (l_start, lifetime) pairs */
    double entropy;              /* of their histogram, nats */
    double within_level_sd;      /* of lifetime, mean over levels */

    struct depth_scaling depth; /* the primary over depth (claim d) */

    /* what the MLP does (claims b, c); over secondary sinks */
    struct estimate rho_norm_score, rho_norm_lifetime;
    struct estimate cos_rise; /* |cos_mlp| at l_start less that of the four layers before */
    double cos_start, cos_before;
    double own_before; /* share of those layers that are the sinks' own rows; the rest is background */
};

struct family_scaling {
    const char *family;         /* borrowed */
    struct estimate rho_levels; /* number of levels with log parameters; n: models with a parameter count */
    struct estimate rho_share;  /* share of sinks in levels with log parameters */
};

/* Finds the levels, sorting the tally's sinks, and computes a model's row.
 * level_list_clear(secondary), ...(primary) free. Primaries have no support to reach. */
struct model_levels {
    struct level_list primary, secondary;
};
void model_levels_find(struct model_levels *levels, struct tally *tally, const struct detect_settings *detect);
void model_levels_clear(struct model_levels *levels);

/* `levels` as model_levels_find left them with the tally's sinks. */
void scaling_compute(struct scaling *scaling, const struct tally *tally, const struct model_levels *levels,
                     const struct detect_settings *detect, uint64_t seed);

/* A family's correlations over n models. */
void family_scaling_compute(struct family_scaling *family, const char *name, const struct tally *const *tallies,
                            const struct model_levels *const *levels, const struct scaling *const *scalings, size_t n,
                            uint64_t seed);

#endif
