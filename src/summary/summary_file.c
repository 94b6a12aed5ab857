#include "summary/summary_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/ncfile.h"
#include "summary/depth.h"
#include "summary/model_columns.h"
#include "summary/summary_file_sinks.h"
#include "summary/summary_schema.h"
#include "summary/warnings.h"

static const char *const bound_names[] = {"low", "high"};

struct extent {
    size_t n_models, n_families, n_layers, n_levels, n_sinks, n_primaries;
};

static struct extent measure_extent(const struct summary *summary)
{
    struct extent e = {.n_models = (size_t)summary->n_models, .n_families = (size_t)summary->n_families};

    for (int m = 0; m < summary->n_models; m++) {
        const struct summary_model *model = &summary->models[m];
        if ((size_t)model->tally.n_layers > e.n_layers)
            e.n_layers = (size_t)model->tally.n_layers;
        e.n_levels += model->levels.primary.n + model->levels.secondary.n;
        e.n_sinks += model->tally.secondaries.n;
        e.n_primaries += model->tally.primaries.n;
    }
    return e;
}

/* ---- definitions ---- */

static void define_dimensions(struct ncwriter *w, const struct extent *e)
{
    ncwriter_dimension(w, "model", e->n_models);
    ncwriter_dimension(w, "family", e->n_families);
    ncwriter_dimension(w, "layer", e->n_layers);
    ncwriter_dimension(w, "level", e->n_levels);
    ncwriter_dimension(w, "sink", e->n_sinks);
    ncwriter_dimension(w, "primary", e->n_primaries);
    ncwriter_dimension(w, "class", N_PROFILE_CLASSES);
    ncwriter_dimension(w, "stage", N_STAGES);
    ncwriter_dimension(w, "offset", N_OFFSETS);
    ncwriter_dimension(w, "k", SINK_RATE_MAX_K);
    ncwriter_dimension(w, "bound", 2);
    ncwriter_dimension(w, "kind", SINK_NOT_LISTED); /* those before it */
    ncwriter_dimension(w, "rule", N_RULES);
    ncwriter_dimension(w, "reason", N_NO_PRIMARY);
}

static struct ncvar number_variable(const char *name, const char *suffix, const char *long_name, const char *dim,
                                    const char *inner)
{
    struct ncvar variable = {.type = NCTYPE_DOUBLE, .dims = {dim, inner}, .units = "1", .long_name = long_name};

    snprintf(variable.name, sizeof variable.name, "%s%s", name, suffix);
    return variable;
}

static void define_estimate(struct ncwriter *w, const char *name, const char *long_name, const char *dim)
{
    const struct ncvar variables[] = {
        number_variable(name, "", long_name, dim, NULL),
        number_variable(name, "_interval", "95 % percentile bootstrap interval", dim, "bound"),
        number_variable(name, "_n", "what the value rests on: samples, sinks, layers or models", dim, NULL)};

    for (int i = 0; i < 3; i++)
        ncwriter_define(w, &variables[i]);
}

static void define(struct ncwriter *w, const struct extent *e)
{
    define_dimensions(w, e);
    for (int v = 0; v < N_SUMMARY_VARIABLES; v++)
        ncwriter_define(w, &summary_variables[v]);
    for (int q = 0; q < N_QUANTITIES; q++) {
        struct ncvar variable = summary_profile(q);
        ncwriter_define(w, &variable);
    }
    for (const struct model_column *c = model_columns; c->name; c++) {
        struct ncvar variable = number_variable(c->name, "", c->long_name, "model", NULL);
        ncwriter_define(w, &variable);
    }
    for (const struct model_estimate *c = model_estimates; c->name; c++)
        define_estimate(w, c->name, c->long_name, "model");
    for (const struct family_estimate *c = family_estimates; c->name; c++)
        define_estimate(w, c->name, c->long_name, "family");
}

