#include "probe/measurement.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/search.h"
#include "model/hparams.h"

/* The layout is that of the structs: configure refuses big-endian machines, and
 * these two hold what else the copies rest on. */
_Static_assert(sizeof(struct column_summary) == 32, "column summaries are copied whole");
_Static_assert(sizeof(float) == 4, "floats are copied whole");

enum {
    PACK_MAGIC = 0x314d4753, /* "SGM1" */
    PACK_HAS_ALPHA = 1,
    PACK_HAS_LEARNED = 2,
    MAX_HEADS = 1 << 16,
    SAMPLE_HEADER = 4 * 4, /* bytes of a sample without candidates */
    LAYER_HEADER = 3 * 4,
};

void measurement_init(struct measurement *measurement, int n_heads, int n_samples)
{
    measurement->n_heads = n_heads;
    measurement->n_samples = n_samples;
    measurement->samples = xcalloc((size_t)n_samples, sizeof *measurement->samples);
}

static void sample_record_clear(struct sample_record *sample)
{
    for (int i = 0; i < sample->n_layers; i++)
        layer_record_clear(&sample->layers[i]);
    free(sample->layers);
    *sample = (struct sample_record){0};
}

void measurement_clear(struct measurement *measurement)
{
    for (int i = 0; i < measurement->n_samples; i++)
        sample_record_clear(&measurement->samples[i]);
    free(measurement->samples);
    *measurement = (struct measurement){0};
}

static float *nan_floats(size_t rows, size_t columns)
{
    size_t n = rows * columns;
    float *values = xcalloc(n, sizeof *values);

    for (size_t i = 0; i < n; i++)
        values[i] = NAN;
    return values;
}

