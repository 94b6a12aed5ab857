/* summary.nc read back for the report: columns as they lie in the file. */
#ifndef SINKGRID_SUMMARY_REPORT_DATA_H
#define SINKGRID_SUMMARY_REPORT_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "probe/quantity.h"
#include "summary/depth_profile.h"
#include "summary/sink_rate.h"

/* An estimate's columns: (n), (n, 2), (n). */
struct report_estimate {
    double *value, *interval, *count;
};

enum report_model_column { /* of model_columns, by name */
                           REPORT_N_PARAMS,
                           REPORT_N_LAYERS,
                           REPORT_N_SAMPLES,
                           REPORT_N_TOKENS,
                           REPORT_PRIMARY_L_START,
                           REPORT_PRIMARY_LIFETIME,
                           REPORT_PRIMARY_COUNT,
                           REPORT_PRIMARY_SCORE,
                           REPORT_N_LEVELS,
                           REPORT_SECONDARY_COUNT,
                           REPORT_PER_1000,
                           REPORT_L_START_SHARE,
                           REPORT_N_UNASSIGNED,
                           REPORT_N_DISTINCT,
                           REPORT_ENTROPY,
                           REPORT_WITHIN_SD,
                           REPORT_SCORE_BESIDE,
                           REPORT_SCORE_ALONE,
                           REPORT_COS_START,
                           REPORT_COS_BEFORE,
                           REPORT_OWN_BEFORE,
                           REPORT_SAME_ID_SINKS,
                           REPORT_SAME_ID_OTHERS,
                           REPORT_CONTROLS,
                           REPORT_CONTROLS_LISTED,
                           REPORT_SINK_RATE_1,
                           N_REPORT_COLUMNS
};

enum report_model_estimate {
    REPORT_LEVEL_SHARE,
    REPORT_WEAKENING,
    REPORT_RHO_DEPTH,
    REPORT_RHO_SCORE,
    REPORT_RHO_LIFETIME,
    REPORT_COS_RISE,
    N_REPORT_ESTIMATES
};

struct report_data {
    size_t n_models, n_families, n_layers, n_levels, n_sinks;
    char **model, **model_family, **model_rule, **family;
    double *columns[N_REPORT_COLUMNS];                    /* (n_models) */
    struct report_estimate estimates[N_REPORT_ESTIMATES]; /* of models */
    struct report_estimate rho_levels, rho_share;         /* of families */
    double *profile[N_QUANTITIES];                        /* (n_models, N_PROFILE_CLASSES, n_layers) */
    int *profile_count;
    double *background_median, *background_q99, *primary_score, *secondary_score, *score_beside, *score_alone;
    double *alignment, *alignment_background; /* (n_models, N_STAGES, N_OFFSETS) */
    int *alignment_count;
    double *sink_rate; /* (n_models, SINK_RATE_MAX_K) */
    int *sink_rate_samples;
    int *level_model, *level_l_start, *level_min, *level_max, *level_count; /* (n_levels) */
    uint8_t *level_kind;                                                    /* 0 primary, 1 secondary */
    double *level_median, *level_share, *level_score, *level_mlp_norm;
    int *sink_model, *sink_l_start, *sink_lifetime, *sink_level; /* (n_sinks) */
    double *sink_score, *sink_mlp_norm;
    char *rule, *warnings, *experiment, *source;
    double cosine, norm_ratio, epsilon;
};

/* Fails where the folder has no summary.nc, or an older or damaged one: the remedy is
 * `summarize`. report_data_clear frees. */
int report_data_read(struct report_data *data, const char *results, struct error *err);
void report_data_clear(struct report_data *data);

#endif
