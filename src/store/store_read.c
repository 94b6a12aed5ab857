#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/schema.h"
#include "store/unit_info.h"

/* Columns that say how the flat arrays divide; freed with divisions_free. */
struct divisions {
    size_t n_samples, n_tokens, n_records, n_rows, n_candidates, n_heads;
    int32_t *sample, *n_sample_tokens, *candidates, *token_count, *record_count; /* (n_samples) */
    int32_t *record_layer, *row_count;                                           /* (n_records) */
    int32_t *candidate_position;                                                 /* (n_samples, n_candidates) */
};

enum {
    MAX_DIMENSION = 1 << 30,
    /* zlib packs at most 1032 : 1 (its FAQ); a file that claims more than its size
     * allows is hostile, and its arrays are not allocated */
    MAX_RATIO = 1040,
};

static void divisions_free(struct divisions *d)
{
    free(d->sample);
    free(d->n_sample_tokens);
    free(d->candidates);
    free(d->token_count);
    free(d->record_count);
    free(d->record_layer);
    free(d->row_count);
    free(d->candidate_position);
}

static void get(struct ncreader *reader, enum unit_variable variable, size_t n, void *data)
{
    ncreader_get(reader, &unit_variables[variable], n, data);
}

static int32_t *get_ints(struct ncreader *reader, enum unit_variable variable, size_t n)
{
    int32_t *values = xcalloc(n, sizeof *values);

    get(reader, variable, n, values);
    return values;
}

static void read_dimensions(struct ncreader *reader, struct divisions *d, int n_heads)
{
    d->n_samples = ncreader_dimension(reader, DIM_SAMPLE);
    d->n_tokens = ncreader_dimension(reader, DIM_TOKEN);
    d->n_records = ncreader_dimension(reader, DIM_RECORD);
    d->n_rows = ncreader_dimension(reader, DIM_ROW);
    d->n_candidates = ncreader_dimension(reader, DIM_CANDIDATE);
    d->n_heads = ncreader_dimension(reader, DIM_HEAD);
    const size_t counts[] = {d->n_samples, d->n_tokens, d->n_records, d->n_rows};
    size_t most = ncreader_size(reader) * MAX_RATIO;
    for (size_t i = 0; i < sizeof counts / sizeof *counts && !ncreader_failed(reader); i++)
        if (counts[i] < 1 || counts[i] > MAX_DIMENSION || counts[i] > most)
            ncreader_fail(reader, "a dimension of %zu does not fit its size", counts[i]);
    if (ncreader_failed(reader))
        return;
    if (d->n_candidates < 1 || d->n_candidates > MAX_CANDIDATES || d->n_heads != (size_t)n_heads ||
        ncreader_dimension(reader, DIM_STATISTIC) != N_STATISTICS)
        ncreader_fail(reader, "%zu candidates, %zu heads (attribute: %d)", d->n_candidates, d->n_heads, n_heads);
    else if (d->n_rows * d->n_heads > most / sizeof(float) || d->n_records * d->n_heads > most / sizeof(float))
        ncreader_fail(reader, "%zu rows of %zu heads do not fit its size", d->n_rows, d->n_heads);
}

/* The counts must add up to the dimension, where 0 is stored as 1. */
static void check_sum(struct ncreader *reader, const char *name, const int32_t *counts, size_t n, size_t *total)
{
    size_t sum = 0;

    for (size_t i = 0; i < n && !ncreader_failed(reader); i++) {
        if (counts[i] < 0)
            ncreader_fail(reader, "%s: a count of %d", name, counts[i]);
        sum += (size_t)counts[i];
    }
    if (!ncreader_failed(reader) && (sum ? sum : 1) != *total)
        ncreader_fail(reader, "%s: counts add up to %zu of %zu", name, sum, *total);
    *total = sum;
}

