/* What summary.nc holds: flat columns over a few dimensions, as store/schema.h has it
 * for units.
 *
 *     model (M)     one row of scaling.csv: a model's name is its coordinate
 *     family (F)    correlations over the models of a family
 *     level, sink, primary    of all models in order; level_model etc. is the index of the model
 *     class (4)     primary, secondary, secondary_live, control tokens
 *     layer         0 ... the greatest n_layers - 1; missing beyond a model's own
 *     stage, offset the MLP's stages at layers l_start + offset
 *     k             position counted from 1, of the sink rate
 *     bound (2)     low, high of a 95 % percentile bootstrap interval
 *
 * An estimate x comes as x (model), x_interval (model, bound) and x_n (model). */
#ifndef SINKGRID_SUMMARY_SUMMARY_SCHEMA_H
#define SINKGRID_SUMMARY_SUMMARY_SCHEMA_H

#include "store/ncfile.h"

enum { SUMMARY_SCHEMA_VERSION = 1 };

enum summary_variable {
    SUM_MODEL,
    SUM_FAMILY_OF,
    SUM_RULE_OF,
    SUM_FINGERPRINT,
    SUM_FAMILY,
    SUM_LAYER,
    SUM_CLASS,
    SUM_STAGE,
    SUM_OFFSET,
    SUM_K,
    SUM_BOUND,
    SUM_KIND,
    SUM_RULE,
    SUM_REASON,
    /* (model, ...) */
    SUM_KINDS,             /* (model, rule, kind) */
    SUM_REASONS,           /* (model, reason) */
    SUM_BACKGROUND_MEDIAN, /* (model, layer) */
    SUM_BACKGROUND_Q99,
    SUM_PRIMARY_SCORE,
    SUM_SECONDARY_SCORE,
    SUM_SCORE_BESIDE,
    SUM_SCORE_ALONE,
    SUM_N_BESIDE,
    SUM_N_ALONE,
    SUM_PROFILE_COUNT, /* (model, class, layer) */
    SUM_ALIGN_OWN,     /* (model, stage, offset) */
    SUM_ALIGN_OWN_COUNT,
    SUM_ALIGN_BACKGROUND,
    SUM_SINK_RATE, /* (model, k) */
    SUM_SINK_RATE_SAMPLES,
    /* (level) */
    SUM_LEVEL_MODEL,
    SUM_LEVEL_KIND,
    SUM_LEVEL_L_START,
    SUM_LEVEL_MIN,
    SUM_LEVEL_MEDIAN,
    SUM_LEVEL_MAX,
    SUM_LEVEL_COUNT,
    SUM_LEVEL_SHARE,
    SUM_LEVEL_SCORE,
    SUM_LEVEL_MLP_NORM,
    /* (sink) */
    SUM_SINK_MODEL,
    SUM_SINK_L_START,
    SUM_SINK_LIFETIME,
    SUM_SINK_LEVEL,
    SUM_SINK_SCORE,
    SUM_SINK_MLP_NORM,
    SUM_SINK_COS_MLP,
    SUM_SINK_COS_BEFORE,
    SUM_SINK_HIDDEN_NORM,
    /* (primary) */
    SUM_PRIMARY_MODEL,
    SUM_PRIMARY_L_START,
    SUM_PRIMARY_LIFETIME,
    SUM_PRIMARY_SINK_SCORE,
    N_SUMMARY_VARIABLES
};

extern const struct ncvar summary_variables[N_SUMMARY_VARIABLES];

/* profile_<quantity> (model, class, layer). */
struct ncvar summary_profile(int quantity);

#endif
