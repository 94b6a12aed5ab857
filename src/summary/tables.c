#include "summary/tables.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/output.h"
#include "summary/csv.h"
#include "summary/model_columns.h"

static void put_params(struct csv *csv, uint64_t n_params)
{
    if (n_params)
        csv_int(csv, (long long)n_params);
    else
        csv_text(csv, NULL);
}

static void put_model(struct csv *csv, const struct tally *tally)
{
    csv_text(csv, tally->family);
    csv_text(csv, tally->model);
    csv_text(csv, summary_rule_name(tally));
    put_params(csv, tally->n_params);
    csv_int(csv, tally->n_layers);
}

static int open_table(struct output *output, const char *results, const char *name, struct error *err)
{
    char *path = xasprintf("%s/%s", results, name);
    int rc = output_open(output, path, err);

    free(path);
    return rc;
}

/* ---- levels.csv ---- */

static void put_levels(struct csv *csv, const struct tally *tally, const struct level_list *levels, enum sink_kind kind)
{
    for (size_t i = 0; i < levels->n; i++) {
        const struct level *level = &levels->items[i];
        put_model(csv, tally);
        csv_text(csv, sink_kind_names[kind]);
        csv_int(csv, level->l_start);
        csv_int(csv, level->lifetime_min);
        csv_number(csv, level->lifetime_median);
        csv_int(csv, level->lifetime_max);
        csv_int(csv, (long long)level->count);
        csv_number(csv, level->share);
        csv_number(csv, level->sink_score);
        csv_number(csv, level->mlp_norm);
        csv_end(csv);
    }
}

int tables_write_levels(const struct summary *summary, const char *results, struct error *err)
{
    struct output output;

    if (open_table(&output, results, "levels.csv", err))
        return -1;
    struct csv csv = {.stream = output.stream};
    csv_header(&csv, "family,model,rule,n_params,n_layers,kind,l_start,lifetime_min,lifetime_median,lifetime_max,"
                     "count,share,sink_score,mlp_norm");
    for (int m = 0; m < summary->n_models; m++) {
        const struct summary_model *model = &summary->models[m];
        put_levels(&csv, &model->tally, &model->levels.primary, SINK_PRIMARY);
        put_levels(&csv, &model->tally, &model->levels.secondary, SINK_SECONDARY);
    }
    return output_commit(&output, err);
}

char *tables_levels_text(const struct model_levels *levels)
{
    char *text = xstrdup("");

    for (size_t i = 0; i < levels->secondary.n; i++) {
        const struct level *level = &levels->secondary.items[i];
        const char *space = i ? " " : "";
        char *longer =
            level->lifetime_min == level->lifetime_max
                ? xasprintf("%s%s%d:%d", text, space, level->l_start, level->lifetime_min)
                : xasprintf("%s%s%d:%d-%d", text, space, level->l_start, level->lifetime_min, level->lifetime_max);
        free(text);
        text = longer;
    }
    return text;
}

/* ---- scaling.csv: names first, then all columns, all estimates of the model, those of its family ---- */

static void put_estimate(struct csv *csv, const struct estimate *estimate)
{
    csv_number(csv, estimate->value);
    csv_number(csv, estimate->low);
    csv_number(csv, estimate->high);
    csv_int(csv, (long long)estimate->n);
}

static void put_estimate_names(struct csv *csv, const char *name)
{
    static const char *const suffixes[] = {"", "_low", "_high", "_n"};

    for (int i = 0; i < 4; i++) {
        char *column = xasprintf("%s%s", name, suffixes[i]);
        csv_text(csv, column);
        free(column);
    }
}

static void put_scaling_header(struct csv *csv)
{
    csv_text(csv, "family");
    csv_text(csv, "model");
    csv_text(csv, "rule");
    csv_text(csv, "levels");
    for (const struct model_column *c = model_columns; c->name; c++)
        csv_text(csv, c->name);
    for (const struct model_estimate *e = model_estimates; e->name; e++)
        put_estimate_names(csv, e->name);
    for (const struct family_estimate *e = family_estimates; e->name; e++)
        put_estimate_names(csv, e->name);
    csv_end(csv);
}

/* Counts are written in full, other numbers to 9 digits. */
static void put_number(struct csv *csv, double value)
{
    if (value == floor(value) && fabs(value) < 0x1p53)
        csv_int(csv, (long long)value);
    else
        csv_number(csv, value);
}

static void put_scaling_row(struct csv *csv, const struct summary_model *model, const struct family_scaling *family)
{
    char *levels = tables_levels_text(&model->levels);

    csv_text(csv, model->tally.family);
    csv_text(csv, model->tally.model);
    csv_text(csv, summary_rule_name(&model->tally));
    csv_text(csv, levels);
    free(levels);
    for (const struct model_column *c = model_columns; c->name; c++)
        put_number(csv, c->value(model));
    for (const struct model_estimate *e = model_estimates; e->name; e++)
        put_estimate(csv, e->estimate(model));
    for (const struct family_estimate *e = family_estimates; e->name; e++)
        put_estimate(csv, e->estimate(family));
    csv_end(csv);
}

int tables_write_scaling(const struct summary *summary, const char *results, struct error *err)
{
    struct output output;

    if (open_table(&output, results, "scaling.csv", err))
        return -1;
    struct csv csv = {.stream = output.stream};
    put_scaling_header(&csv);
    for (int f = 0; f < summary->n_families; f++)
        for (int m = summary->families[f].begin; m < summary->families[f].end; m++)
            put_scaling_row(&csv, &summary->models[m], &summary->families[f].scaling);
    return output_commit(&output, err);
}
