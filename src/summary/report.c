#include "summary/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "summary/figure.h"
#include "summary/report_data.h"
#include "summary/report_family.h"
#include "summary/report_figures.h"
#include "summary/report_page.h"

struct report {
    FILE *page;
    const struct report_data *data;
    struct figure_maker *maker; /* NULL: no figures */
    struct error *err;
    bool failed;
};

static double column(const struct report *r, enum report_model_column c, size_t model)
{
    return r->data->columns[c][model];
}

static void put_size(char *text, size_t size, double n)
{
    static const char *const units[] = {"", " thousand", " million", " billion", " trillion"};
    size_t unit = 0;

    for (; n >= 999.5 && unit < 4; unit++)
        n /= 1000;
    snprintf(text, size, "%.3g%s", n, units[unit]);
}

/* ---- tables ---- */

static void level_words(const struct report *r, size_t model, char *text, size_t size)
{
    const struct report_data *d = r->data;
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < d->n_levels && n + 32 < size; i++) {
        if (d->level_model[i] != (int)model || d->level_kind[i] != 1)
            continue;
        n += (size_t)snprintf(text + n, size - n, "%s(%d, %g)", n ? " " : "", d->level_l_start[i], d->level_median[i]);
    }
}

static void put_estimate(struct page_table *table, const struct report_estimate *e, size_t i)
{
    table_estimate(table, e->value[i], e->interval[2 * i], e->interval[2 * i + 1], e->count[i]);
}

static bool is_of(const struct report *r, size_t model, size_t family)
{
    return strcmp(r->data->model_family[model], r->data->family[family]) == 0;
}

static bool is_imported(const struct report *r, size_t model)
{
    return strcmp(r->data->model_rule[model], "imported") == 0;
}

static void put_name(struct report *r, struct page_table *table, size_t m)
{
    char *name = xasprintf("%s%s", r->data->model[m], is_imported(r, m) ? " (imported)" : "");

    table_text(table, name);
    free(name);
}

static void put_model_row(struct report *r, struct page_table *table, size_t m)
{
    char text[256];

    put_name(r, table, m);
    put_size(text, sizeof text, column(r, REPORT_N_PARAMS, m));
    table_cell(table, column(r, REPORT_N_PARAMS, m), text);
    table_number(table, column(r, REPORT_N_LAYERS, m), 0);
    table_number(table, column(r, REPORT_N_SAMPLES, m), 0);
    table_number(table, column(r, REPORT_N_TOKENS, m), 0);
    snprintf(text, sizeof text, "(%.0f, %.0f)", column(r, REPORT_PRIMARY_L_START, m),
             column(r, REPORT_PRIMARY_LIFETIME, m));
    table_cell(table, column(r, REPORT_PRIMARY_L_START, m), text);
    table_number(table, column(r, REPORT_PRIMARY_SCORE, m), 3);
    table_number(table, column(r, REPORT_SECONDARY_COUNT, m), 0);
    table_number(table, column(r, REPORT_PER_1000, m), 2);
    table_number(table, column(r, REPORT_SAME_ID_OTHERS, m), 0);
    table_number(table, column(r, REPORT_SINK_RATE_1, m), 3);
}

static void put_level_row(struct report *r, struct page_table *table, size_t m)
{
    char text[256];

    put_name(r, table, m);
    table_number(table, column(r, REPORT_N_LEVELS, m), 0);
    level_words(r, m, text, sizeof text);
    table_text(table, text[0] ? text : "–");
    table_number(table, column(r, REPORT_L_START_SHARE, m), 2);
    put_estimate(table, &r->data->estimates[REPORT_LEVEL_SHARE], m);
    table_number(table, column(r, REPORT_N_UNASSIGNED, m), 0);
    table_number(table, column(r, REPORT_N_DISTINCT, m), 0);
    table_number(table, column(r, REPORT_ENTROPY, m), 2);
    table_number(table, column(r, REPORT_WITHIN_SD, m), 2);
}