void layer_record_init(struct layer_record *record, int layer, int n_rows, int n_columns, int n_alpha_heads,
                       int n_learned_heads)
{
    size_t rows = (size_t)n_rows;

    *record = (struct layer_record){.layer = layer, .n_rows = n_rows};
    record->position = xcalloc(rows, sizeof *record->position);
    record->reason = xcalloc(rows, sizeof *record->reason);
    record->values = nan_floats(rows, (size_t)n_columns);
    if (n_alpha_heads)
        record->alpha = nan_floats(rows, (size_t)n_alpha_heads);
    if (n_learned_heads)
        record->learned_sink = nan_floats(1, (size_t)n_learned_heads);
    record->summary = xcalloc((size_t)n_columns, sizeof *record->summary);
    for (int c = 0; c < n_columns; c++)
        record->summary[c] = (struct column_summary){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

void layer_record_clear(struct layer_record *record)
{
    free(record->position);
    free(record->reason);
    free(record->values);
    free(record->alpha);
    free(record->learned_sink);
    free(record->summary);
    *record = (struct layer_record){0};
}

int layer_record_find(const struct layer_record *record, int32_t position)
{
    return search_i32(record->position, record->n_rows, position);
}

/* ---- pack: a size first, then straight copies ---- */

static size_t layer_columns(const struct sample_record *sample)
{
    return (size_t)quantity_columns(sample->n_candidates);
}

/* Bytes that follow a layer's header. Cannot overflow for the limits that unpack
 * enforces: rows < 2^31, columns < 2^7, heads <= 2^16. */
static size_t layer_body_size(size_t rows, size_t columns, size_t heads, int flags)
{
    size_t size =
        rows * (sizeof(int32_t) + sizeof(uint8_t) + columns * sizeof(float)) + columns * sizeof(struct column_summary);

    if (flags & PACK_HAS_ALPHA)
        size += rows * heads * sizeof(float);
    if (flags & PACK_HAS_LEARNED)
        size += heads * sizeof(float);
    return size;
}

static int layer_flags(const struct layer_record *layer)
{
    return (layer->alpha ? PACK_HAS_ALPHA : 0) | (layer->learned_sink ? PACK_HAS_LEARNED : 0);
}

static size_t packed_size(const struct measurement *measurement)
{
    size_t size = 3 * sizeof(int32_t);

    for (int i = 0; i < measurement->n_samples; i++) {
        const struct sample_record *sample = &measurement->samples[i];
        size += SAMPLE_HEADER + (size_t)sample->n_candidates * sizeof(int32_t);
        for (int l = 0; l < sample->n_layers; l++) {
            const struct layer_record *layer = &sample->layers[l];
            size += LAYER_HEADER + layer_body_size((size_t)layer->n_rows, layer_columns(sample),
                                                   (size_t)measurement->n_heads, layer_flags(layer));
        }
    }
    return size;
}

static void put(uint8_t **to, const void *data, size_t size)
{
    if (size)
        memcpy(*to, data, size);
    *to += size;
}

static void put_i32(uint8_t **to, int32_t value)
{
    put(to, &value, sizeof value);
}

static void put_layer(uint8_t **to, const struct layer_record *layer, size_t columns, size_t heads)
{
    size_t rows = (size_t)layer->n_rows;

    put_i32(to, layer->layer);
    put_i32(to, layer->n_rows);
    put_i32(to, layer_flags(layer));
    put(to, layer->position, rows * sizeof(int32_t));
    put(to, layer->values, rows * columns * sizeof(float));
    if (layer->alpha)
        put(to, layer->alpha, rows * heads * sizeof(float));
    if (layer->learned_sink)
        put(to, layer->learned_sink, heads * sizeof(float));
    put(to, layer->summary, columns * sizeof(struct column_summary));
    put(to, layer->reason, rows);
}

void measurement_pack(const struct measurement *measurement, uint8_t **bytes, size_t *size)
{
    *size = packed_size(measurement);
    *bytes = xcalloc(*size, 1);
    uint8_t *to = *bytes;
    put_i32(&to, PACK_MAGIC);
    put_i32(&to, measurement->n_heads);
    put_i32(&to, measurement->n_samples);
    for (int i = 0; i < measurement->n_samples; i++) {
        const struct sample_record *sample = &measurement->samples[i];
        put_i32(&to, sample->sample);
        put_i32(&to, sample->n_tokens);
        put_i32(&to, sample->n_candidates);
        put(&to, sample->candidate, (size_t)sample->n_candidates * sizeof(int32_t));
        put_i32(&to, sample->n_layers);
        for (int l = 0; l < sample->n_layers; l++)
            put_layer(&to, &sample->layers[l], layer_columns(sample), (size_t)measurement->n_heads);
    }
}

/* ---- unpack: no size is believed before the bytes are there ---- */

struct cursor {
    const uint8_t *at;
    size_t left;
    bool short_of_bytes; /* sticky, so that a header is read before it is judged */
};

static void take(struct cursor *from, void *data, size_t size)
{
    if (size > from->left) {
        from->short_of_bytes = true;
        return;
    }
    if (size)
        memcpy(data, from->at, size);
    from->at += size;
    from->left -= size;
}

static int32_t take_i32(struct cursor *from)
{
    int32_t value = 0;

    take(from, &value, sizeof value);
    return value;
}

static int fail_short(struct error *err)
{
    return fail(err, "measurement: the bytes end early");
}

static int check_rows(const struct layer_record *layer, size_t columns, int32_t n_tokens, struct error *err)
{
    for (int r = 0; r < layer->n_rows; r++) {
        int32_t before = r ? layer->position[r - 1] : -1;
        if (layer->position[r] <= before || layer->position[r] >= n_tokens)
            return fail(err, "measurement: layer %d has position %d after %d of %d tokens", layer->layer,
                        layer->position[r], before, n_tokens);
    }
    for (size_t c = 0; c < columns; c++)
        if (layer->summary[c].count < 0 || layer->summary[c].count > n_tokens)
            return fail(err, "measurement: layer %d counts %d of %d tokens", layer->layer, layer->summary[c].count,
                        n_tokens);
    return 0;
}

static int take_layer(struct cursor *from, struct layer_record *record, const struct sample_record *sample,
                      int32_t after, size_t heads, struct error *err)
{
    size_t columns = layer_columns(sample);
    int32_t layer = take_i32(from), n_rows = take_i32(from), flags = take_i32(from);

    if (from->short_of_bytes)
        return fail_short(err);
    if (layer <= after || layer > MAX_LAYERS)
        return fail(err, "measurement: layer %d after layer %d", layer, after);
    if (n_rows < 0 || n_rows > sample->n_tokens || flags & ~(PACK_HAS_ALPHA | PACK_HAS_LEARNED))
        return fail(err, "measurement: layer %d has %d rows of %d tokens, flags %d", layer, n_rows, sample->n_tokens,
                    flags);
    size_t rows = (size_t)n_rows;
    if (layer_body_size(rows, columns, heads, flags) > from->left)
        return fail_short(err);
    layer_record_init(record, layer, n_rows, (int)columns, flags & PACK_HAS_ALPHA ? (int)heads : 0,
                      flags & PACK_HAS_LEARNED ? (int)heads : 0);
    take(from, record->position, rows * sizeof(int32_t));
    take(from, record->values, rows * columns * sizeof(float));
    if (record->alpha)
        take(from, record->alpha, rows * heads * sizeof(float));
    if (record->learned_sink)
        take(from, record->learned_sink, heads * sizeof(float));
    take(from, record->summary, columns * sizeof(struct column_summary));
    take(from, record->reason, rows);
    return check_rows(record, columns, sample->n_tokens, err);
}

static int take_sample_header(struct cursor *from, struct sample_record *sample, struct error *err)
{
    sample->sample = take_i32(from);
    sample->n_tokens = take_i32(from);
    sample->n_candidates = take_i32(from);
    if (from->short_of_bytes)
        return fail_short(err);
    if (sample->sample < 0 || sample->n_tokens < 1 || sample->n_candidates < 0 || sample->n_candidates > MAX_CANDIDATES)
        return fail(err, "measurement: sample %d has %d tokens, %d candidates", sample->sample, sample->n_tokens,
                    sample->n_candidates);
    take(from, sample->candidate, (size_t)sample->n_candidates * sizeof(int32_t));
    for (int c = 0; c < sample->n_candidates; c++)
        if (sample->candidate[c] < 0 || sample->candidate[c] >= sample->n_tokens)
            return fail(err, "measurement: candidate %d of %d tokens", sample->candidate[c], sample->n_tokens);
    return 0;
}

static int take_sample(struct cursor *from, struct sample_record *sample, size_t heads, struct error *err)
{
    if (take_sample_header(from, sample, err))
        return -1;
    int32_t n_layers = take_i32(from);
    if (from->short_of_bytes)
        return fail_short(err);
    if (n_layers < 0 || n_layers > MAX_LAYERS + 1)
        return fail(err, "measurement: %d layers", n_layers);
    sample->layers = xcalloc((size_t)n_layers, sizeof *sample->layers);
    for (int l = 0; l < n_layers; l++) {
        int32_t after = l ? sample->layers[l - 1].layer : -1;
        sample->n_layers = l + 1; /* so that a failure clears the one begun */
        if (take_layer(from, &sample->layers[l], sample, after, heads, err))
            return -1;
    }
    return 0;
}

static int take_measurement(struct cursor *from, struct measurement *measurement, struct error *err)
{
    int32_t magic = take_i32(from), n_heads = take_i32(from), n_samples = take_i32(from);

    if (from->short_of_bytes)
        return fail_short(err);
    if (magic != PACK_MAGIC)
        return fail(err, "measurement: these bytes are none");
    if (n_heads < 0 || n_heads > MAX_HEADS || n_samples < 0 || (size_t)n_samples > from->left / SAMPLE_HEADER)
        return fail(err, "measurement: %d heads, %d samples", n_heads, n_samples);
    measurement_init(measurement, n_heads, n_samples);
    for (int i = 0; i < n_samples; i++)
        if (take_sample(from, &measurement->samples[i], (size_t)n_heads, err))
            return -1;
    if (from->left)
        return fail(err, "measurement: %zu bytes too many", from->left);
    return 0;
}

int measurement_unpack(struct measurement *measurement, const uint8_t *bytes, size_t size, struct error *err)
{
    struct cursor from = {bytes, size, false};

    *measurement = (struct measurement){0};
    if (take_measurement(&from, measurement, err) == 0)
        return 0;
    measurement_clear(measurement);
    return -1;
}

/* ---- join ---- */

static bool same_sample(const struct sample_record *a, const struct sample_record *b)
{
    return a->sample == b->sample && a->n_tokens == b->n_tokens && a->n_candidates == b->n_candidates &&
           memcmp(a->candidate, b->candidate, (size_t)a->n_candidates * sizeof *a->candidate) == 0;
}

static int check_join(const struct sample_record *whole, const struct sample_record *part, struct error *err)
{
    if (!same_sample(whole, part))
        return fail(err, "measurement: sample %d joined with sample %d", whole->sample, part->sample);
    for (int i = 0, j = 0; i < whole->n_layers && j < part->n_layers;) {
        int a = whole->layers[i].layer, b = part->layers[j].layer;
        if (a == b)
            return fail(err, "measurement: layer %d of sample %d came twice", a, whole->sample);
        i += a < b;
        j += a > b;
    }
    return 0;
}

static void join_layers(struct sample_record *whole, struct sample_record *part)
{
    int n = whole->n_layers + part->n_layers;
    struct layer_record *layers = xcalloc((size_t)n, sizeof *layers);

    for (int i = 0, j = 0; i + j < n;) {
        bool from_part = i == whole->n_layers || (j < part->n_layers && part->layers[j].layer < whole->layers[i].layer);
        layers[i + j] = from_part ? part->layers[j] : whole->layers[i];
        *(from_part ? &j : &i) += 1;
    }
    free(whole->layers);
    whole->layers = layers;
    whole->n_layers = n;
    free(part->layers);
    part->layers = NULL;
    part->n_layers = 0;
}

int measurement_join(struct measurement *whole, struct measurement *part, struct error *err)
{
    if (whole->n_heads != part->n_heads || whole->n_samples != part->n_samples)
        return fail(err, "measurement: %d heads, %d samples joined with %d heads, %d samples", whole->n_heads,
                    whole->n_samples, part->n_heads, part->n_samples);
    for (int i = 0; i < whole->n_samples; i++)
        if (check_join(&whole->samples[i], &part->samples[i], err))
            return -1;
    for (int i = 0; i < whole->n_samples; i++)
        join_layers(&whole->samples[i], &part->samples[i]);
    measurement_clear(part);
    return 0;
}
