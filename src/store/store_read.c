#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/divisions.h"
#include "store/schema.h"
#include "store/unit_info.h"

static void get(struct ncreader *reader, enum unit_variable variable, size_t n, void *data)
{
    ncreader_get(reader, &unit_variables[variable], n, data);
}

/* ---- samples and tokens ---- */

static void read_tokens(struct ncreader *reader, struct unit_sample *sample, size_t begin, int32_t n)
{
    size_t count = (size_t)n;

    sample->n_tokens_recorded = n;
    sample->position = xcalloc(count, sizeof *sample->position);
    sample->token_id = xcalloc(count, sizeof *sample->token_id);
    sample->occurrences = xcalloc(count, sizeof *sample->occurrences);
    sample->token_text = xcalloc(count, sizeof *sample->token_text);
    ncreader_get_rows(reader, &unit_variables[VAR_TOKEN_POSITION], begin, count, sample->position);
    ncreader_get_rows(reader, &unit_variables[VAR_TOKEN_ID], begin, count, sample->token_id);
    ncreader_get_rows(reader, &unit_variables[VAR_TOKEN_OCCURRENCES], begin, count, sample->occurrences);
    ncreader_get_rows(reader, &unit_variables[VAR_TOKEN_TEXT], begin, count, sample->token_text);
    for (int32_t t = 0; t < n && !ncreader_failed(reader); t++) {
        int32_t before = t ? sample->position[t - 1] : -1;
        if (sample->position[t] <= before || sample->position[t] >= sample->n_tokens)
            ncreader_fail(reader, "sample %d: token position %d after %d of %d", sample->sample, sample->position[t],
                          before, sample->n_tokens);
    }
}

static void copy_fingerprint(struct ncreader *reader, struct unit_sample *sample, const char *text)
{
    if (strlen(text) >= sizeof sample->fingerprint)
        ncreader_fail(reader, "sample_fingerprint: \"%.80s\"", text);
    else
        memcpy(sample->fingerprint, text, strlen(text) + 1);
}

static void read_samples(struct ncreader *reader, struct unit *unit, const struct divisions *d)
{
    size_t n = d->n_samples, begin = 0;
    uint8_t *truncated = xcalloc(n, 1), *templated = xcalloc(n, 1);
    char **fingerprints = xcalloc(n, sizeof *fingerprints);

    get(reader, VAR_TRUNCATED, n, truncated);
    get(reader, VAR_TEMPLATED, n, templated);
    get(reader, VAR_SAMPLE_FINGERPRINT, n, fingerprints);
    for (size_t i = 0; i < n && !ncreader_failed(reader); i++) {
        struct unit_sample *sample = &unit->samples[i];
        sample->sample = d->sample[i];
        sample->n_tokens = d->n_sample_tokens[i];
        sample->truncated = truncated[i];
        sample->templated = templated[i];
        copy_fingerprint(reader, sample, fingerprints[i]);
        read_tokens(reader, sample, begin, d->token_count[i]);
        begin += (size_t)d->token_count[i];
    }
    for (size_t i = 0; i < n; i++)
        free(fingerprints[i]);
    free(fingerprints);
    free(truncated);
    free(templated);
}

/* ---- records and rows ---- */

static void init_records(struct unit *unit, const struct divisions *d, bool learned_sink)
{
    int heads = (int)d->n_heads;

    for (size_t i = 0, record = 0; i < d->n_samples; i++) {
        struct sample_record *sample = &unit->measurement.samples[i];
        sample->sample = d->sample[i];
        sample->n_tokens = d->n_sample_tokens[i];
        sample->n_candidates = d->candidates[i];
        for (int c = 0; c < sample->n_candidates; c++)
            sample->candidate[c] = d->candidate_position[i * d->n_candidates + (size_t)c];
        sample->n_layers = d->record_count[i];
        sample->layers = xcalloc((size_t)sample->n_layers, sizeof *sample->layers);
        for (int l = 0; l < sample->n_layers; l++, record++) {
            bool final = d->record_layer[record] == unit->info.n_layers;
            layer_record_init(&sample->layers[l], d->record_layer[record], d->row_count[record],
                              quantity_columns(sample->n_candidates), final ? 0 : heads,
                              final || !learned_sink ? 0 : heads);
        }
    }
}

static void check_positions(struct ncreader *reader, const struct unit_sample *sample, const struct layer_record *layer)
{
    for (int r = 0; r < layer->n_rows && !ncreader_failed(reader); r++) {
        int32_t before = r ? layer->position[r - 1] : -1;
        if (layer->position[r] <= before || unit_sample_find(sample, layer->position[r]) < 0)
            ncreader_fail(reader, "sample %d, layer %d: position %d after %d", sample->sample, layer->layer,
                          layer->position[r], before);
    }
}

/* A call of the library costs more than a record's few rows: columns are read whole. */
static void read_rows(struct ncreader *reader, struct unit *unit, const struct divisions *d)
{
    int32_t *position = xcalloc(d->n_rows, sizeof *position);
    uint8_t *reason = xcalloc(d->n_rows, 1);
    size_t row = 0;

    get(reader, VAR_POSITION, d->n_rows, position);
    get(reader, VAR_REASON, d->n_rows, reason);
    for (int i = 0; i < unit->measurement.n_samples; i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers && !ncreader_failed(reader); l++) {
            struct layer_record *layer = &unit->measurement.samples[i].layers[l];
            size_t n = (size_t)layer->n_rows;
            if (n) {
                memcpy(layer->position, position + row, n * sizeof *position);
                memcpy(layer->reason, reason + row, n);
            }
            check_positions(reader, &unit->samples[i], layer);
            row += n;
        }
    free(position);
    free(reason);
}

