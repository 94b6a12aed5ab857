#include "planted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "summary/statistics.h"

enum { N_FIRST = 8, N_CONTROL = 64 };
static const double ordinary_norm = 10, primary_norm = 400, final_norm = 5, norm_ratio = 3;

/* One sample in full: (n_layers + 1, n_tokens, columns), the last after the final norm. */
struct dense {
    const struct planted_model *model;
    const struct planted_sample *sample;
    uint64_t stream;
    int n_candidates, columns;
    float *values;
};

static double noise(const struct dense *d, int layer, int token, int quantity)
{
    uint64_t counter = ((uint64_t)layer << 32) + ((uint64_t)token << 8) + (uint64_t)quantity;

    return random_uniform(d->model->seed, d->stream, counter);
}

static float *cell(const struct dense *d, int layer, int token, enum quantity quantity, int candidate)
{
    size_t row = (size_t)layer * (size_t)d->sample->n_tokens + (size_t)token;

    return d->values + row * (size_t)d->columns + quantity_column(quantity, candidate, d->n_candidates);
}

static bool lives(const struct planted_sink *sink, int layer)
{
    int n = sink->lifetime + (sink->gap > 0);

    return layer >= sink->l_start && layer < sink->l_start + n && !(sink->gap && layer == sink->gap);
}

static double background(const struct planted_sample *sample, double u)
{
    double range = sample->background - sample->least_background;
    double magnitude = sample->least_background + range * fabs(2 * u - 1);

    return u < 0.5 ? -magnitude : magnitude;
}

/* Every quantity of an ordinary token. */
static void fill_ordinary(const struct dense *d, int layer, int token)
{
    for (int q = 0; q < N_QUANTITIES; q++) {
        int n = quantity_table[q].relative ? d->n_candidates : 1;
        for (int c = 0; c < n; c++) {
            double u = noise(d, layer, token, q + 32 * c);
            double value = quantity_table[q].relative ? background(d->sample, u) : 0.01 * u;
            if (q <= QUANTITY_VALUE_NORM || q == QUANTITY_MLP_NORM)
                value = ordinary_norm * (0.95 + 0.1 * u);
            if (quantity_table[q].relative && token == c)
                value = 1; /* a candidate is its own direction */
            *cell(d, layer, token, (enum quantity)q, c) = (float)value;
        }
    }
}

static void plant_primary(const struct dense *d, int layer)
{
    const struct planted_sample *sample = d->sample;
    double score = sample->score;
    bool alive = layer >= sample->start && layer < sample->end;

    *cell(d, layer, sample->primary, QUANTITY_HIDDEN_NORM, 0) = (float)(layer == d->model->n_layers ? final_norm
                                                                        : alive                     ? primary_norm
                                                                                : 2 * ordinary_norm);
    for (int i = 0; i < sample->n_sinks; i++)
        score *= lives(&sample->sinks[i], layer) ? sample->weakened : 1;
    if (alive)
        *cell(d, layer, sample->primary, QUANTITY_SINK_SCORE, 0) = (float)score;
}

static void plant_sink(const struct dense *d, const struct planted_sink *sink, int layer)
{
    int p = d->sample->primary; /* candidates are positions 0, 1, 2: index = position */

    if (layer == sink->l_start) {
        *cell(d, layer, sink->position, QUANTITY_MLP_NORM, 0) = (float)sink->mlp_norm;
        *cell(d, layer, sink->position, QUANTITY_COS_MLP_HIDDEN, p) = (float)sink->cos_mlp;
    }
    if (!lives(sink, layer))
        return;
    *cell(d, layer, sink->position, QUANTITY_COS_PRIMARY, p) = (float)sink->cosine;
    *cell(d, layer, sink->position, QUANTITY_HIDDEN_NORM, 0) = (float)sink->norm;
    *cell(d, layer, sink->position, QUANTITY_SINK_SCORE, 0) = (float)sink->score;
}

/* After the final norm only two quantities are there. */
static void blank_final(const struct dense *d, int token)
{
    for (int q = 0; q < N_QUANTITIES; q++)
        for (int c = 0; q != QUANTITY_HIDDEN_NORM && q != QUANTITY_COS_PRIMARY &&
                        c < (quantity_table[q].relative ? d->n_candidates : 1);
             c++)
            *cell(d, d->model->n_layers, token, (enum quantity)q, c) = NAN;
}

