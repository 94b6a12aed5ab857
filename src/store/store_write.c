#include "store/store.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"
#include "store/schema.h"
#include "store/unit_info.h"

/* Lengths of the file's dimensions. */
struct extent {
    size_t n_samples, n_tokens, n_records, n_rows, n_candidates, n_heads;
    bool learned_sink;
};

static struct extent measure_extent(const struct unit *unit)
{
    struct extent e = {.n_samples = (size_t)unit->measurement.n_samples,
                       .n_candidates = 1,
                       .n_heads = (size_t)unit->measurement.n_heads};

    for (int i = 0; i < unit->measurement.n_samples; i++) {
        const struct sample_record *sample = &unit->measurement.samples[i];
        e.n_tokens += (size_t)unit->samples[i].n_tokens_recorded;
        e.n_records += (size_t)sample->n_layers;
        if ((size_t)sample->n_candidates > e.n_candidates)
            e.n_candidates = (size_t)sample->n_candidates;
        for (int l = 0; l < sample->n_layers; l++) {
            e.n_rows += (size_t)sample->layers[l].n_rows;
            e.learned_sink |= sample->layers[l].learned_sink != NULL;
        }
    }
    return e;
}

/* An empty dimension has one filled place in a unit file, whose counts tell the truth. */
static void define_padded(struct ncwriter *writer, const char *name, size_t length)
{
    ncwriter_dimension(writer, name, length ? length : 1);
}

static void define(struct ncwriter *writer, const struct extent *e)
{
    ncwriter_dimension(writer, DIM_SAMPLE, e->n_samples);
    define_padded(writer, DIM_TOKEN, e->n_tokens);
    define_padded(writer, DIM_RECORD, e->n_records);
    define_padded(writer, DIM_ROW, e->n_rows);
    ncwriter_dimension(writer, DIM_CANDIDATE, e->n_candidates);
    ncwriter_dimension(writer, DIM_HEAD, e->n_heads);
    ncwriter_dimension(writer, DIM_STATISTIC, N_STATISTICS);
    for (int v = 0; v < N_UNIT_VARIABLES; v++)
        if (v != VAR_LEARNED_SINK || e->learned_sink)
            ncwriter_define(writer, &unit_variables[v]);
    for (int q = 0; q < N_QUANTITIES; q++) {
        struct ncvar variables[] = {schema_quantity((enum quantity)q), schema_background((enum quantity)q)};
        for (size_t v = 0; v < sizeof variables / sizeof *variables; v++)
            ncwriter_define(writer, &variables[v]);
    }
}

static void put(struct ncwriter *writer, enum unit_variable variable, const void *data)
{
    ncwriter_put(writer, unit_variables[variable].name, data);
}

/* ---- columns over samples and tokens ---- */

static void put_samples(struct ncwriter *writer, const struct unit *unit, const struct extent *e)
{
    size_t n = e->n_samples;
    int32_t *ints = xcalloc(5 * n, sizeof *ints);
    int32_t *number = ints, *length = ints + n, *candidates = ints + 2 * n, *tokens = ints + 3 * n,
            *records = ints + 4 * n;
    uint8_t *truncated = xcalloc(n, 1), *templated = xcalloc(n, 1);
    const char **fingerprint = xcalloc(n, sizeof *fingerprint);

    for (size_t i = 0; i < n; i++) {
        const struct unit_sample *sample = &unit->samples[i];
        number[i] = sample->sample;
        length[i] = sample->n_tokens;
        candidates[i] = unit->measurement.samples[i].n_candidates;
        tokens[i] = sample->n_tokens_recorded;
        records[i] = unit->measurement.samples[i].n_layers;
        truncated[i] = sample->truncated;
        templated[i] = sample->templated;
        fingerprint[i] = sample->fingerprint;
    }
    put(writer, VAR_SAMPLE, number);
    put(writer, VAR_N_TOKENS, length);
    put(writer, VAR_N_CANDIDATES, candidates);
    put(writer, VAR_TOKEN_COUNT, tokens);
    put(writer, VAR_RECORD_COUNT, records);
    put(writer, VAR_TRUNCATED, truncated);
    put(writer, VAR_TEMPLATED, templated);
    put(writer, VAR_SAMPLE_FINGERPRINT, fingerprint);
    put(writer, VAR_STATISTIC, statistic_names);
    free(ints);
    free(truncated);
    free(templated);
    free(fingerprint);
}

