#include "summary/summary_schema.h"

#include <stdio.h>

#include "probe/quantity.h"

#define TEXT(n, dim, text)                                                                                             \
    {                                                                                                                  \
        .name = n, .type = NCTYPE_TEXT, .dims = {dim}, .long_name = text                                               \
    }
#define COUNT(n, text, ...)                                                                                            \
    {                                                                                                                  \
        .name = n, .type = NCTYPE_INT, .dims = {__VA_ARGS__}, .units = "1", .long_name = text                          \
    }
#define INDEX(n, text, ...)                                                                                            \
    {                                                                                                                  \
        .name = n, .type = NCTYPE_INT, .dims = {__VA_ARGS__}, .long_name = text                                        \
    }
#define VALUE(n, text, ...)                                                                                            \
    {                                                                                                                  \
        .name = n, .type = NCTYPE_DOUBLE, .dims = {__VA_ARGS__}, .units = "1", .long_name = text                       \
    }

const struct ncvar summary_variables[N_SUMMARY_VARIABLES] = {
    [SUM_MODEL] = TEXT("model", "model", "name of the model, with swept keys"),
    [SUM_FAMILY_OF] = TEXT("model_family", "model", "family of the model"),
    [SUM_RULE_OF] = TEXT("model_rule", "model", "rule that levels and statistics follow; imported: labels of records"),
    [SUM_FINGERPRINT] = TEXT("model_fingerprint", "model", "SHA-256 that stands for the model's files; empty: unknown"),
    [SUM_FAMILY] = TEXT("family", "family", "name of the family"),
    [SUM_LAYER] = INDEX("layer", "layer, from 0; missing values beyond a model's own", "layer"),
    [SUM_CLASS] = TEXT("class", "class",
                       "class of tokens: primary; secondary at every layer where the row was kept; secondary at the "
                       "layers where it is listed; control tokens that rule relative does not list"),
    [SUM_STAGE] = TEXT("stage", "stage",
                       "stage of the MLP, compared with the same stage at the primary; the last "
                       "compares the MLP's output with the primary's hidden state"),
    [SUM_OFFSET] = INDEX("offset", "layer, counted from a secondary sink's first", "offset"),
    [SUM_K] = INDEX("k", "position of the token, counted from 1", "k"),
    [SUM_BOUND] = TEXT("bound", "bound", "bounds of a 95 % percentile bootstrap interval"),
    [SUM_KIND] = TEXT("kind", "kind", "kind of sink"),
    [SUM_RULE] = TEXT("rule", "rule", "rule of detection"),
    [SUM_REASON] = TEXT("reason", "reason", "what became of a sample's primary"),
    [SUM_KINDS] = COUNT("sink_count", "sinks by rule and kind", "model", "rule", "kind"),
    [SUM_REASONS] = COUNT("sample_count", "samples by what became of their primary", "model", "reason"),
    [SUM_BACKGROUND_MEDIAN] = VALUE("background_median",
                                    "|cosine of the hidden state to the primary's| over the tokens behind it: median, "
                                    "of which the median over samples",
                                    "model", "layer"),
    [SUM_BACKGROUND_Q99] = VALUE("background_q99",
                                 "|cosine of the hidden state to the primary's| over the tokens behind it: 99 % "
                                 "quantile, of which the median over samples",
                                 "model", "layer"),
    [SUM_PRIMARY_SCORE] =
        VALUE("depth_primary_score", "sink score of the primary, mean over samples", "model", "layer"),
    [SUM_SECONDARY_SCORE] = VALUE("depth_secondary_score",
                                  "sum of the sink scores of the secondary sinks that live at the layer, mean over "
                                  "samples",
                                  "model", "layer"),
    [SUM_SCORE_BESIDE] = VALUE("depth_primary_score_beside",
                               "sink score of the primary, mean over samples with a live "
                               "secondary sink at the layer",
                               "model", "layer"),
    [SUM_SCORE_ALONE] = VALUE("depth_primary_score_alone", "sink score of the primary, mean over samples without one",
                              "model", "layer"),
    [SUM_N_BESIDE] = COUNT("depth_n_beside", "samples with a live secondary sink at the layer", "model", "layer"),
    [SUM_N_ALONE] = COUNT("depth_n_alone", "samples without one", "model", "layer"),
    [SUM_PROFILE_COUNT] = COUNT("profile_count", "tokens that the profiles average over", "model", "class", "layer"),
    [SUM_ALIGN_OWN] = VALUE("alignment",
                            "|cosine to the primary| of secondary sinks around their first layer, mean "
                            "over those whose row was kept",
                            "model", "stage", "offset"),
    [SUM_ALIGN_OWN_COUNT] = COUNT("alignment_count", "secondary sinks whose row was kept", "model", "stage", "offset"),
    [SUM_ALIGN_BACKGROUND] = VALUE("alignment_background", "the same over all tokens of the sinks' samples and layers",
                                   "model", "stage", "offset"),
    [SUM_SINK_RATE] = VALUE("sink_rate",
                            "share of (sample, layer, head) with more than epsilon attention on the k-th "
                            "token",
                            "model", "k"),
    [SUM_SINK_RATE_SAMPLES] = COUNT("sink_rate_samples", "samples that the sink rate rests on", "model", "k"),
    [SUM_LEVEL_MODEL] = INDEX("level_model", "index of the level's model", "level"),
    [SUM_LEVEL_KIND] = {.name = "level_kind",
                        .type = NCTYPE_UBYTE,
                        .dims = {"level"},
                        .long_name = "kind of the level's sinks",
                        .flag_meanings = "primary secondary"},
    [SUM_LEVEL_L_START] = INDEX("level_l_start", "first layer", "level"),
    [SUM_LEVEL_MIN] = COUNT("level_lifetime_min", "least lifetime in layers", "level"),
    [SUM_LEVEL_MEDIAN] = VALUE("level_lifetime_median", "median lifetime in layers", "level"),
    [SUM_LEVEL_MAX] = COUNT("level_lifetime_max", "greatest lifetime in layers", "level"),
    [SUM_LEVEL_COUNT] = COUNT("level_count", "sinks of the level", "level"),
    [SUM_LEVEL_SHARE] = VALUE("level_share_of_sinks", "share of the model's sinks of that kind", "level"),
    [SUM_LEVEL_SCORE] = VALUE("level_sink_score", "mean sink score", "level"),
    [SUM_LEVEL_MLP_NORM] = VALUE("level_mlp_norm", "mean norm of the MLP's output at l_start", "level"),
    [SUM_SINK_MODEL] = INDEX("sink_model", "index of the secondary sink's model", "sink"),
    [SUM_SINK_L_START] = INDEX("sink_l_start", "first layer", "sink"),
    [SUM_SINK_LIFETIME] = COUNT("sink_lifetime", "layers listed", "sink"),
    [SUM_SINK_LEVEL] = INDEX("sink_level", "index of the level, -1: none", "sink"),
    [SUM_SINK_SCORE] = VALUE("sink_score", "sink score, mean over heads and listed layers", "sink"),
    [SUM_SINK_MLP_NORM] = VALUE("sink_mlp_norm", "norm of the MLP's output at l_start", "sink"),
    [SUM_SINK_COS_MLP] = VALUE("sink_cos_mlp", "cosine of the MLP's output at l_start to the primary's state", "sink"),
    [SUM_SINK_COS_BEFORE] = VALUE("sink_cos_before", "|that cosine| over the four layers before, mean", "sink"),
    [SUM_SINK_HIDDEN_NORM] = VALUE("sink_hidden_norm", "norm of the hidden state, mean over listed layers", "sink"),
    [SUM_PRIMARY_MODEL] = INDEX("primary_sink_model", "index of the primary's model", "primary"),
    [SUM_PRIMARY_L_START] = INDEX("primary_sink_l_start", "first layer", "primary"),
    [SUM_PRIMARY_LIFETIME] = COUNT("primary_sink_lifetime", "layers", "primary"),
    [SUM_PRIMARY_SINK_SCORE] = VALUE("primary_sink_score", "sink score, mean over heads and its layers", "primary"),
};

struct ncvar summary_profile(int quantity)
{
    const struct quantity_info *info = &quantity_table[quantity];
    struct ncvar variable = {
        .type = NCTYPE_DOUBLE, .dims = {"model", "class", "layer"}, .units = info->units, .long_name = info->long_name};

    snprintf(variable.name, sizeof variable.name, "profile_%s", info->name);
    return variable;
}
