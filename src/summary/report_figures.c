#include "summary/report_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { WIDTH = REPORT_FIGURE_WIDTH };

void report_figure_clear(struct report_figure *figure)
{
    free(figure->svg);
    free(figure->caption);
    *figure = (struct report_figure){0};
}

/* ---- a model's data ---- */

struct model_view {
    const struct report_data *d;
    size_t m;
    int n_layers;
};

static double column(const struct model_view *v, enum report_model_column c)
{
    return v->d->columns[c][v->m];
}

static double at_layer(const struct model_view *v, const double *table, int layer)
{
    return table[v->m * v->d->n_layers + (size_t)layer];
}

static double profile(const struct model_view *v, enum quantity q, enum depth_class class, int layer)
{
    return v->d->profile[q][(v->m * N_PROFILE_CLASSES + class) * v->d->n_layers + (size_t)layer];
}

static bool any_value(const struct model_view *v, const double *table)
{
    for (int l = 0; l < v->n_layers; l++)
        if (!isnan(at_layer(v, table, l)))
            return true;
    return false;
}

/* "on 12 texts of together 4886 tokens". */
static char *basis(const struct model_view *v)
{
    return xasprintf("on %.0f texts of together %.0f tokens", column(v, REPORT_N_SAMPLES), column(v, REPORT_N_TOKENS));
}

/* ---- level map ---- */

struct cell {
    int l_start, lifetime;
    size_t count;
};

static int compare_cells(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;

    if (x->l_start != y->l_start)
        return x->l_start < y->l_start ? -1 : 1;
    return (x->lifetime > y->lifetime) - (x->lifetime < y->lifetime);
}

/* Merges equal cells, summing their counts; returns how many are left. */
static size_t merge_cells(struct cell *cells, size_t n)
{
    size_t kept = 0;

    if (n)
        qsort(cells, n, sizeof *cells, compare_cells);
    for (size_t i = 0; i < n; i++) {
        if (kept && compare_cells(&cells[kept - 1], &cells[i]) == 0)
            cells[kept - 1].count += cells[i].count;
        else
            cells[kept++] = cells[i];
    }
    return kept;
}

/* A count is written to the right of its square unless another square stands where its letters would, `wide`
 * layers long, or a greater count (of equals: an earlier one) within `tall` lifetimes of the same layer. */
static bool has_room(const struct cell *cells, size_t n, size_t i, int wide, int tall)
{
    for (size_t k = 0; k < n; k++) {
        int right = cells[k].l_start - cells[i].l_start, above = abs(cells[k].lifetime - cells[i].lifetime);
        bool greater = cells[k].count > cells[i].count || (cells[k].count == cells[i].count && k < i);
        if ((right > 0 && right <= wide && above <= tall / 2) || (right == 0 && above <= tall && greater))
            return false;
    }
    return true;
}

/* Counts of equal (l_start, lifetime); the greatest. A line of letters takes a sixteenth of the
 * axis of lifetimes, a count of three digits a tenth of that of layers. */
static size_t write_level_map(FILE *stream, const struct model_view *v)
{
    const struct report_data *d = v->d;
    struct cell *cells = xcalloc(d->n_sinks, sizeof *cells);
    int wide = v->n_layers / 10 + 1, tall = v->n_layers / 16 + 1;
    size_t n = 0, most = 0;

    for (size_t i = 0; i < d->n_sinks; i++)
        if (d->sink_model[i] == (int)v->m)
            cells[n++] = (struct cell){d->sink_l_start[i], d->sink_lifetime[i], 1};
    n = merge_cells(cells, n);
    for (size_t i = 0; i < n; i++) {
        fprintf(stream, "%d %d %zu %d\n", cells[i].l_start, cells[i].lifetime, cells[i].count,
                has_room(cells, n, i, wide, tall));
        most = cells[i].count > most ? cells[i].count : most;
    }
    if (n == 0)
        fprintf(stream, "nan nan 1 0\n"); /* an empty block would shift the next one's index */
    free(cells);
    fprintf(stream, "\n\n%g %g\n", column(v, REPORT_PRIMARY_L_START), column(v, REPORT_PRIMARY_LIFETIME));
    return most;
}