static void put_candidates(struct ncwriter *writer, const struct unit *unit, const struct extent *e)
{
    int32_t *position = xcalloc(e->n_samples * e->n_candidates, sizeof *position);

    for (size_t i = 0; i < e->n_samples; i++)
        for (size_t c = 0; c < e->n_candidates; c++) {
            const struct sample_record *sample = &unit->measurement.samples[i];
            position[i * e->n_candidates + c] = (int)c < sample->n_candidates ? sample->candidate[c] : -1;
        }
    put(writer, VAR_CANDIDATE_POSITION, position);
    free(position);
}

static void put_tokens(struct ncwriter *writer, const struct unit *unit)
{
    size_t at = 0;

    for (int i = 0; i < unit->measurement.n_samples; i++) {
        const struct unit_sample *sample = &unit->samples[i];
        size_t n = (size_t)sample->n_tokens_recorded;
        int32_t *number = xcalloc(n, sizeof *number);
        for (size_t t = 0; t < n; t++)
            number[t] = sample->sample;
        ncwriter_put_rows(writer, unit_variables[VAR_TOKEN_SAMPLE].name, at, n, number);
        ncwriter_put_rows(writer, unit_variables[VAR_TOKEN_POSITION].name, at, n, sample->position);
        ncwriter_put_rows(writer, unit_variables[VAR_TOKEN_ID].name, at, n, sample->token_id);
        ncwriter_put_rows(writer, unit_variables[VAR_TOKEN_OCCURRENCES].name, at, n, sample->occurrences);
        ncwriter_put_rows(writer, unit_variables[VAR_TOKEN_TEXT].name, at, n, sample->token_text);
        free(number);
        at += n;
    }
}

/* ---- columns over records and rows ---- */

/* Calls each(sample, its layer record, context) in the order of the file. */
static void each_record(const struct unit *unit,
                        void (*each)(const struct unit *, int sample, const struct layer_record *, void *),
                        void *context)
{
    for (int i = 0; i < unit->measurement.n_samples; i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers; l++)
            each(unit, i, &unit->measurement.samples[i].layers[l], context);
}

struct index_columns {
    int32_t *record_sample, *record_layer, *row_count, *row_sample, *row_layer, *row_token, *position;
    uint8_t *reason;
    size_t record, row, token_begin;
    int sample;
};

static void index_record(const struct unit *unit, int sample, const struct layer_record *layer, void *context)
{
    struct index_columns *c = context;

    for (; c->sample < sample; c->sample++)
        c->token_begin += (size_t)unit->samples[c->sample].n_tokens_recorded;
    c->record_sample[c->record] = unit->samples[sample].sample;
    c->record_layer[c->record] = layer->layer;
    c->row_count[c->record++] = layer->n_rows;
    for (int r = 0; r < layer->n_rows; r++, c->row++) {
        int token = unit_sample_find(&unit->samples[sample], layer->position[r]);
        assert(token >= 0);
        c->row_sample[c->row] = unit->samples[sample].sample;
        c->row_layer[c->row] = layer->layer;
        c->row_token[c->row] = (int32_t)c->token_begin + token;
        c->position[c->row] = layer->position[r];
        c->reason[c->row] = layer->reason[r];
    }
}

static void put_index(struct ncwriter *writer, const struct unit *unit, const struct extent *e)
{
    int32_t *records = xcalloc(3 * e->n_records, sizeof *records), *rows = xcalloc(4 * e->n_rows, sizeof *rows);
    struct index_columns c = {.record_sample = records,
                              .record_layer = records + e->n_records,
                              .row_count = records + 2 * e->n_records,
                              .row_sample = rows,
                              .row_layer = rows + e->n_rows,
                              .row_token = rows + 2 * e->n_rows,
                              .position = rows + 3 * e->n_rows,
                              .reason = xcalloc(e->n_rows, 1)};

    each_record(unit, index_record, &c);
    if (e->n_records) {
        put(writer, VAR_RECORD_SAMPLE, c.record_sample);
        put(writer, VAR_RECORD_LAYER, c.record_layer);
        put(writer, VAR_ROW_COUNT, c.row_count);
    }
    if (e->n_rows) {
        put(writer, VAR_ROW_SAMPLE, c.row_sample);
        put(writer, VAR_ROW_LAYER, c.row_layer);
        put(writer, VAR_ROW_TOKEN, c.row_token);
        put(writer, VAR_POSITION, c.position);
        put(writer, VAR_REASON, c.reason);
    }
    free(records);
    free(rows);
    free(c.reason);
}