static void describe(struct ncwriter *w, const struct summary *summary, const struct summary_settings *settings)
{
    const struct detect_settings *detect = &summary->detect;
    char *warnings = warnings_text(summary);

    ncwriter_text(w, NULL, "Conventions", "CF-1.10");
    ncwriter_text(w, NULL, "title", "attention sinks, sink levels and their scaling over models");
    ncwriter_text(w, NULL, "source", PACKAGE_STRING);
    ncwriter_text(w, NULL, "revision", settings->revision ? settings->revision : "unknown");
    ncwriter_text(w, NULL, "references", "arXiv:2512.22213, arXiv:2410.10781");
    ncwriter_int(w, NULL, "schema_version", SUMMARY_SCHEMA_VERSION);
    ncwriter_text(w, NULL, "detect_rule", detect_rule_names[detect->rule]);
    ncwriter_double(w, NULL, "detect_cosine", detect->cosine);
    ncwriter_double(w, NULL, "detect_norm_ratio", detect->norm_ratio);
    ncwriter_double(w, NULL, "detect_epsilon", detect->epsilon);
    ncwriter_int(w, NULL, "detect_level_gap", detect->level_gap);
    ncwriter_int(w, NULL, "detect_level_support", detect->level_support);
    ncwriter_u64(w, NULL, "seed", summary->seed);
    ncwriter_int(w, NULL, "n_units", summary->n_units);
    ncwriter_int(w, NULL, "n_failed", summary->n_failed);
    ncwriter_text(w, NULL, "warnings", warnings);
    ncwriter_text(w, NULL, "experiment", settings->experiment_text ? settings->experiment_text : "");
    free(warnings);
}

/* ---- columns ---- */

static void put(struct ncwriter *w, enum summary_variable variable, const void *data)
{
    ncwriter_put(w, summary_variables[variable].name, data);
}

static void put_names(struct ncwriter *w, const struct summary *summary)
{
    size_t n = (size_t)summary->n_models;
    const char **texts = xcalloc(4 * n, sizeof *texts), **family = texts + n, **rule = texts + 2 * n;
    const char **fingerprint = texts + 3 * n;
    const char *stages[N_STAGES];
    int offsets[N_OFFSETS], k[SINK_RATE_MAX_K];

    for (size_t m = 0; m < n; m++) {
        texts[m] = summary->models[m].tally.model;
        family[m] = summary->models[m].tally.family;
        rule[m] = summary_rule_name(&summary->models[m].tally);
        fingerprint[m] = summary->models[m].tally.fingerprint ? summary->models[m].tally.fingerprint : "";
    }
    put(w, SUM_MODEL, texts);
    put(w, SUM_FAMILY_OF, family);
    put(w, SUM_RULE_OF, rule);
    put(w, SUM_FINGERPRINT, fingerprint);
    for (int f = 0; f < summary->n_families; f++)
        texts[f] = summary->families[f].scaling.family;
    put(w, SUM_FAMILY, texts);
    free(texts);
    for (int s = 0; s < N_STAGES; s++)
        stages[s] = quantity_table[depth_profile_stages[s]].name;
    for (int o = 0; o < N_OFFSETS; o++)
        offsets[o] = OFFSET_MIN + o;
    for (int i = 0; i < SINK_RATE_MAX_K; i++)
        k[i] = i + 1;
    put(w, SUM_CLASS, depth_profile_class_names);
    put(w, SUM_STAGE, stages);
    put(w, SUM_OFFSET, offsets);
    put(w, SUM_K, k);
    put(w, SUM_BOUND, bound_names);
    put(w, SUM_KIND, sink_kind_names);
    put(w, SUM_RULE, detect_rule_names);
    put(w, SUM_REASON, no_primary_texts);
}

static void put_layer_numbers(struct ncwriter *w, size_t n_layers)
{
    int *layers = xcalloc(n_layers, sizeof *layers);

    for (size_t l = 0; l < n_layers; l++)
        layers[l] = (int)l;
    put(w, SUM_LAYER, layers);
    free(layers);
}