/* One table a family: a row a model, by parameter count. */
static void put_table(struct report *r, size_t family, const char *caption, const char *const *names, int n_names,
                      void (*put_row)(struct report *, struct page_table *, size_t))
{
    struct page_table table;

    table_begin(&table, r->page, caption, names, n_names);
    for (size_t m = 0; m < r->data->n_models; m++)
        if (is_of(r, m, family))
            put_row(r, &table, m);
    table_end(&table);
}

static void put_claim_row(struct report *r, struct page_table *table, size_t m)
{
    const struct report_estimate *e = r->data->estimates;

    put_name(r, table, m);
    put_estimate(table, &e[REPORT_WEAKENING], m);
    put_estimate(table, &e[REPORT_RHO_DEPTH], m);
    table_number(table, column(r, REPORT_SCORE_BESIDE, m), 3);
    table_number(table, column(r, REPORT_SCORE_ALONE, m), 3);
    table_number(table, column(r, REPORT_COS_START, m), 2);
    table_number(table, column(r, REPORT_COS_BEFORE, m), 2);
    put_estimate(table, &e[REPORT_COS_RISE], m);
    put_estimate(table, &e[REPORT_RHO_SCORE], m);
    put_estimate(table, &e[REPORT_RHO_LIFETIME], m);
}

static void put_tables(struct report *r, size_t family)
{
    static const char *const models[] = {
        "model",           "parameters", "layers",          "texts",           "tokens",
        "primary",         "its score",  "secondary sinks", "per 1000 tokens", "same ids, no sinks",
        "sink rate, k = 1"};
    static const char *const levels[] = {"model",          "levels",          "(l_start, lifetime)",
                                         "l_start / L",    "share in levels", "in no level",
                                         "distinct pairs", "entropy, nats",   "sd of lifetime, layers"};
    static const char *const claims[] = {"model",
                                         "weakening of the primary",
                                         "ρ over layers: primary, secondary",
                                         "primary’s score beside a secondary",
                                         "… with none beside",
                                         "|cos| of MLP output at l_start",
                                         "the same, 4 layers before",
                                         "rise",
                                         "ρ: MLP norm, score",
                                         "ρ: MLP norm, lifetime"};

    put_table(r, family,
              "Models and their sinks, by parameter count. Primary: first layer and lifetime, most frequent.", models,
              sizeof models / sizeof *models, put_model_row);
    put_table(r, family, "Levels of secondary sinks. Small: 95 % bootstrap interval, and what the value rests on.",
              levels, sizeof levels / sizeof *levels, put_level_row);
    put_table(r, family, "What the study claims of them. ρ: Spearman’s rank correlation; n: texts, layers or sinks.",
              claims, sizeof claims / sizeof *claims, put_claim_row);
}

static void put_model_levels(struct report *r, size_t model)
{
    static const char *const names[] = {"kind",  "l_start", "lifetime, median", "least",   "greatest",
                                        "sinks", "share",   "sink score",       "MLP norm"};
    const struct report_data *d = r->data;
    struct page_table table;

    table_begin(&table, r->page, "Levels of this model; lifetimes in layers.", names, sizeof names / sizeof *names);
    for (size_t i = 0; i < d->n_levels; i++) {
        if (d->level_model[i] != (int)model)
            continue;
        table_text(&table, d->level_kind[i] ? "secondary" : "primary");
        table_number(&table, d->level_l_start[i], 0);
        table_number(&table, d->level_median[i], 1);
        table_number(&table, d->level_min[i], 0);
        table_number(&table, d->level_max[i], 0);
        table_number(&table, d->level_count[i], 0);
        table_number(&table, d->level_share[i], 3);
        table_number(&table, d->level_score[i], 3);
        table_number(&table, d->level_mlp_norm[i], 1);
    }
    table_end(&table);
}

/* ---- figures ---- */

static void put_figure(struct report *r, const struct report_figure *figure)
{
    fprintf(r->page, "<figure data-figure=\"%s\">\n%s\n<figcaption>", figure->name, figure->svg);
    page_text(r->page, figure->caption);
    fputs("</figcaption>\n</figure>\n", r->page);
}