static void check_sample(struct ncreader *reader, const struct divisions *d, size_t i)
{
    int32_t n_tokens = d->n_sample_tokens[i], candidates = d->candidates[i];

    if (d->sample[i] < 0 || n_tokens < 1 || candidates < 0 || (size_t)candidates > d->n_candidates ||
        d->token_count[i] > n_tokens)
        ncreader_fail(reader, "sample %d: %d tokens, %d candidates, %d recorded", d->sample[i], n_tokens, candidates,
                      d->token_count[i]);
    for (int32_t c = 0; c < candidates && !ncreader_failed(reader); c++) {
        int32_t position = d->candidate_position[i * d->n_candidates + (size_t)c];
        if (position < 0 || position >= n_tokens)
            ncreader_fail(reader, "sample %d: candidate %d of %d tokens", d->sample[i], position, n_tokens);
    }
}

/* Layers ascend within a sample and lie in the measured range; only where that
 * reaches the last layer there may be the one after the final norm. */
static void check_records(struct ncreader *reader, const struct divisions *d, const struct unit_info *info)
{
    size_t r = 0;

    for (size_t i = 0; i < d->n_samples; i++)
        for (int32_t l = 0, before = -1; l < d->record_count[i] && !ncreader_failed(reader); l++, r++) {
            int32_t layer = d->record_layer[r];
            bool final = layer == info->n_layers && info->layer_end == info->n_layers;
            if (layer <= before || layer < info->layer_begin || (layer >= info->layer_end && !final) ||
                d->row_count[r] > d->n_sample_tokens[i])
                ncreader_fail(reader, "sample %d: layer %d after %d, %d rows", d->sample[i], layer, before,
                              d->row_count[r]);
            before = layer;
        }
}

