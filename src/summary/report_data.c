#include "summary/report_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/ncfile.h"
#include "summary/model_columns.h"
#include "summary/summary_schema.h"

enum { MAX_LENGTH = 1 << 26 }; /* of any dimension; and what lies beyond the file's size is refused below */

/* ---- one column ---- */

static size_t check_length(struct ncreader *reader, const char *dimension)
{
    size_t n = ncreader_dimension(reader, dimension);

    if (n > MAX_LENGTH || n / 2048 > ncreader_size(reader)) {
        ncreader_fail(reader, "dimension %s of %zu does not fit its size", dimension, n);
        return 0;
    }
    return n;
}

static void *get(struct ncreader *reader, const struct ncvar *variable, size_t n, size_t size)
{
    void *values = xcalloc(n, size);

    ncreader_get(reader, variable, n, values);
    return values;
}

static double *get_doubles(struct ncreader *reader, enum summary_variable variable, size_t n)
{
    return get(reader, &summary_variables[variable], n, sizeof(double));
}

static int *get_ints(struct ncreader *reader, enum summary_variable variable, size_t n)
{
    return get(reader, &summary_variables[variable], n, sizeof(int));
}

static char **get_texts(struct ncreader *reader, enum summary_variable variable, size_t n)
{
    char **texts = get(reader, &summary_variables[variable], n, sizeof(char *));

    for (size_t i = 0; i < n; i++)
        if (!texts[i])
            texts[i] = xstrdup(""); /* after an error */
    return texts;
}

static double *get_number(struct ncreader *reader, const char *name, const char *suffix, const char *dim,
                          const char *inner, size_t n)
{
    struct ncvar variable = {.type = NCTYPE_DOUBLE, .dims = {dim, inner}};

    snprintf(variable.name, sizeof variable.name, "%s%s", name, suffix);
    return get(reader, &variable, n, sizeof(double));
}

static struct report_estimate get_estimate(struct ncreader *reader, const char *name, const char *dim, size_t n)
{
    return (struct report_estimate){.value = get_number(reader, name, "", dim, NULL, n),
                                    .interval = get_number(reader, name, "_interval", dim, "bound", 2 * n),
                                    .count = get_number(reader, name, "_n", dim, NULL, n)};
}

/* ---- all of them ---- */

static void read_dimensions(struct report_data *d, struct ncreader *reader)
{
    int version = ncreader_int(reader, "schema_version");

    if (!ncreader_failed(reader) && version != SUMMARY_SCHEMA_VERSION)
        ncreader_fail(reader, "schema version %d, this program reads %d", version, SUMMARY_SCHEMA_VERSION);
    d->n_models = check_length(reader, "model");
    d->n_families = check_length(reader, "family");
    d->n_layers = check_length(reader, "layer");
    d->n_levels = check_length(reader, "level");
    d->n_sinks = check_length(reader, "sink");
}

static void read_models(struct report_data *d, struct ncreader *reader)
{
    size_t n = d->n_models;

    d->model = get_texts(reader, SUM_MODEL, n);
    d->model_family = get_texts(reader, SUM_FAMILY_OF, n);
    d->model_rule = get_texts(reader, SUM_RULE_OF, n);
    d->family = get_texts(reader, SUM_FAMILY, d->n_families);
    for (int c = 0; c < N_REPORT_COLUMNS; c++)
        d->columns[c] = get_number(reader, model_columns[c].name, "", "model", NULL, n);
    for (int e = 0; e < N_REPORT_ESTIMATES; e++)
        d->estimates[e] = get_estimate(reader, model_estimates[e].name, "model", n);
    d->rho_levels = get_estimate(reader, family_estimates[0].name, "family", d->n_families);
    d->rho_share = get_estimate(reader, family_estimates[1].name, "family", d->n_families);
}

static void read_depths(struct report_data *d, struct ncreader *reader)
{
    size_t n = d->n_models * d->n_layers, plane = N_PROFILE_CLASSES * n;

    for (int q = 0; q < N_QUANTITIES; q++) {
        struct ncvar variable = summary_profile(q);
        d->profile[q] = get(reader, &variable, plane, sizeof(double));
    }
    d->profile_count = get_ints(reader, SUM_PROFILE_COUNT, plane);
    d->background_median = get_doubles(reader, SUM_BACKGROUND_MEDIAN, n);
    d->background_q99 = get_doubles(reader, SUM_BACKGROUND_Q99, n);
    d->primary_score = get_doubles(reader, SUM_PRIMARY_SCORE, n);
    d->secondary_score = get_doubles(reader, SUM_SECONDARY_SCORE, n);
    d->score_beside = get_doubles(reader, SUM_SCORE_BESIDE, n);
    d->score_alone = get_doubles(reader, SUM_SCORE_ALONE, n);
    d->alignment = get_doubles(reader, SUM_ALIGN_OWN, d->n_models * N_STAGES * N_OFFSETS);
    d->alignment_background = get_doubles(reader, SUM_ALIGN_BACKGROUND, d->n_models * N_STAGES * N_OFFSETS);
    d->alignment_count = get_ints(reader, SUM_ALIGN_OWN_COUNT, d->n_models * N_STAGES * N_OFFSETS);
    d->sink_rate = get_doubles(reader, SUM_SINK_RATE, d->n_models * SINK_RATE_MAX_K);
    d->sink_rate_samples = get_ints(reader, SUM_SINK_RATE_SAMPLES, d->n_models * SINK_RATE_MAX_K);
}