static void fill_dense(const struct dense *d)
{
    for (int l = 0; l <= d->model->n_layers; l++) {
        for (int t = 0; t < d->sample->n_tokens; t++)
            fill_ordinary(d, l, t);
        plant_primary(d, l);
        for (int i = 0; i < d->sample->n_sinks; i++)
            plant_sink(d, &d->sample->sinks[i], l);
    }
    for (int t = 0; t < d->sample->n_tokens; t++)
        blank_final(d, t);
}

/* ---- what the recorder keeps of it ---- */

static struct column_summary summarize_column(const struct dense *d, int layer, enum quantity q, int candidate)
{
    double *x = xcalloc((size_t)d->sample->n_tokens, sizeof *x);
    bool relative = quantity_table[q].relative;
    size_t n = 0;

    for (int t = relative ? candidate + 1 : 0; t < d->sample->n_tokens; t++) {
        double value = (double)*cell(d, layer, t, q, candidate);
        if (!isnan(value))
            x[n++] = relative ? fabs(value) : value;
    }
    statistics_sort(x, n);
    struct column_summary s = {.count = (int32_t)n,
                               .mean = (float)statistics_mean(x, n),
                               .sd = (float)statistics_sd(x, n),
                               .q01 = (float)statistics_quantile(x, n, 0.01),
                               .q25 = (float)statistics_quantile(x, n, 0.25),
                               .q50 = (float)statistics_quantile(x, n, 0.5),
                               .q75 = (float)statistics_quantile(x, n, 0.75),
                               .q99 = (float)statistics_quantile(x, n, 0.99)};
    free(x);
    return s;
}

static uint8_t keep_reason(const struct dense *d, int layer, int token, double median)
{
    uint8_t reason = d->model->record_full ? ROW_FULL : 0;

    for (int c = 0; c < d->n_candidates; c++)
        if (fabs((double)*cell(d, layer, token, QUANTITY_COS_PRIMARY, c)) > d->model->record_cosine)
            reason |= ROW_COSINE;
    if ((double)*cell(d, layer, token, QUANTITY_HIDDEN_NORM, 0) > norm_ratio * median)
        reason |= ROW_NORM;
    if (token < N_FIRST)
        reason |= ROW_FIRST;
    else if (d->sample->n_tokens - N_FIRST <= N_CONTROL || token % 7 == 3)
        reason |= ROW_CONTROL;
    return reason;
}

static void record_layer(const struct dense *d, int layer, struct layer_record *record)
{
    int T = d->sample->n_tokens, n = 0, heads = layer < d->model->n_layers ? d->model->n_heads : 0;
    uint8_t *reasons = xcalloc((size_t)T, 1);
    double median = (double)summarize_column(d, layer, QUANTITY_HIDDEN_NORM, 0).q50;

    for (int t = 0; t < T; t++)
        n += (reasons[t] = keep_reason(d, layer, t, median)) != 0;
    layer_record_init(record, layer, n, d->columns, heads, 0);
    for (int t = 0, r = 0; t < T; t++) {
        if (!reasons[t])
            continue;
        record->position[r] = t;
        record->reason[r] = reasons[t];
        for (int c = 0; c < d->columns; c++)
            record->values[r * d->columns + c] = *(cell(d, layer, t, QUANTITY_HIDDEN_NORM, 0) + c);
        for (int h = 0; h < heads; h++) /* heads differ, their mean is the score */
            record->alpha[r * heads + h] =
                *cell(d, layer, t, QUANTITY_SINK_SCORE, 0) * (float)(2 * h + 1) / (float)heads;
        r++;
    }
    for (int q = 0; q < N_QUANTITIES; q++)
        for (int c = 0; c < (quantity_table[q].relative ? d->n_candidates : 1); c++)
            record->summary[quantity_column((enum quantity)q, c, d->n_candidates)] =
                summarize_column(d, layer, (enum quantity)q, c);
    free(reasons);
}

static int token_id(const struct planted_sample *sample, int position)
{
    for (int i = 0; i < sample->n_sinks; i++)
        if (sample->sinks[i].position == position)
            return sample->sinks[i].token_id;
    return position == sample->primary ? 1 : 1000 + position % 50;
}

static int occurrences(const struct planted_sample *sample, int id)
{
    int n = 0;

    for (int t = 0; t < sample->n_tokens; t++)
        n += token_id(sample, t) == id;
    return n;
}