/* One quantity gathered from the rows; width: columns it takes in the file. */
struct gather {
    enum quantity quantity;
    size_t width, row, record;
    float *values;  /* (n_rows, width) */
    float *summary; /* (n_records, width, N_STATISTICS) */
};

static void gather_record(const struct unit *unit, int sample, const struct layer_record *layer, void *context)
{
    struct gather *g = context;
    int candidates = unit->measurement.samples[sample].n_candidates, columns = quantity_columns(candidates);
    int column = quantity_column(g->quantity, 0, candidates);
    size_t used = quantity_table[g->quantity].relative ? (size_t)candidates : 1;

    for (size_t k = 0; k < g->width; k++) {
        static const struct column_summary none = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        const struct column_summary *s = k < used ? &layer->summary[column + (int)k] : &none;
        const float from[N_STATISTICS] = {(float)s->count, s->mean, s->sd, s->q01, s->q25, s->q50, s->q75, s->q99};
        memcpy(g->summary + (g->record * g->width + k) * N_STATISTICS, from, sizeof from);
    }
    g->record++;
    for (int r = 0; r < layer->n_rows; r++, g->row++)
        for (size_t k = 0; k < g->width; k++)
            g->values[g->row * g->width + k] = k < used ? layer->values[r * columns + column + (int)k] : NAN;
}

static void put_quantity(struct ncwriter *writer, const struct unit *unit, const struct extent *e, enum quantity q)
{
    size_t width = quantity_table[q].relative ? e->n_candidates : 1;
    struct gather g = {.quantity = q,
                       .width = width,
                       .values = xcalloc(e->n_rows * width, sizeof(float)),
                       .summary = xcalloc(e->n_records * width * N_STATISTICS, sizeof(float))};

    each_record(unit, gather_record, &g);
    if (e->n_rows)
        ncwriter_put(writer, schema_quantity(q).name, g.values);
    if (e->n_records)
        ncwriter_put(writer, schema_background(q).name, g.summary);
    free(g.values);
    free(g.summary);
}

struct head_columns {
    struct ncwriter *writer;
    size_t row, record;
};

/* Per head there are H times the rows: written record by record, straight from the measurement. */
static void put_heads(const struct unit *unit, int sample, const struct layer_record *layer, void *context)
{
    struct head_columns *c = context;

    (void)unit;
    (void)sample;
    if (layer->alpha)
        ncwriter_put_rows(c->writer, unit_variables[VAR_ALPHA].name, c->row, (size_t)layer->n_rows, layer->alpha);
    if (layer->learned_sink)
        ncwriter_put_rows(c->writer, unit_variables[VAR_LEARNED_SINK].name, c->record, 1, layer->learned_sink);
    c->row += (size_t)layer->n_rows;
    c->record++;
}

static void put_unit(struct ncwriter *writer, const struct unit *unit, const struct extent *e)
{
    struct head_columns heads = {.writer = writer};

    unit_info_write(writer, &unit->info);
    define(writer, e);
    put_samples(writer, unit, e);
    put_candidates(writer, unit, e);
    put_tokens(writer, unit);
    put_index(writer, unit, e);
    for (int q = 0; q < N_QUANTITIES; q++)
        put_quantity(writer, unit, e, (enum quantity)q);
    each_record(unit, put_heads, &heads);
}

int store_write(const char *results, const struct unit *unit, struct error *err)
{
    char *folder = xasprintf("%s/units", results), *path = store_unit_path(results, unit->info.identity);
    struct extent e = measure_extent(unit);
    assert(e.n_samples > 0); /* a unit without samples is none */
    struct ncwriter *writer = folder_make(folder, err) ? NULL : ncwriter_create(path, err);
    int rc = -1;

    if (writer) {
        put_unit(writer, unit, &e);
        rc = ncwriter_commit(writer, err);
    }
    free(folder);
    free(path);
    return rc;
}