static void read_divisions(struct ncreader *reader, struct divisions *d, const struct unit_info *info)
{
    read_dimensions(reader, d, info->n_heads);
    if (ncreader_failed(reader))
        return;
    d->sample = get_ints(reader, VAR_SAMPLE, d->n_samples);
    d->n_sample_tokens = get_ints(reader, VAR_N_TOKENS, d->n_samples);
    d->candidates = get_ints(reader, VAR_N_CANDIDATES, d->n_samples);
    d->token_count = get_ints(reader, VAR_TOKEN_COUNT, d->n_samples);
    d->record_count = get_ints(reader, VAR_RECORD_COUNT, d->n_samples);
    d->candidate_position = get_ints(reader, VAR_CANDIDATE_POSITION, d->n_samples * d->n_candidates);
    d->record_layer = get_ints(reader, VAR_RECORD_LAYER, d->n_records);
    d->row_count = get_ints(reader, VAR_ROW_COUNT, d->n_records);
    size_t n_records = d->n_records;
    check_sum(reader, "token_count", d->token_count, d->n_samples, &d->n_tokens);
    check_sum(reader, "record_count", d->record_count, d->n_samples, &n_records);
    check_sum(reader, "row_count", d->row_count, n_records, &d->n_rows);
    d->n_records = n_records;
    for (size_t i = 0; i < d->n_samples && !ncreader_failed(reader); i++)
        check_sample(reader, d, i);
    if (!ncreader_failed(reader))
        check_records(reader, d, info);
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

static void read_rows(struct ncreader *reader, struct unit *unit)
{
    size_t row = 0, record = 0;

    for (int i = 0; i < unit->measurement.n_samples; i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers && !ncreader_failed(reader); l++, record++) {
            struct layer_record *layer = &unit->measurement.samples[i].layers[l];
            size_t n = (size_t)layer->n_rows;
            ncreader_get_rows(reader, &unit_variables[VAR_POSITION], row, n, layer->position);
            ncreader_get_rows(reader, &unit_variables[VAR_REASON], row, n, layer->reason);
            if (layer->alpha)
                ncreader_get_rows(reader, &unit_variables[VAR_ALPHA], row, n, layer->alpha);
            if (layer->learned_sink)
                ncreader_get_rows(reader, &unit_variables[VAR_LEARNED_SINK], record, 1, layer->learned_sink);
            check_positions(reader, &unit->samples[i], layer);
            row += n;
        }
}

/* The columns of one quantity, as they lie in the file. */
struct scatter {
    enum quantity quantity;
    size_t width, row, record;
    float *values, *summary;
    int32_t *count;
};

static void scatter_summary(struct ncreader *reader, struct column_summary *to, const float *from, int32_t count,
                            int32_t n_tokens)
{
    if (count < 0 || count > n_tokens)
        ncreader_fail(reader, "background of %d of %d tokens", count, n_tokens);
    *to = (struct column_summary){count, from[0], from[1], from[2], from[3], from[4], from[5], from[6]};
}

static void scatter_record(struct ncreader *reader, const struct sample_record *sample, struct layer_record *layer,
                           struct scatter *s)
{
    int columns = quantity_columns(sample->n_candidates);
    int column = quantity_column(s->quantity, 0, sample->n_candidates);
    size_t used = quantity_table[s->quantity].relative ? (size_t)sample->n_candidates : 1;

    for (size_t k = 0; k < used; k++) {
        size_t at = s->record * s->width + k;
        scatter_summary(reader, &layer->summary[(size_t)column + k], s->summary + at * N_STATISTICS, s->count[at],
                        sample->n_tokens);
    }
    s->record++;
    for (int r = 0; r < layer->n_rows; r++, s->row++)
        memcpy(layer->values + r * columns + column, s->values + s->row * s->width, used * sizeof(float));
}

static void read_quantity(struct ncreader *reader, struct unit *unit, const struct divisions *d, enum quantity q)
{
    size_t width = quantity_table[q].relative ? d->n_candidates : 1;
    struct ncvar values = schema_quantity(q), background = schema_background(q), count = schema_count(q);
    struct scatter s = {.quantity = q,
                        .width = width,
                        .values = xcalloc(d->n_rows * width, sizeof(float)),
                        .summary = xcalloc(d->n_records * width * N_STATISTICS, sizeof(float)),
                        .count = xcalloc(d->n_records * width, sizeof(int32_t))};

    ncreader_get(reader, &values, d->n_rows * width, s.values);
    ncreader_get(reader, &background, d->n_records * width * N_STATISTICS, s.summary);
    ncreader_get(reader, &count, d->n_records * width, s.count);
    for (int i = 0; i < unit->measurement.n_samples && !ncreader_failed(reader); i++)
        for (int l = 0; l < unit->measurement.samples[i].n_layers; l++)
            scatter_record(reader, &unit->measurement.samples[i], &unit->measurement.samples[i].layers[l], &s);
    free(s.values);
    free(s.summary);
    free(s.count);
}

static void read_unit(struct ncreader *reader, struct unit *unit)
{
    struct divisions d = {0};

    unit_info_read(reader, &unit->info);
    if (!ncreader_failed(reader))
        read_divisions(reader, &d, &unit->info);
    if (!ncreader_failed(reader)) {
        measurement_init(&unit->measurement, unit->info.n_heads, (int)d.n_samples);
        unit->samples = xcalloc(d.n_samples, sizeof *unit->samples);
        read_samples(reader, unit, &d);
    }
    if (!ncreader_failed(reader)) {
        init_records(unit, &d, ncreader_has(reader, unit_variables[VAR_LEARNED_SINK].name));
        read_rows(reader, unit);
    }
    for (int q = 0; q < N_QUANTITIES && !ncreader_failed(reader); q++)
        read_quantity(reader, unit, &d, (enum quantity)q);
    divisions_free(&d);
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

static void read_header(struct ncreader *reader, struct unit_header *header)
{
    unit_info_read(reader, &header->info);
    size_t n = ncreader_dimension(reader, DIM_SAMPLE);
    if (!ncreader_failed(reader) && (n < 1 || n > MAX_DIMENSION || n > ncreader_size(reader) * MAX_RATIO))
        ncreader_fail(reader, "%zu samples do not fit its size", n);
    if (ncreader_failed(reader))
        return;
    header->samples = get_ints(reader, VAR_SAMPLE, n);
    header->n_samples = (int)n;
    for (size_t i = 0; i < n && !ncreader_failed(reader); i++)
        if (header->samples[i] < 0)
            ncreader_fail(reader, "a sample of number %d", header->samples[i]);
}

int store_read_header(struct unit_header *header, const char *path, struct error *err)
{
    struct ncreader *reader = ncreader_open(path, err);

    *header = (struct unit_header){0};
    if (!reader)
        return -1;
    read_header(reader, header);
    if (ncreader_close(reader, err) == 0)
        return 0;
    unit_header_clear(header);
    return -1;
}

void unit_header_clear(struct unit_header *header)
{
    free(header->samples);
    unit_info_clear(&header->info);
    *header = (struct unit_header){0};
}