static size_t rows_of(const struct sample_record *sample)
{
    size_t n = 0;

    for (int l = 0; l < sample->n_layers; l++)
        n += (size_t)sample->layers[l].n_rows;
    return n;
}

/* Per head there are H times the rows: a sample at a time. */
static void read_heads(struct ncreader *reader, struct unit *unit, const struct divisions *d)
{
    for (size_t i = 0, row = 0; i < d->n_samples && !ncreader_failed(reader); i++) {
        struct sample_record *sample = &unit->measurement.samples[i];
        size_t n = rows_of(sample);
        float *alpha = xcalloc(n * d->n_heads, sizeof *alpha), *from = alpha;
        ncreader_get_rows(reader, &unit_variables[VAR_ALPHA], row, n, alpha);
        for (int l = 0; l < sample->n_layers; l++) {
            struct layer_record *layer = &sample->layers[l];
            size_t values = (size_t)layer->n_rows * d->n_heads;
            if (layer->alpha && values)
                memcpy(layer->alpha, from, values * sizeof *from);
            from += values;
        }
        free(alpha);
        row += n;
    }
}

static void read_learned_sinks(struct ncreader *reader, struct unit *unit, const struct divisions *d)
{
    float *values = xcalloc(d->n_records * d->n_heads, sizeof *values), *from = values;

    get(reader, VAR_LEARNED_SINK, d->n_records * d->n_heads, values);
    for (size_t i = 0; i < d->n_samples; i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers; l++, from += d->n_heads) {
            float *to = unit->measurement.samples[i].layers[l].learned_sink;
            if (to)
                memcpy(to, from, d->n_heads * sizeof *to);
        }
    free(values);
}

/* The columns of one quantity, as they lie in the file. */
struct scatter {
    enum quantity quantity;
    size_t width, row, record;
    float *values, *summary;
};

static void scatter_summary(struct ncreader *reader, struct column_summary *to, const float *from, int32_t n_tokens)
{
    if (!(from[0] >= 0 && from[0] <= (float)n_tokens))
        ncreader_fail(reader, "background of %g of %d tokens", (double)from[0], n_tokens);
    else
        *to = (struct column_summary){(int32_t)from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]};
}

static void scatter_record(struct ncreader *reader, const struct sample_record *sample, struct layer_record *layer,
                           struct scatter *s)
{
    int columns = quantity_columns(sample->n_candidates);
    int column = quantity_column(s->quantity, 0, sample->n_candidates);
    size_t used = quantity_table[s->quantity].relative ? (size_t)sample->n_candidates : 1;

    for (size_t k = 0; k < used; k++) {
        const float *from = s->summary + (s->record * s->width + k) * N_STATISTICS;
        scatter_summary(reader, &layer->summary[(size_t)column + k], from, sample->n_tokens);
    }
    s->record++;
    for (int r = 0; r < layer->n_rows; r++, s->row++)
        memcpy(layer->values + r * columns + column, s->values + s->row * s->width, used * sizeof(float));
}

static void read_quantity(struct ncreader *reader, struct unit *unit, const struct divisions *d, enum quantity q)
{
    size_t width = quantity_table[q].relative ? d->n_candidates : 1;
    struct ncvar values = schema_quantity(q), background = schema_background(q);
    struct scatter s = {.quantity = q,
                        .width = width,
                        .values = xcalloc(d->n_rows * width, sizeof(float)),
                        .summary = xcalloc(d->n_records * width * N_STATISTICS, sizeof(float))};

    ncreader_get(reader, &values, d->n_rows * width, s.values);
    ncreader_get(reader, &background, d->n_records * width * N_STATISTICS, s.summary);
    for (int i = 0; i < unit->measurement.n_samples && !ncreader_failed(reader); i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers; l++)
            scatter_record(reader, &unit->measurement.samples[i], &unit->measurement.samples[i].layers[l], &s);
    free(s.values);
    free(s.summary);
}

static void read_unit(struct ncreader *reader, struct unit *unit)
{
    struct divisions d = {0};

    unit_info_read(reader, &unit->info);
    if (!ncreader_failed(reader))
        divisions_read(&d, reader, &unit->info);
    if (!ncreader_failed(reader)) {
        measurement_init(&unit->measurement, unit->info.n_heads, (int)d.n_samples);
        unit->samples = xcalloc(d.n_samples, sizeof *unit->samples);
        read_samples(reader, unit, &d);
    }
    if (!ncreader_failed(reader)) {
        bool learned_sink = ncreader_has(reader, unit_variables[VAR_LEARNED_SINK].name);
        init_records(unit, &d, learned_sink);
        read_rows(reader, unit, &d);
        read_heads(reader, unit, &d);
        if (learned_sink)
            read_learned_sinks(reader, unit, &d);
    }
    for (int q = 0; q < N_QUANTITIES && !ncreader_failed(reader); q++)
        read_quantity(reader, unit, &d, (enum quantity)q);
    divisions_clear(&d);
}

int store_read(struct unit *unit, const char *path, struct error *err)
{
    struct ncreader *reader = ncreader_open(path, err);

    *unit = (struct unit){0};
    if (!reader)
        return -1;
    read_unit(reader, unit);
    if (ncreader_close(reader, err) == 0)
        return 0;
    unit_clear(unit);
    return -1;
}