/* The table of all positions that some layer kept. */
static void make_tokens(struct unit_sample *tokens, const struct sample_record *record,
                        const struct planted_sample *sample)
{
    size_t T = (size_t)sample->n_tokens;
    bool *kept = xcalloc(T, sizeof *kept);

    for (int l = 0; l < record->n_layers; l++)
        for (int r = 0; r < record->layers[l].n_rows; r++)
            kept[record->layers[l].position[r]] = true;
    tokens->position = xcalloc(T, sizeof *tokens->position);
    tokens->token_id = xcalloc(T, sizeof *tokens->token_id);
    tokens->occurrences = xcalloc(T, sizeof *tokens->occurrences);
    tokens->token_text = xcalloc(T, sizeof *tokens->token_text);
    for (int t = 0; t < sample->n_tokens; t++) {
        int i = tokens->n_tokens_recorded;
        if (!kept[t])
            continue;
        tokens->position[i] = t;
        tokens->token_id[i] = token_id(sample, t);
        tokens->occurrences[i] = occurrences(sample, tokens->token_id[i]);
        tokens->token_text[i] = xasprintf("t%d", tokens->token_id[i]);
        tokens->n_tokens_recorded++;
    }
    free(kept);
}

static void make_sample(struct unit *unit, const struct planted_model *model, const struct planted_sample *sample,
                        int i, int number)
{
    struct dense d = {.model = model, .sample = sample, .stream = (uint64_t)number};
    struct sample_record *record = &unit->measurement.samples[i];
    int begin = unit->info.layer_begin, end = unit->info.layer_end + (unit->info.layer_end == model->n_layers);

    d.n_candidates = sample->templated ? 3 : 2;
    if (d.n_candidates > sample->n_tokens)
        d.n_candidates = sample->n_tokens;
    d.columns = quantity_columns(d.n_candidates);
    d.values = xcalloc((size_t)(model->n_layers + 1) * (size_t)sample->n_tokens * (size_t)d.columns, sizeof(float));
    fill_dense(&d);
    *record = (struct sample_record){
        .sample = number, .n_tokens = sample->n_tokens, .n_candidates = d.n_candidates, .candidate = {0, 1, 2}};
    record->layers = xcalloc((size_t)(end - begin), sizeof *record->layers);
    for (int l = begin; l < end; l++)
        record_layer(&d, l, &record->layers[record->n_layers++]);
    unit->samples[i] =
        (struct unit_sample){.sample = number, .n_tokens = sample->n_tokens, .templated = sample->templated};
    snprintf(unit->samples[i].fingerprint, sizeof unit->samples[i].fingerprint, "%064d", number);
    make_tokens(&unit->samples[i], record, sample);
    free(d.values);
}

void planted_unit(struct unit *unit, const struct planted_model *model, const struct planted_sample *samples, int n,
                  int first_sample)
{
    struct sha256 hash;

    *unit = (struct unit){.info = {.model = xstrdup(model->model),
                                   .family = xstrdup(model->family),
                                   .arm = xstrdup(""),
                                   .prompt_set = xstrdup(model->prompt_set),
                                   .architecture = xstrdup("Planted"),
                                   .precision = xstrdup("float32"),
                                   .model_fingerprint = xstrdup("planted"),
                                   .kernel = xstrdup("none"),
                                   .provenance = xstrdup("{}"),
                                   .n_params = model->n_params,
                                   .n_layers = model->n_layers,
                                   .n_heads = model->n_heads,
                                   .n_embd = 64,
                                   .layer_begin = model->layer_begin,
                                   .layer_end = model->layer_end ? model->layer_end : model->n_layers,
                                   .record_full = model->record_full,
                                   .record_cosine = model->record_cosine,
                                   .norm_ratio = norm_ratio,
                                   .epsilon = 0.3,
                                   .n_control = N_CONTROL,
                                   .seed = model->seed}};
    sha256_init(&hash);
    sha256_update_text(&hash, model->model);
    sha256_update_text(&hash, model->prompt_set);
    sha256_update_u64(&hash, (uint64_t)first_sample);
    sha256_update_u64(&hash, (uint64_t)model->layer_begin);
    sha256_final_hex(&hash, unit->info.identity);
    measurement_init(&unit->measurement, model->n_heads, n);
    unit->samples = xcalloc((size_t)n, sizeof *unit->samples);
    for (int i = 0; i < n; i++)
        make_sample(unit, model, &samples[i], i, first_sample + i);
}

int planted_store(const char *results, const struct planted_model *model, const struct planted_sample *samples, int n,
                  int first_sample, struct error *err)
{
    struct unit unit;

    planted_unit(&unit, model, samples, n, first_sample);
    int rc = store_write(results, &unit, err);
    unit_clear(&unit);
    return rc;
}
