#include "summary/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "summary/tables.h"
#include "summary/warnings.h"

/* ---- cells; each returns a text that the caller frees ---- */

static char *number_text(double value, int decimals)
{
    return isnan(value) ? xstrdup("-") : xasprintf("%.*f", decimals, value);
}

static char *estimate_text(const struct estimate *e)
{
    if (isnan(e->value))
        return xstrdup("-");
    if (isnan(e->low))
        return xasprintf("%.2f", e->value);
    return xasprintf("%.2f [%.2f, %.2f]", e->value, e->low, e->high);
}

static char *params_text(uint64_t n)
{
    static const char units[] = " kMGT";
    double value = (double)n;
    int unit = 0;

    if (n == 0)
        return xstrdup("-");
    for (; value >= 999.5 && units[unit + 1]; unit++)
        value /= 1000;
    return unit ? xasprintf("%.3g%c", value, units[unit]) : xasprintf("%.0f", value);
}

static char *model_cell(const struct summary_model *m)
{
    return m->tally.imported ? xasprintf("%s (imported)", m->tally.model) : xstrdup(m->tally.model);
}

static char *params_cell(const struct summary_model *m)
{
    return params_text(m->tally.n_params);
}

static char *layers_cell(const struct summary_model *m)
{
    return xasprintf("%d", m->tally.n_layers);
}

static char *samples_cell(const struct summary_model *m)
{
    return xasprintf("%d", m->tally.n_samples);
}

static char *tokens_cell(const struct summary_model *m)
{
    return xasprintf("%lld", (long long)m->tally.n_tokens);
}

static char *primary_cell(const struct summary_model *m)
{
    const struct scaling *s = &m->scaling;

    return s->has_primary ? xasprintf("(%d, %d)", s->primary_start, s->primary_end - s->primary_start) : xstrdup("-");
}

static char *score_cell(const struct summary_model *m)
{
    return number_text(m->scaling.primary_score, 3);
}

static char *secondary_cell(const struct summary_model *m)
{
    return xasprintf("%zu", m->tally.secondaries.n);
}

static char *rate_cell(const struct summary_model *m)
{
    return number_text(m->scaling.per_1000_tokens, 2);
}

static char *levels_cell(const struct summary_model *m)
{
    return xasprintf("%zu", m->levels.secondary.n);
}

static char *share_cell(const struct summary_model *m)
{
    return estimate_text(&m->scaling.level_share);
}

static char *entropy_cell(const struct summary_model *m)
{
    return number_text(m->scaling.entropy, 2);
}

static char *weakening_cell(const struct summary_model *m)
{
    return estimate_text(&m->scaling.depth.weakening);
}

static char *norm_score_cell(const struct summary_model *m)
{
    return estimate_text(&m->scaling.rho_norm_score);
}

static char *norm_lifetime_cell(const struct summary_model *m)
{
    return estimate_text(&m->scaling.rho_norm_lifetime);
}

static char *sink_rate_cell(const struct summary_model *m)
{
    return number_text(sink_rate_value(&m->tally.sink_rate, 1), 3);
}

static const struct column {
    const char *name;
    char *(*cell)(const struct summary_model *model);
} columns[] = {
    {"model", model_cell},
    {"params", params_cell},
    {"L", layers_cell},
    {"samples", samples_cell},
    {"tokens", tokens_cell},
    {"primary", primary_cell},
    {"score", score_cell},
    {"secondary", secondary_cell},
    {"per 1000", rate_cell},
    {"levels", levels_cell},
    {"in levels", share_cell},
    {"entropy", entropy_cell},
    {"weakening", weakening_cell},
    {"rho(norm,score)", norm_score_cell},
    {"rho(norm,life)", norm_lifetime_cell},
    {"Sink_1", sink_rate_cell},
};

enum { N_COLUMNS = sizeof columns / sizeof *columns };

/* ---- the table ---- */

static void print_line(FILE *stream, char *const *cells, const size_t *widths)
{
    for (int c = 0; c < N_COLUMNS; c++)
        fprintf(stream, c ? "  %*s" : "%-*s", (int)widths[c], cells[c]);
    fputc('\n', stream);
}

static void print_table(FILE *stream, const struct summary *summary, const struct summary_family *family)
{
    size_t n_rows = (size_t)(family->end - family->begin) + 1, widths[N_COLUMNS] = {0};
    char **cells = xcalloc(n_rows * N_COLUMNS, sizeof *cells);

    for (size_t i = 0; i < n_rows * N_COLUMNS; i++) {
        size_t row = i / N_COLUMNS, c = i % N_COLUMNS;
        cells[i] = row ? columns[c].cell(&summary->models[family->begin + (int)row - 1]) : xstrdup(columns[c].name);
        if (strlen(cells[i]) > widths[c])
            widths[c] = strlen(cells[i]);
    }
    for (size_t row = 0; row < n_rows; row++)
        print_line(stream, cells + row * N_COLUMNS, widths);
    for (size_t i = 0; i < n_rows * N_COLUMNS; i++)
        free(cells[i]);
    free(cells);
}

static void print_levels(FILE *stream, const struct summary *summary, const struct summary_family *family)
{
    for (int m = family->begin; m < family->end; m++) {
        const struct summary_model *model = &summary->models[m];
        if (model->levels.secondary.n == 0)
            continue;
        fprintf(stream, "  %s:", model->tally.model);
        for (size_t i = 0; i < model->levels.secondary.n; i++) {
            const struct level *level = &model->levels.secondary.items[i];
            fprintf(stream, "%s l_start %d, lifetime %g", i ? ";" : "", level->l_start, level->lifetime_median);
            if (level->lifetime_min < level->lifetime_max)
                fprintf(stream, " (%d-%d)", level->lifetime_min, level->lifetime_max);
            fprintf(stream, ", %zu sinks", level->count);
        }
        fputc('\n', stream);
    }
}

static void print_correlation(FILE *stream, const char *what, const struct estimate *e)
{
    char *text = estimate_text(e);

    if (!isnan(e->value))
        fprintf(stream, "  rank correlation of %s with log parameters: %s, n = %zu models\n", what, text, e->n);
    free(text);
}

static void print_family(FILE *stream, const struct summary *summary, const struct summary_family *family)
{
    fprintf(stream, "%s (rule %s)\n", family->scaling.family, summary_rule_name(&summary->models[family->begin].tally));
    print_table(stream, summary, family);
    print_levels(stream, summary, family);
    print_correlation(stream, "the number of levels", &family->scaling.rho_levels);
    print_correlation(stream, "the share of sinks in levels", &family->scaling.rho_share);
    fputc('\n', stream);
}

void terminal_print(FILE *stream, const struct summary *summary)
{
    char *warnings = warnings_text(summary);

    for (int f = 0; f < summary->n_families; f++)
        print_family(stream, summary, &summary->families[f]);
    for (const char *line = warnings; *line; line = strchr(line, '\n') + 1)
        fprintf(stream, "warning: %.*s\n", (int)strcspn(line, "\n"), line);
    if (summary->n_damaged)
        fprintf(stream, "warning: %d unit files could not be read and are left out\n", summary->n_damaged);
    if (summary->n_failed)
        fprintf(stream, "warning: %d pipeline%s missing; see failed/\n", summary->n_failed,
                summary->n_failed == 1 ? " failed and is" : "s failed and are");
    free(warnings);
}