static void put_model_figures(struct report *r, size_t model)
{
    struct report_figure figures[N_MODEL_FIGURES];
    int n = r->maker && !r->failed ? report_draw_model(figures, r->data, model, r->maker, r->err) : 0;

    if (n < 0)
        r->failed = true;
    if (n <= 0)
        return;
    fputs("<div class=\"figures\">\n", r->page);
    for (int i = 0; i < n; i++) {
        put_figure(r, &figures[i]);
        report_figure_clear(&figures[i]);
    }
    fputs("</div>\n", r->page);
}

static void put_family_figure(struct report *r, size_t family)
{
    struct report_figure figure;

    if (!r->maker || r->failed)
        return;
    r->failed = report_draw_family(&figure, r->data, family, r->maker, r->err) != 0;
    if (figure.svg) {
        fputs("<div class=\"figures\">\n", r->page);
        put_figure(r, &figure);
        fputs("</div>\n", r->page);
    }
    report_figure_clear(&figure);
}

/* ---- sections ---- */

static void put_warnings(struct report *r, const char *no_figures)
{
    const char *line = r->data->warnings;

    for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char *text = xstrndup(line, strcspn(line, "\n"));
        fputs("<p class=\"warning\">", r->page);
        page_text(r->page, text);
        fputs("</p>\n", r->page);
        free(text);
    }
    if (no_figures) {
        fputs("<p class=\"warning\">No figures: ", r->page);
        page_text(r->page, no_figures);
        fputs("</p>\n", r->page);
    }
}

static void put_head(struct report *r, const char *no_figures)
{
    const struct report_data *d = r->data;
    double samples = 0, tokens = 0;
    bool imported = false;

    for (size_t m = 0; m < d->n_models; m++) {
        imported |= is_imported(r, m);
        samples += column(r, REPORT_N_SAMPLES, m);
        tokens += column(r, REPORT_N_TOKENS, m);
    }
    fputs("<h1>Attention sinks: ", r->page);
    fprintf(r->page, "%zu model%s of %zu famil%s</h1>\n", d->n_models, d->n_models == 1 ? "" : "s", d->n_families,
            d->n_families == 1 ? "y" : "ies");
    fprintf(r->page, "<p class=\"facts\">%.0f samples of together %.0f tokens. Levels and statistics follow rule “",
            samples, tokens);
    page_text(r->page, d->rule);
    fprintf(r->page, "”: a token is listed at a layer where |cosine| to the primary &gt; %g%s", d->cosine,
            strcmp(d->rule, "relative") == 0 ? " and its norm is at least "
                                             : ". Both rules’ labels stand in sinks.csv.");
    if (strcmp(d->rule, "relative") == 0)
        fprintf(r->page, "%g × the layer’s median. Both rules’ labels stand in sinks.csv.", d->norm_ratio);
    if (imported)
        fputs(" Models marked as imported have the labels of their records, by no rule of this program.", r->page);
    fputs("</p>\n", r->page);
    put_warnings(r, no_figures);
    fputs("<nav>", r->page);
    for (size_t f = 0; f < d->n_families; f++) {
        fprintf(r->page, "<a href=\"#family-%zu\">", f);
        page_text(r->page, d->family[f]);
        fputs("</a> ", r->page);
    }
    fputs("<a href=\"#definitions\">Definitions</a></nav>\n", r->page);
}

static void put_correlation(struct report *r, const char *what, const struct report_estimate *e, size_t family)
{
    if (isnan(e->value[family]))
        return;
    fprintf(r->page, "<p>Rank correlation of %s with log parameters: %.2f", what, e->value[family]);
    if (!isnan(e->interval[2 * family]))
        fprintf(r->page, " (95 %% interval %.2f to %.2f)", e->interval[2 * family], e->interval[2 * family + 1]);
    fprintf(r->page, ", n = %.0f models.</p>\n", e->count[family]);
}

static void put_model(struct report *r, size_t model)
{
    fprintf(r->page, "<section id=\"model-%zu\">\n<h3>", model);
    page_text(r->page, r->data->model[model]);
    if (is_imported(r, model))
        fputs(" (imported records)", r->page);
    fputs("</h3>\n", r->page);
    put_model_levels(r, model);
    put_model_figures(r, model);
    fputs("</section>\n", r->page);
}

