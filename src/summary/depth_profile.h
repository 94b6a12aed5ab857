/* Means over depth, for the figures: of every quantity by layer for four classes of
 * tokens, and of the MLP's alignment with the primary around l_start. Sums only, so
 * that memory does not grow with samples. */
#ifndef SINKGRID_SUMMARY_DEPTH_PROFILE_H
#define SINKGRID_SUMMARY_DEPTH_PROFILE_H

#include <stddef.h>

#include "summary/sinks.h"

enum depth_class {
    PROFILE_PRIMARY,
    PROFILE_SECONDARY, /* secondary sinks at every layer where their row was kept */
    PROFILE_LIVE,      /* secondary sinks at the layers where they are listed */
    PROFILE_CONTROL,   /* control tokens that rule "relative" does not list: where states are anisotropic,
                        * the other rule lists them all */
    N_PROFILE_CLASSES
};

extern const char *const depth_profile_class_names[N_PROFILE_CLASSES];

/* The MLP's stages in the order of its computation; quantities relative to the primary. */
enum { N_STAGES = 8 };
extern const enum quantity depth_profile_stages[N_STAGES];

/* Layers l_start + offset. */
enum { OFFSET_MIN = -4, OFFSET_MAX = 2, N_OFFSETS = OFFSET_MAX - OFFSET_MIN + 1 };

struct mean_sum {
    double sum;
    size_t n;
};

struct depth_profile {
    int n_layers;
    struct mean_sum *cells; /* (N_PROFILE_CLASSES, N_QUANTITIES, n_layers); cosines by absolute value */
    struct mean_sum own[N_STAGES][N_OFFSETS];        /* secondary sinks' own rows */
    struct mean_sum background[N_STAGES][N_OFFSETS]; /* mean over all tokens of the same sample and layer */
};

void depth_profile_init(struct depth_profile *profile, int n_layers);
void depth_profile_clear(struct depth_profile *profile);

struct mean_sum *depth_profile_cell(const struct depth_profile *profile, enum depth_class class, enum quantity quantity,
                                    int layer);
void mean_sum_add(struct mean_sum *sum, double value); /* a missing value is left out */
double mean_sum_value(const struct mean_sum *sum);     /* missing without values */

/* Adds a sample's primary, secondary sinks (by `rule`) and control tokens. */
void depth_profile_add(struct depth_profile *profile, const struct unit *unit, int sample,
                       const struct sample_sinks *found, enum detect_rule rule);

#endif