static int draw_levels(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                       struct error *err)
{
    FILE *stream = figure_data(maker, err);

    if (!stream)
        return -1;
    size_t most = write_level_map(stream, v);
    char *variables = xasprintf("layers=%d; most=%zu", v->n_layers, most ? most : 1), *where = basis(v);
    figure->name = "levels";
    figure->svg = figure_draw(maker, "levels", WIDTH, 340, variables, err);
    figure->caption =
        xasprintf("Level map. Each square is a first layer and a lifetime; colour: the number of secondary "
                  "sinks that have them, on a logarithmic scale, also written where there is room "
                  "(%.0f in all, %s). The circle is the primary sink; beyond the dotted line a sink "
                  "would outlive the model.",
                  column(v, REPORT_SECONDARY_COUNT), where);
    free(variables);
    free(where);
    return figure->svg ? 0 : -1;
}

/* ---- over depth ---- */

static char *layer_variable(const struct model_view *v)
{
    return xasprintf("layers=%d; secondary=%d", v->n_layers, column(v, REPORT_SECONDARY_COUNT) > 0);
}

/* Greatest number of tokens of a class at a layer. */
static int class_count(const struct model_view *v, enum depth_class class)
{
    int most = 0;

    for (int l = 0; l < v->n_layers; l++) {
        int n = v->d->profile_count[(v->m * N_PROFILE_CLASSES + class) * v->d->n_layers + (size_t)l];
        most = n > most ? n : most;
    }
    return most;
}

static int draw_norms(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                      struct error *err)
{
    static const enum quantity norms[] = {QUANTITY_HIDDEN_NORM, QUANTITY_KEY_NORM, QUANTITY_VALUE_NORM};
    static const enum depth_class classes[] = {PROFILE_PRIMARY, PROFILE_SECONDARY, PROFILE_CONTROL};
    FILE *stream = figure_data(maker, err);

    if (!stream)
        return -1;
    for (int l = 0; l < v->n_layers; l++) {
        fprintf(stream, "%d", l);
        for (int q = 0; q < 3; q++)
            for (int c = 0; c < 3; c++)
                fprintf(stream, " %.6g", profile(v, norms[q], classes[c], l));
        fputc('\n', stream);
    }
    char *variables = layer_variable(v);
    figure->name = "norms";
    figure->svg = figure_draw(maker, "norms", WIDTH, 450, variables, err);
    figure->caption =
        xasprintf("Norms over depth: hidden state after the layer, key and value projection (all heads, before "
                  "position encoding), mean over %d primary sinks, at most %d secondary sinks (at layers where their "
                  "row was kept) and %d control tokens, drawn at random, whose norm does not stand out.",
                  class_count(v, PROFILE_PRIMARY), class_count(v, PROFILE_SECONDARY), class_count(v, PROFILE_CONTROL));
    free(variables);
    return figure->svg ? 0 : -1;
}

static int draw_scores(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                       struct error *err)
{
    const struct report_data *d = v->d;
    FILE *stream = figure_data(maker, err);

    if (!stream)
        return -1;
    for (int l = 0; l < v->n_layers; l++)
        fprintf(stream, "%d %.6g %.6g %.6g %.6g %.6g\n", l, at_layer(v, d->primary_score, l),
                at_layer(v, d->score_beside, l), at_layer(v, d->score_alone, l), at_layer(v, d->secondary_score, l),
                profile(v, QUANTITY_SINK_SCORE, PROFILE_CONTROL, l));
    char *variables = layer_variable(v), *where = basis(v);
    figure->name = "scores";
    figure->svg = figure_draw(maker, "scores", WIDTH, 340, variables, err);
    figure->caption =
        xasprintf("Sink score over depth: the attention a token receives from the rows that see it, mean "
                  "over heads and texts, %s. The primary's is shown for all texts, for those where a "
                  "secondary sink lives at the layer, and for the others; control: tokens drawn at random.",
                  where);
    free(variables);
    free(where);
    return figure->svg ? 0 : -1;
}