static void read_sinks(struct report_data *d, struct ncreader *reader)
{
    d->level_model = get_ints(reader, SUM_LEVEL_MODEL, d->n_levels);
    d->level_kind = get(reader, &summary_variables[SUM_LEVEL_KIND], d->n_levels, 1);
    d->level_l_start = get_ints(reader, SUM_LEVEL_L_START, d->n_levels);
    d->level_min = get_ints(reader, SUM_LEVEL_MIN, d->n_levels);
    d->level_max = get_ints(reader, SUM_LEVEL_MAX, d->n_levels);
    d->level_count = get_ints(reader, SUM_LEVEL_COUNT, d->n_levels);
    d->level_median = get_doubles(reader, SUM_LEVEL_MEDIAN, d->n_levels);
    d->level_share = get_doubles(reader, SUM_LEVEL_SHARE, d->n_levels);
    d->level_score = get_doubles(reader, SUM_LEVEL_SCORE, d->n_levels);
    d->level_mlp_norm = get_doubles(reader, SUM_LEVEL_MLP_NORM, d->n_levels);
    d->sink_model = get_ints(reader, SUM_SINK_MODEL, d->n_sinks);
    d->sink_l_start = get_ints(reader, SUM_SINK_L_START, d->n_sinks);
    d->sink_lifetime = get_ints(reader, SUM_SINK_LIFETIME, d->n_sinks);
    d->sink_level = get_ints(reader, SUM_SINK_LEVEL, d->n_sinks);
    d->sink_score = get_doubles(reader, SUM_SINK_SCORE, d->n_sinks);
    d->sink_mlp_norm = get_doubles(reader, SUM_SINK_MLP_NORM, d->n_sinks);
}

static void read_attributes(struct report_data *d, struct ncreader *reader)
{
    d->rule = ncreader_text(reader, "detect_rule");
    d->warnings = ncreader_text(reader, "warnings");
    d->experiment = ncreader_text(reader, "experiment");
    d->source = ncreader_text(reader, "source");
    d->cosine = ncreader_double(reader, "detect_cosine");
    d->norm_ratio = ncreader_double(reader, "detect_norm_ratio");
    d->epsilon = ncreader_double(reader, "detect_epsilon");
}

int report_data_read(struct report_data *d, const char *results, struct error *err)
{
    char *path = xasprintf("%s/summary.nc", results);
    struct ncreader *reader = ncreader_open(path, err);

    *d = (struct report_data){0};
    free(path);
    if (!reader)
        return fail_prefix(err, "no summary to report on (sinkgrid summarize %s makes one)", results);
    read_dimensions(d, reader);
    if (!ncreader_failed(reader)) {
        read_models(d, reader);
        read_depths(d, reader);
        read_sinks(d, reader);
        read_attributes(d, reader);
    }
    if (ncreader_close(reader, err) == 0)
        return 0;
    report_data_clear(d);
    return -1;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        free(texts[i]);
    free(texts);
}

static void free_estimate(struct report_estimate *e)
{
    free(e->value);
    free(e->interval);
    free(e->count);
}

void report_data_clear(struct report_data *d)
{
    void *const columns[] = {d->profile_count,
                             d->background_median,
                             d->background_q99,
                             d->primary_score,
                             d->secondary_score,
                             d->score_beside,
                             d->score_alone,
                             d->alignment,
                             d->alignment_count,
                             d->alignment_background,
                             d->sink_rate,
                             d->sink_rate_samples,
                             d->level_model,
                             d->level_l_start,
                             d->level_min,
                             d->level_max,
                             d->level_count,
                             d->level_kind,
                             d->level_median,
                             d->level_share,
                             d->level_score,
                             d->level_mlp_norm,
                             d->sink_model,
                             d->sink_l_start,
                             d->sink_lifetime,
                             d->sink_level,
                             d->sink_score,
                             d->sink_mlp_norm,
                             d->rule,
                             d->warnings,
                             d->experiment,
                             d->source};

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        free(columns[i]);
    for (int q = 0; q < N_QUANTITIES; q++)
        free(d->profile[q]);
    for (int c = 0; c < N_REPORT_COLUMNS; c++)
        free(d->columns[c]);
    for (int e = 0; e < N_REPORT_ESTIMATES; e++)
        free_estimate(&d->estimates[e]);
    free_estimate(&d->rho_levels);
    free_estimate(&d->rho_share);
    free_texts(d->model, d->n_models);
    free_texts(d->model_family, d->n_models);
    free_texts(d->model_rule, d->n_models);
    free_texts(d->family, d->n_families);
    *d = (struct report_data){0};
}
