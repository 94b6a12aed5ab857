#include "store/divisions.h"

#include <stdlib.h>

#include "base/memory.h"
#include "store/schema.h"
#include "store/unit_info.h"

enum {
    MAX_DIMENSION = 1 << 30,
    /* zlib packs at most 1032 : 1 (its FAQ); a file that claims more than its size
     * allows is hostile, and its arrays are not allocated */
    MAX_RATIO = 1040,
};

static int32_t *get_ints(struct ncreader *reader, enum unit_variable variable, size_t n)
{
    int32_t *values = xcalloc(n, sizeof *values);

    ncreader_get(reader, &unit_variables[variable], n, values);
    return values;
}

void divisions_clear(struct divisions *d)
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

void divisions_read(struct divisions *d, struct ncreader *reader, const struct unit_info *info)
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

/* ---- the header alone ---- */

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