static int draw_background(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                           struct error *err)
{
    const struct report_data *d = v->d;
    double begin = column(v, REPORT_PRIMARY_L_START), end = begin + column(v, REPORT_PRIMARY_LIFETIME);
    FILE *stream = figure_data(maker, err);

    if (!stream)
        return -1;
    for (int l = 0; l < v->n_layers; l++)
        fprintf(stream, "%d %.6g %.6g\n", l, at_layer(v, d->background_median, l), at_layer(v, d->background_q99, l));
    char *variables = xasprintf("layers=%d; limit=%g; begin=%g; end=%g", v->n_layers, d->cosine,
                                isnan(begin) ? 0 : begin, isnan(end) ? 0 : end - 1);
    char *where = basis(v);
    figure->name = "background";
    figure->svg = figure_draw(maker, "background", WIDTH, 300, variables, err);
    figure->caption = xasprintf(
        "Background: |cosine| of the hidden state to the primary's over all tokens behind it, %s (median over "
        "texts of each text's quantile). Shaded: the layers of the primary, in which sinks are looked for. "
        "Where the curves pass the dotted line, rule \"paper\" lists ordinary tokens.",
        where);
    free(variables);
    free(where);
    return figure->svg ? 0 : -1;
}

/* ---- the MLP ---- */

static const char *const stage_names[N_STAGES] = {"input",   "gate", "up",     "activation",
                                                  "product", "down", "output", "output, state"};

/* The sinks' own rows one layer before l_start, or all tokens' where they were not kept. */
static double one_before(const struct report_data *d, size_t at)
{
    return d->alignment_count[at - 1] ? d->alignment[at - 1] : d->alignment_background[at - 1];
}

static int draw_alignment(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                          struct error *err)
{
    const struct report_data *d = v->d;
    FILE *stream = figure_data(maker, err);
    int own = 0, all = 0;

    if (!stream)
        return -1;
    for (int s = 0; s < N_STAGES; s++) {
        size_t at = (v->m * N_STAGES + (size_t)s) * N_OFFSETS - OFFSET_MIN;
        fprintf(stream, "%d \"%s\" %.6g %.6g %.6g\n", s + 1, stage_names[s], d->alignment[at], one_before(d, at),
                d->alignment_background[at]);
        own = d->alignment_count[at - 1] > own ? d->alignment_count[at - 1] : own;
        all = d->alignment_count[at] > all ? d->alignment_count[at] : all;
    }
    figure->name = "alignment";
    figure->svg = figure_draw(maker, "alignment", WIDTH, 330, "", err);
    figure->caption =
        xasprintf("Alignment of the MLP's stages with the primary where %d secondary sinks begin: |cosine| "
                  "of each stage to the same stage at the primary (last row: of the MLP's output to the "
                  "primary's hidden state), at l_start, one layer before (%s), and of all tokens of "
                  "those texts at l_start.",
                  all,
                  own == all ? "the sinks' own rows"
                  : own == 0 ? "mean of all tokens: the sinks' rows were not kept there"
                             : "of the sinks whose row was kept there");
    return figure->svg ? 0 : -1;
}

static char *correlation_words(const struct report_estimate *rho, size_t model)
{
    double low = rho->interval[2 * model], high = rho->interval[2 * model + 1];

    if (isnan(rho->value[model]))
        return xstrdup("undefined (fewer than three sinks, or all equal)");
    if (isnan(low))
        return xasprintf("%.2f", rho->value[model]);
    return xasprintf("%.2f (95 %% interval %.2f to %.2f)", rho->value[model], low, high);
}

