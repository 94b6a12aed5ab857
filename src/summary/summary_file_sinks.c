#include "summary/summary_file_sinks.h"

#include <stdlib.h>

#include "base/memory.h"
#include "summary/summary_schema.h"

/* Rows appended to the columns, a model at a time. */
static void append(struct ncwriter *w, enum summary_variable variable, size_t begin, size_t n, const void *data)
{
    ncwriter_put_rows(w, summary_variables[variable].name, begin, n, data);
}

/* ---- levels ---- */

struct level_columns {
    size_t n;
    int *ints;      /* (5, n): model, l_start, min, max, count */
    double *values; /* (4, n): median, share, score, MLP norm */
    uint8_t *kind;
};

static void add_levels(struct level_columns *c, const struct level_list *levels, int model, uint8_t kind, size_t total)
{
    for (size_t i = 0; i < levels->n; i++, c->n++) {
        const struct level *level = &levels->items[i];
        const int ints[] = {model, level->l_start, level->lifetime_min, level->lifetime_max, (int)level->count};
        const double values[] = {level->lifetime_median, level->share, level->sink_score, level->mlp_norm};
        for (size_t k = 0; k < 5; k++)
            c->ints[k * total + c->n] = ints[k];
        for (size_t k = 0; k < 4; k++)
            c->values[k * total + c->n] = values[k];
        c->kind[c->n] = kind;
    }
}

static void put_levels(struct ncwriter *w, const struct summary *summary)
{
    static const enum summary_variable ints[] = {SUM_LEVEL_MODEL, SUM_LEVEL_L_START, SUM_LEVEL_MIN, SUM_LEVEL_MAX,
                                                 SUM_LEVEL_COUNT};
    static const enum summary_variable values[] = {SUM_LEVEL_MEDIAN, SUM_LEVEL_SHARE, SUM_LEVEL_SCORE,
                                                   SUM_LEVEL_MLP_NORM};
    size_t total = 0;

    for (int m = 0; m < summary->n_models; m++)
        total += summary->models[m].levels.primary.n + summary->models[m].levels.secondary.n;
    struct level_columns c = {.ints = xcalloc(5 * total, sizeof(int)),
                              .values = xcalloc(4 * total, sizeof(double)),
                              .kind = xcalloc(total, 1)};
    for (int m = 0; m < summary->n_models; m++) {
        add_levels(&c, &summary->models[m].levels.primary, m, 0, total);
        add_levels(&c, &summary->models[m].levels.secondary, m, 1, total);
    }
    for (size_t k = 0; k < 5; k++)
        append(w, ints[k], 0, total, c.ints + k * total);
    for (size_t k = 0; k < 4; k++)
        append(w, values[k], 0, total, c.values + k * total);
    append(w, SUM_LEVEL_KIND, 0, total, c.kind);
    free(c.ints);
    free(c.values);
    free(c.kind);
}

/* ---- sinks ---- */

static void put_int_member(struct ncwriter *w, enum summary_variable variable, size_t begin,
                           const struct sink_list *sinks, size_t offset)
{
    int *column = xcalloc(sinks->n, sizeof *column);

    for (size_t i = 0; i < sinks->n; i++)
        column[i] = *(const int *)(const void *)((const char *)&sinks->items[i] + offset);
    append(w, variable, begin, sinks->n, column);
    free(column);
}

static void put_double_member(struct ncwriter *w, enum summary_variable variable, size_t begin,
                              const struct sink_list *sinks, size_t offset)
{
    double *column = xcalloc(sinks->n, sizeof *column);

    for (size_t i = 0; i < sinks->n; i++)
        column[i] = *(const double *)(const void *)((const char *)&sinks->items[i] + offset);
    append(w, variable, begin, sinks->n, column);
    free(column);
}

static void put_index(struct ncwriter *w, enum summary_variable variable, size_t begin, size_t n, int model)
{
    int *column = xcalloc(n, sizeof *column);

    for (size_t i = 0; i < n; i++)
        column[i] = model;
    append(w, variable, begin, n, column);
    free(column);
}

#define MEMBER(name) offsetof(struct level_sink, name)

/* A sink's level as an index of the file: those of its model follow `first`. */
static void put_sink_levels(struct ncwriter *w, size_t begin, const struct sink_list *sinks, size_t first)
{
    int *column = xcalloc(sinks->n, sizeof *column);

    for (size_t i = 0; i < sinks->n; i++)
        column[i] = sinks->items[i].level < 0 ? -1 : (int)first + sinks->items[i].level;
    append(w, SUM_SINK_LEVEL, begin, sinks->n, column);
    free(column);
}

void summary_file_put_sinks(struct ncwriter *w, const struct summary *summary)
{
    size_t sink = 0, primary = 0, level = 0;

    put_levels(w, summary);
    for (int m = 0; m < summary->n_models; m++) {
        const struct summary_model *model = &summary->models[m];
        const struct sink_list *secondaries = &model->tally.secondaries, *primaries = &model->tally.primaries;
        put_index(w, SUM_SINK_MODEL, sink, secondaries->n, m);
        put_int_member(w, SUM_SINK_L_START, sink, secondaries, MEMBER(l_start));
        put_int_member(w, SUM_SINK_LIFETIME, sink, secondaries, MEMBER(lifetime));
        put_sink_levels(w, sink, secondaries, level + model->levels.primary.n);
        put_double_member(w, SUM_SINK_SCORE, sink, secondaries, MEMBER(sink_score));
        put_double_member(w, SUM_SINK_MLP_NORM, sink, secondaries, MEMBER(mlp_norm));
        put_double_member(w, SUM_SINK_COS_MLP, sink, secondaries, MEMBER(cos_mlp));
        put_double_member(w, SUM_SINK_COS_BEFORE, sink, secondaries, MEMBER(cos_before));
        put_double_member(w, SUM_SINK_HIDDEN_NORM, sink, secondaries, MEMBER(hidden_norm));
        put_index(w, SUM_PRIMARY_MODEL, primary, primaries->n, m);
        put_int_member(w, SUM_PRIMARY_L_START, primary, primaries, MEMBER(l_start));
        put_int_member(w, SUM_PRIMARY_LIFETIME, primary, primaries, MEMBER(lifetime));
        put_double_member(w, SUM_PRIMARY_SINK_SCORE, primary, primaries, MEMBER(sink_score));
        sink += secondaries->n;
        primary += primaries->n;
        level += model->levels.primary.n + model->levels.secondary.n;
    }
}
