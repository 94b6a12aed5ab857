#include "summary/model_columns.h"

#include <math.h>

#define COLUMN(function, expression)                                                                                   \
    static double function(const struct summary_model *m)                                                              \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define ESTIMATE(function, member)                                                                                     \
    static const struct estimate *function(const struct summary_model *m)                                              \
    {                                                                                                                  \
        return &m->scaling.member;                                                                                     \
    }

COLUMN(n_params, m->tally.n_params ? (double)m->tally.n_params : NAN)
COLUMN(n_layers, m->tally.n_layers)
COLUMN(n_samples, m->tally.n_samples)
COLUMN(n_tokens, (double)m->tally.n_tokens)
COLUMN(primary_l_start, m->scaling.has_primary ? (double)m->scaling.primary_start : (double)NAN)
COLUMN(primary_lifetime,
       m->scaling.has_primary ? (double)(m->scaling.primary_end - m->scaling.primary_start) : (double)NAN)
COLUMN(primary_count, (double)m->tally.primaries.n)
COLUMN(primary_score, m->scaling.primary_score)
COLUMN(n_levels, (double)m->levels.secondary.n)
COLUMN(secondary_count, (double)m->tally.secondaries.n)
COLUMN(per_1000_tokens, m->scaling.per_1000_tokens)
COLUMN(l_start_share, m->scaling.l_start_share)
COLUMN(n_unassigned, (double)m->scaling.n_unassigned)
COLUMN(n_distinct, (double)m->scaling.n_distinct)
COLUMN(entropy, m->scaling.entropy)
COLUMN(within_level_sd, m->scaling.within_level_sd)
COLUMN(score_beside, m->scaling.depth.score_beside)
COLUMN(score_alone, m->scaling.depth.score_alone)
COLUMN(cos_start, m->scaling.cos_start)
COLUMN(cos_before, m->scaling.cos_before)
COLUMN(own_before, m->scaling.own_before)
COLUMN(same_id_sinks, m->tally.imported ? NAN : (double)m->tally.control.same_id_sinks)
COLUMN(same_id_others, m->tally.imported ? NAN : (double)m->tally.control.same_id_others)
COLUMN(controls, m->tally.imported ? NAN : (double)m->tally.control.controls)
COLUMN(controls_listed, m->tally.imported ? NAN : (double)m->tally.control.controls_listed)
COLUMN(sink_rate_1, sink_rate_value(&m->tally.sink_rate, 1))

const struct model_column model_columns[] = {
    {"n_params", "parameters of the model", n_params},
    {"n_layers", "layers of the model", n_layers},
    {"n_samples", "samples", n_samples},
    {"n_tokens", "tokens of all samples", n_tokens},
    {"primary_l_start", "first layer of the primary, most frequent", primary_l_start},
    {"primary_lifetime", "layers of the primary, most frequent", primary_lifetime},
    {"primary_count", "samples with a primary", primary_count},
    {"primary_score", "sink score of the primary, mean over samples, heads and its layers", primary_score},
    {"n_levels", "levels of secondary sinks", n_levels},
    {"secondary_count", "secondary sinks", secondary_count},
    {"secondary_per_1000_tokens", "secondary sinks in 1000 tokens", per_1000_tokens},
    {"l_start_over_n_layers", "first layer of secondary sinks over the number of layers, median", l_start_share},
    {"n_unassigned", "secondary sinks that belong to no level", n_unassigned},
    {"n_distinct", "distinct (l_start, lifetime) of secondary sinks", n_distinct},
    {"entropy", "entropy of the histogram of (l_start, lifetime), in nats", entropy},
    {"within_level_sd", "standard deviation of lifetime within a level, mean over levels", within_level_sd},
    {"primary_score_beside", "sink score of the primary where secondary sinks live", score_beside},
    {"primary_score_alone", "sink score of the primary where none lives", score_alone},
    {"cos_mlp_start", "|cosine of the MLP's output at l_start to the primary's state|, mean over secondary sinks",
     cos_start},
    {"cos_mlp_before", "the same over the four layers before", cos_before},
    {"cos_mlp_before_own", "share of those layers where it is the sinks' own row; elsewhere the layer's mean",
     own_before},
    {"same_id_sinks", "secondary sinks, of whose token ids ...", same_id_sinks},
    {"same_id_others", "... so many occurrences in the same samples did not become one", same_id_others},
    {"controls", "control tokens", controls},
    {"controls_listed", "control tokens that are listed as sinks", controls_listed},
    {"sink_rate_1", "sink rate of the first token", sink_rate_1},
    {NULL, NULL, NULL},
};

ESTIMATE(level_share, level_share)
ESTIMATE(weakening, depth.weakening)
ESTIMATE(rho_depth, depth.rho)
ESTIMATE(rho_score, rho_norm_score)
ESTIMATE(rho_lifetime, rho_norm_lifetime)
ESTIMATE(cos_rise, cos_rise)

const struct model_estimate model_estimates[] = {
    {"level_share", "share of secondary sinks that belong to a level", level_share},
    {"weakening", "least mean primary score while secondary sinks live over its greatest", weakening},
    {"rho_primary_secondary", "rank correlation over layers of primary with total secondary score", rho_depth},
    {"rho_mlp_norm_score", "rank correlation over secondary sinks of MLP norm at l_start with sink score", rho_score},
    {"rho_mlp_norm_lifetime", "rank correlation over secondary sinks of MLP norm at l_start with lifetime",
     rho_lifetime},
    {"cos_mlp_rise", "|cos_mlp| at l_start less that over the four layers before, mean", cos_rise},
    {NULL, NULL, NULL},
};

static const struct estimate *family_levels(const struct family_scaling *family)
{
    return &family->rho_levels;
}

static const struct estimate *family_share(const struct family_scaling *family)
{
    return &family->rho_share;
}

const struct family_estimate family_estimates[] = {
    {"family_rho_levels", "rank correlation over models of the number of levels with log parameters", family_levels},
    {"family_rho_level_share", "rank correlation over models of the share of sinks in levels with log parameters",
     family_share},
    {NULL, NULL, NULL},
};
