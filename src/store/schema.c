#include "store/schema.h"

#include <stdio.h>

const char *const statistic_names[N_STATISTICS] = {"count", "mean", "sd", "q01", "q25", "q50", "q75", "q99"};

#define ROW_COORDINATES "row_sample row_layer position"
#define RECORD_COORDINATES "record_sample record_layer"

const struct ncvar unit_variables[N_UNIT_VARIABLES] = {
    [VAR_STATISTIC] = {.name = DIM_STATISTIC,
                       .type = NCTYPE_TEXT,
                       .dims = {DIM_STATISTIC},
                       .long_name =
                           "statistic over the tokens of a record: their number, mean, standard deviation (n - 1), "
                           "quantiles 1, 25, 50, 75, 99 % (linear interpolation)"},
    [VAR_SAMPLE] = {.name = DIM_SAMPLE,
                    .type = NCTYPE_INT,
                    .dims = {DIM_SAMPLE},
                    .long_name = "number of the sample in its prompt set, from 0"},
    [VAR_N_TOKENS] = {.name = "n_tokens",
                      .type = NCTYPE_INT,
                      .dims = {DIM_SAMPLE},
                      .units = "1",
                      .long_name = "tokens of the sample that were measured"},
    [VAR_TRUNCATED] = {.name = "truncated",
                       .type = NCTYPE_UBYTE,
                       .dims = {DIM_SAMPLE},
                       .long_name = "whether the sample was cut to max_tokens",
                       .flag_meanings = "whole truncated"},
    [VAR_TEMPLATED] = {.name = "templated",
                       .type = NCTYPE_UBYTE,
                       .dims = {DIM_SAMPLE},
                       .long_name = "whether a chat template was applied",
                       .flag_meanings = "plain templated"},
    [VAR_SAMPLE_FINGERPRINT] = {.name = "sample_fingerprint",
                                .type = NCTYPE_TEXT,
                                .dims = {DIM_SAMPLE},
                                .long_name = "SHA-256 of the token ids as little-endian int32"},
    [VAR_N_CANDIDATES] = {.name = "n_candidates",
                          .type = NCTYPE_INT,
                          .dims = {DIM_SAMPLE},
                          .units = "1",
                          .long_name = "candidates for the primary sink in the sample"},
    [VAR_CANDIDATE_POSITION] = {.name = "candidate_position",
                                .type = NCTYPE_INT,
                                .dims = {DIM_SAMPLE, DIM_CANDIDATE},
                                .long_name = "token position of each candidate, from 0; -1: the sample has fewer"},
    [VAR_TOKEN_COUNT] = {.name = "token_count",
                         .type = NCTYPE_INT,
                         .dims = {DIM_SAMPLE},
                         .units = "1",
                         .long_name = "distinct recorded positions of the sample",
                         .sample_dimension = DIM_TOKEN},
    [VAR_RECORD_COUNT] = {.name = "record_count",
                          .type = NCTYPE_INT,
                          .dims = {DIM_SAMPLE},
                          .units = "1",
                          .long_name = "records (layers) of the sample",
                          .sample_dimension = DIM_RECORD},
    [VAR_TOKEN_SAMPLE] = {.name = "token_sample",
                          .type = NCTYPE_INT,
                          .dims = {DIM_TOKEN},
                          .long_name = "number of the token's sample"},
    [VAR_TOKEN_POSITION] = {.name = "token_position",
                            .type = NCTYPE_INT,
                            .dims = {DIM_TOKEN},
                            .long_name = "position of the token in its sample, from 0"},
    [VAR_TOKEN_ID] = {.name = "token_id",
                      .type = NCTYPE_INT,
                      .dims = {DIM_TOKEN},
                      .long_name = "token id in the model's vocabulary",
                      .coordinates = "token_sample token_position"},
    [VAR_TOKEN_OCCURRENCES] = {.name = "token_occurrences",
                               .type = NCTYPE_INT,
                               .dims = {DIM_TOKEN},
                               .units = "1",
                               .long_name = "occurrences of that token id in the whole sample",
                               .coordinates = "token_sample token_position"},
    [VAR_TOKEN_TEXT] = {.name = "token_text",
                        .type = NCTYPE_TEXT,
                        .dims = {DIM_TOKEN},
                        .long_name = "text of the token; bytes that are not UTF-8 as <0xNN>",
                        .coordinates = "token_sample token_position"},
    [VAR_RECORD_SAMPLE] = {.name = "record_sample",
                           .type = NCTYPE_INT,
                           .dims = {DIM_RECORD},
                           .long_name = "number of the record's sample"},
    [VAR_RECORD_LAYER] = {.name = "record_layer",
                          .type = NCTYPE_INT,
                          .dims = {DIM_RECORD},
                          .long_name = "layer, from 0; n_layers: after the final norm"},
    [VAR_ROW_COUNT] = {.name = "row_count",
                       .type = NCTYPE_INT,
                       .dims = {DIM_RECORD},
                       .units = "1",
                       .long_name = "recorded positions of the record",
                       .coordinates = RECORD_COORDINATES,
                       .sample_dimension = DIM_ROW},
    [VAR_LEARNED_SINK] = {.name = "learned_sink",
                          .type = NCTYPE_FLOAT,
                          .dims = {DIM_RECORD, DIM_HEAD},
                          .units = "1",
                          .long_name = "mean over rows of the probability that the learned sink logit takes",
                          .coordinates = RECORD_COORDINATES},
    [VAR_ROW_SAMPLE] = {.name = "row_sample",
                        .type = NCTYPE_INT,
                        .dims = {DIM_ROW},
                        .long_name = "number of the row's sample"},
    [VAR_ROW_LAYER] = {.name = "row_layer",
                       .type = NCTYPE_INT,
                       .dims = {DIM_ROW},
                       .long_name = "layer, from 0; n_layers: after the final norm"},
    [VAR_ROW_TOKEN] = {.name = "row_token",
                       .type = NCTYPE_INT,
                       .dims = {DIM_ROW},
                       .long_name = "index of the row's token in dimension token, from 0"},
    [VAR_POSITION] = {.name = "position",
                      .type = NCTYPE_INT,
                      .dims = {DIM_ROW},
                      .long_name = "position of the token in its sample, from 0"},
    [VAR_REASON] = {.name = "reason",
                    .type = NCTYPE_UBYTE,
                    .dims = {DIM_ROW},
                    .long_name = "why the row was kept",
                    .flag_meanings = "cosine norm first_positions control full_record",
                    .flag_masks = true,
                    .coordinates = ROW_COORDINATES},
    [VAR_ALPHA] = {.name = "sink_score_head",
                   .type = NCTYPE_FLOAT,
                   .dims = {DIM_ROW, DIM_HEAD},
                   .units = "1",
                   .long_name = "attention received from rows i >= t, per head; missing after the final norm",
                   .coordinates = ROW_COORDINATES},
};

struct ncvar schema_quantity(enum quantity quantity)
{
    const struct quantity_info *info = &quantity_table[quantity];
    struct ncvar variable = {.type = NCTYPE_FLOAT,
                             .dims = {DIM_ROW, info->relative ? DIM_CANDIDATE : NULL},
                             .units = info->units,
                             .long_name = info->long_name,
                             .coordinates = ROW_COORDINATES};

    snprintf(variable.name, sizeof variable.name, "%s", info->name);
    return variable;
}

struct ncvar schema_background(enum quantity quantity)
{
    const struct quantity_info *info = &quantity_table[quantity];
    struct ncvar variable = {.type = NCTYPE_FLOAT,
                             .dims = {DIM_RECORD, DIM_STATISTIC},
                             .units = info->units,
                             .long_name = "over all tokens of the record",
                             .coordinates = RECORD_COORDINATES};

    if (info->relative) {
        variable.dims[1] = DIM_CANDIDATE;
        variable.dims[2] = DIM_STATISTIC;
        variable.long_name = "absolute value, over all tokens behind the candidate";
    }
    snprintf(variable.name, sizeof variable.name, "%s_background", info->name);
    return variable;
}