static void put_estimates(struct ncwriter *w, const char *name, const struct estimate *const *estimates, size_t n)
{
    double *value = xcalloc(4 * n, sizeof *value), *interval = value + n, *count = value + 3 * n;
    char *interval_name = xasprintf("%s_interval", name), *count_name = xasprintf("%s_n", name);

    for (size_t i = 0; i < n; i++) {
        value[i] = estimates[i]->value;
        interval[2 * i] = estimates[i]->low;
        interval[2 * i + 1] = estimates[i]->high;
        count[i] = (double)estimates[i]->n;
    }
    ncwriter_put(w, name, value);
    ncwriter_put(w, interval_name, interval);
    ncwriter_put(w, count_name, count);
    free(value);
    free(interval_name);
    free(count_name);
}

static void put_model_numbers(struct ncwriter *w, const struct summary *summary)
{
    size_t n = (size_t)summary->n_models;
    double *values = xcalloc(n, sizeof *values);
    const struct estimate **estimates = xcalloc(n, sizeof *estimates);

    for (const struct model_column *c = model_columns; c->name; c++) {
        for (size_t m = 0; m < n; m++)
            values[m] = c->value(&summary->models[m]);
        ncwriter_put(w, c->name, values);
    }
    for (const struct model_estimate *c = model_estimates; c->name; c++) {
        for (size_t m = 0; m < n; m++)
            estimates[m] = c->estimate(&summary->models[m]);
        put_estimates(w, c->name, estimates, n);
    }
    for (const struct family_estimate *c = family_estimates; c->name; c++) {
        for (int f = 0; f < summary->n_families; f++)
            estimates[f] = c->estimate(&summary->families[f].scaling);
        put_estimates(w, c->name, estimates, (size_t)summary->n_families);
    }
    free(values);
    free(estimates);
}

static void put_counts(struct ncwriter *w, const struct summary *summary)
{
    size_t n = (size_t)summary->n_models;
    int *kinds = xcalloc(n * N_RULES * SINK_NOT_LISTED, sizeof *kinds),
        *reasons = xcalloc(n * N_NO_PRIMARY, sizeof *reasons);

    for (size_t m = 0; m < n; m++) {
        const struct tally *tally = &summary->models[m].tally;
        for (size_t r = 0; r < N_RULES; r++)
            for (size_t k = 0; k < SINK_NOT_LISTED; k++)
                kinds[(m * N_RULES + r) * SINK_NOT_LISTED + k] = (int)tally->kinds[r][k];
        for (size_t r = 0; r < N_NO_PRIMARY; r++)
            reasons[m * N_NO_PRIMARY + r] = tally->why[r];
    }
    put(w, SUM_KINDS, kinds);
    put(w, SUM_REASONS, reasons);
    free(kinds);
    free(reasons);
}

/* (model, layer) numbers, a model at a time; missing beyond its own layers. */
static void put_layers(struct ncwriter *w, const struct summary *summary, const struct extent *e)
{
    double *row = xcalloc(e->n_layers, sizeof *row);
    size_t *counts = xcalloc(e->n_layers, sizeof *counts);
    int *ints = xcalloc(e->n_layers, sizeof *ints);

    for (size_t m = 0; m < e->n_models; m++) {
        const struct tally *tally = &summary->models[m].tally;
        size_t L = (size_t)tally->n_layers;
        for (size_t l = 0; l < e->n_layers; l++)
            row[l] = NAN;
#define PUT_ROW(variable) ncwriter_put_rows(w, summary_variables[variable].name, m, 1, row)
        for (size_t l = 0; l < L; l++)
            row[l] = tally_median(tally, &tally->background_median, (int)l);
        PUT_ROW(SUM_BACKGROUND_MEDIAN);
        for (size_t l = 0; l < L; l++)
            row[l] = tally_median(tally, &tally->background_q99, (int)l);
        PUT_ROW(SUM_BACKGROUND_Q99);
        depth_primary_means(tally, NULL, row);
        PUT_ROW(SUM_PRIMARY_SCORE);
        depth_secondary_means(tally, NULL, row);
        PUT_ROW(SUM_SECONDARY_SCORE);
        for (int live = 0; live < 2; live++) {
            depth_split_means(tally, live, row, counts);
            for (size_t l = 0; l < e->n_layers; l++)
                ints[l] = l < L ? (int)counts[l] : 0;
            PUT_ROW(live ? SUM_SCORE_BESIDE : SUM_SCORE_ALONE);
            ncwriter_put_rows(w, summary_variables[live ? SUM_N_BESIDE : SUM_N_ALONE].name, m, 1, ints);
        }
#undef PUT_ROW
    }
    free(row);
    free(counts);
    free(ints);
}