static void put_family(struct report *r, size_t family)
{
    fprintf(r->page, "<section id=\"family-%zu\">\n<h2>", family);
    page_text(r->page, r->data->family[family]);
    fputs("</h2>\n", r->page);
    put_tables(r, family);
    put_correlation(r, "the number of levels", &r->data->rho_levels, family);
    put_correlation(r, "the share of sinks in levels", &r->data->rho_share, family);
    put_family_figure(r, family);
    for (size_t m = 0; m < r->data->n_models; m++)
        if (is_of(r, m, family))
            put_model(r, m);
    fputs("</section>\n", r->page);
}

static const char *const definitions[][2] = {
    {"primary sink", "The candidate among a text's first tokens whose state has the largest mean norm over layers. Its "
                     "layers run from the greatest rise of that norm to the greatest fall behind it."},
    {"secondary sink",
     "A later token whose state aligns with the primary's at some of those layers: l_start is the "
     "first, the lifetime their number. Rule “paper”: 5 to L − 16 layers; rule “relative”: 10 to 70 % "
     "of the primary's, with a norm of at least 3 × the layer's median."},
    {"level",
     "Secondary sinks of one l_start whose lifetimes follow each other by at most 2 layers, at least 3 of them."},
    {"sink score",
     "α(l, h, t): attention that token t receives from the rows i ≥ t at layer l, head h, over T − t; mean "
     "over heads where no head is named."},
    {"weakening",
     "The least mean score of the primary at layers where secondary sinks live, over its greatest. 1: it does "
     "not weaken."},
    {"share in levels, entropy", "How deterministic sinks are: the share that belongs to a level; the entropy of the "
                                 "histogram of (l_start, lifetime)."},
    {"control",
     "Tokens drawn at random behind the eighth that are no sinks; and other occurrences of a sink's token id in "
     "its text that did not become one."},
    {"intervals", "Percentile bootstrap over texts (over models, for a family), 2000 resamples, seeded."},
};

static void put_definitions(struct report *r)
{
    fputs("<section id=\"definitions\">\n<h2>Definitions</h2>\n<dl>\n", r->page);
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        fputs("<dt>", r->page);
        page_text(r->page, definitions[i][0]);
        fputs("</dt><dd>", r->page);
        page_text(r->page, definitions[i][1]);
        fputs("</dd>\n", r->page);
    }
    fputs("</dl>\n<p>Sources: arXiv 2512.22213 (secondary sinks), arXiv 2410.10781 (sink rate).</p>\n", r->page);
    if (r->data->experiment[0]) {
        fputs("<details><summary>The experiment</summary>\n<pre>", r->page);
        page_text(r->page, r->data->experiment);
        fputs("</pre></details>\n", r->page);
    }
    fputs("<p class=\"facts\">Made by ", r->page);
    page_text(r->page, r->data->source);
    fputs(" from summary.nc; the numbers are in sinks.csv, levels.csv and scaling.csv beside this "
          "page.</p>\n</section>\n",
          r->page);
}

static void put_page(struct report *r, const char *no_figures)
{
    page_begin(r->page, "Attention sinks");
    put_head(r, no_figures);
    for (size_t f = 0; f < r->data->n_families && !r->failed; f++)
        put_family(r, f);
    put_definitions(r);
    page_end(r->page);
}

static int write_page(const char *results, const struct report_data *data, struct error *err)
{
    struct error no_figures = {""};
    struct figure_maker *maker = figure_maker_create(&no_figures);
    char *path = xasprintf("%s/report.html", results);
    struct output output;
    int rc = output_open(&output, path, err);

    free(path);
    if (!maker)
        log_warning("report: no figures: %s", no_figures.text);
    if (rc == 0) {
        struct report report = {output.stream, data, maker, err, false};
        put_page(&report, maker ? NULL : no_figures.text);
        if (report.failed) {
            output_discard(&output);
            rc = -1;
        } else {
            rc = output_commit(&output, err);
        }
    }
    figure_maker_destroy(maker);
    return rc;
}

int report_write(const char *results, struct error *err)
{
    struct report_data data;

    if (report_data_read(&data, results, err))
        return -1;
    int rc = write_page(results, &data, err);
    report_data_clear(&data);
    return rc;
}