static int draw_mlp_norm(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                         struct error *err)
{
    const struct report_data *d = v->d;
    FILE *stream = figure_data(maker, err);
    size_t n = 0;

    if (!stream)
        return -1;
    for (size_t i = 0; i < d->n_sinks; i++)
        if (d->sink_model[i] == (int)v->m && !isnan(d->sink_mlp_norm[i])) {
            fprintf(stream, "%.6g %.6g %d\n", d->sink_mlp_norm[i], d->sink_score[i], d->sink_lifetime[i]);
            n++;
        }
    figure->name = "mlp_norm";
    figure->svg = figure_draw(maker, "mlp_norm", WIDTH, 400, "", err);
    char *score = correlation_words(&d->estimates[REPORT_RHO_SCORE], v->m);
    char *lifetime = correlation_words(&d->estimates[REPORT_RHO_LIFETIME], v->m);
    figure->caption =
        xasprintf("Sink score and lifetime of %zu secondary sinks against the norm of the MLP's output at "
                  "l_start. Rank correlation with the score: %s; with the lifetime: %s.",
                  n, score, lifetime);
    free(score);
    free(lifetime);
    return figure->svg ? 0 : -1;
}

static int draw_sink_rate(struct report_figure *figure, const struct model_view *v, struct figure_maker *maker,
                          struct error *err)
{
    const double *rate = v->d->sink_rate + v->m * SINK_RATE_MAX_K;
    FILE *stream = figure_data(maker, err);
    int positions = 1;

    if (!stream)
        return -1;
    for (int k = 1; k <= SINK_RATE_MAX_K; k++)
        if (!isnan(rate[k - 1])) {
            fprintf(stream, "%d %.6g\n", k, rate[k - 1]);
            positions = k;
        }
    char *variables = xasprintf("positions=%d; epsilon=%g", positions, v->d->epsilon);
    figure->name = "sink_rate";
    figure->svg = figure_draw(maker, "sink_rate", WIDTH, 260, variables, err);
    figure->caption = xasprintf("Sink rate (Gu et al. 2025): share of texts, layers and heads in which the k-th token "
                                "receives more than %g of the attention, over %d texts. Their figures are for texts "
                                "cut to 64 tokens.",
                                v->d->epsilon, v->d->sink_rate_samples[v->m * SINK_RATE_MAX_K]);
    free(variables);
    return figure->svg ? 0 : -1;
}

int report_draw_model(struct report_figure figures[N_MODEL_FIGURES], const struct report_data *data, size_t model,
                      struct figure_maker *maker, struct error *err)
{
    static int (*const draw[N_MODEL_FIGURES])(struct report_figure *, const struct model_view *, struct figure_maker *,
                                              struct error *) = {
        draw_levels, draw_scores, draw_norms, draw_alignment, draw_mlp_norm, draw_background, draw_sink_rate};
    double layers = data->columns[REPORT_N_LAYERS][model];
    struct model_view v = {data, model, layers >= 1 && layers <= (double)data->n_layers ? (int)layers : 1};
    bool measured = any_value(&v, data->primary_score), sinks = column(&v, REPORT_SECONDARY_COUNT) > 0;
    const bool wanted[N_MODEL_FIGURES] = {column(&v, REPORT_PRIMARY_COUNT) > 0,
                                          measured,
                                          measured,
                                          measured && sinks,
                                          measured && sinks,
                                          measured,
                                          !isnan(data->sink_rate[model * SINK_RATE_MAX_K])};
    int n = 0;

    for (int f = 0; f < N_MODEL_FIGURES; f++) {
        if (!wanted[f])
            continue;
        figures[n] = (struct report_figure){0};
        if (draw[f](&figures[n++], &v, maker, err) == 0)
            continue;
        while (n > 0)
            report_figure_clear(&figures[--n]);
        return -1;
    }
    return n;
}