static void put_profile(struct ncwriter *w, const struct summary *summary, const struct extent *e)
{
    size_t plane = N_PROFILE_CLASSES * e->n_layers;
    double *means = xcalloc(plane, sizeof *means);
    int *counts = xcalloc(plane, sizeof *counts);

    for (size_t m = 0; m < e->n_models; m++)
        for (int q = 0; q < N_QUANTITIES; q++) {
            const struct depth_profile *profile = &summary->models[m].tally.profile;
            for (size_t i = 0; i < plane; i++) {
                size_t l = i % e->n_layers;
                const struct mean_sum *cell =
                    l < (size_t)profile->n_layers
                        ? depth_profile_cell(profile, (enum depth_class)(i / e->n_layers), (enum quantity)q, (int)l)
                        : NULL;
                means[i] = cell ? mean_sum_value(cell) : NAN;
                counts[i] = cell ? (int)cell->n : 0;
            }
            ncwriter_put_rows(w, summary_profile(q).name, m, 1, means);
            if (q == QUANTITY_HIDDEN_NORM)
                ncwriter_put_rows(w, summary_variables[SUM_PROFILE_COUNT].name, m, 1, counts);
        }
    free(means);
    free(counts);
}

static void put_alignment(struct ncwriter *w, const struct summary *summary)
{
    double own[N_STAGES][N_OFFSETS], background[N_STAGES][N_OFFSETS];
    int counts[N_STAGES][N_OFFSETS];

    for (size_t m = 0; m < (size_t)summary->n_models; m++) {
        const struct depth_profile *profile = &summary->models[m].tally.profile;
        for (int s = 0; s < N_STAGES; s++)
            for (int o = 0; o < N_OFFSETS; o++) {
                own[s][o] = mean_sum_value(&profile->own[s][o]);
                counts[s][o] = (int)profile->own[s][o].n;
                background[s][o] = mean_sum_value(&profile->background[s][o]);
            }
        ncwriter_put_rows(w, summary_variables[SUM_ALIGN_OWN].name, m, 1, own);
        ncwriter_put_rows(w, summary_variables[SUM_ALIGN_OWN_COUNT].name, m, 1, counts);
        ncwriter_put_rows(w, summary_variables[SUM_ALIGN_BACKGROUND].name, m, 1, background);
    }
}

static void put_sink_rate(struct ncwriter *w, const struct summary *summary)
{
    double rate[SINK_RATE_MAX_K];
    int samples[SINK_RATE_MAX_K];

    for (size_t m = 0; m < (size_t)summary->n_models; m++) {
        const struct sink_rate *from = &summary->models[m].tally.sink_rate;
        for (int k = 1; k <= SINK_RATE_MAX_K; k++) {
            rate[k - 1] = sink_rate_value(from, k);
            samples[k - 1] = (int)from->samples[k - 1];
        }
        ncwriter_put_rows(w, summary_variables[SUM_SINK_RATE].name, m, 1, rate);
        ncwriter_put_rows(w, summary_variables[SUM_SINK_RATE_SAMPLES].name, m, 1, samples);
    }
}

int summary_file_write(const struct summary *summary, const struct summary_settings *settings, struct error *err)
{
    char *path = xasprintf("%s/summary.nc", settings->results);
    struct ncwriter *w = ncwriter_create(path, err);
    struct extent e = measure_extent(summary);

    free(path);
    if (!w)
        return -1;
    describe(w, summary, settings);
    define(w, &e);
    put_names(w, summary);
    put_layer_numbers(w, e.n_layers);
    put_model_numbers(w, summary);
    put_counts(w, summary);
    put_layers(w, summary, &e);
    put_profile(w, summary, &e);
    put_alignment(w, summary);
    put_sink_rate(w, summary);
    summary_file_put_sinks(w, summary);
    return ncwriter_commit(w, err);
}
