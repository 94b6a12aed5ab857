#include "probe/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "probe/distribution.h"

enum { FIRST_POSITIONS = 8 }; /* always kept; control tokens lie behind them */

static int compare_positions(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The first 16 hexadecimal digits of a fingerprint as a stream of the generator. */
static uint64_t stream_of(const char *fingerprint)
{
    char digits[17] = {0};

    memcpy(digits, fingerprint, strnlen(fingerprint, 16));
    return strtoull(digits, NULL, 16);
}

/* Floyd's sampling: the j-th draw is from the first size - n + j + 1 positions, and
 * that range's last one where the draw was taken already. */
int control_positions(const char *fingerprint, int n_tokens, int n, uint64_t seed, int32_t *positions)
{
    int size = n_tokens > FIRST_POSITIONS ? n_tokens - FIRST_POSITIONS : 0;
    uint64_t stream = stream_of(fingerprint);

    if (n > size)
        n = size;
    for (int j = 0; j < n; j++) {
        int range = size - n + j + 1;
        int32_t draw = (int32_t)random_below(seed, stream, (uint64_t)j, (uint64_t)range) + FIRST_POSITIONS;
        for (int i = 0; i < j; i++)
            if (positions[i] == draw)
                draw = range - 1 + FIRST_POSITIONS;
        positions[j] = draw;
    }
    qsort(positions, (size_t)n, sizeof *positions, compare_positions);
    return n;
}

/* ---- statistics over all tokens ---- */

struct column_buffers {
    float *values, *space;
};

/* Values of one column that count: all but missing ones; of a relative quantity
 * absolute ones behind the candidate. */
static size_t gather(const float *column, int n_tokens, int from, bool absolute, float *out)
{
    size_t n = 0;

    for (int t = from; t < n_tokens; t++)
        if (!isnan(column[t]))
            out[n++] = absolute ? fabsf(column[t]) : column[t];
    return n;
}

static void summarize_quantity(const struct layer_columns *c, enum quantity quantity, int candidate,
                               struct column_buffers *buffers, struct column_summary *summary)
{
    bool relative = quantity_table[quantity].relative;
    int column = quantity_column(quantity, candidate, c->sample->n_candidates);
    int from = relative ? c->sample->candidate[candidate] + 1 : 0;
    size_t n = gather(c->values + (size_t)column * (size_t)c->n_tokens, c->n_tokens, from, relative, buffers->values);

    summarize_column(n, buffers->values, buffers->space, &summary[column]);
}

static int summarize_columns(const struct layer_columns *c, struct column_summary *summary, struct error *err)
{
    int n_candidates = c->sample->n_candidates, failed = 0;

#pragma omp parallel reduction(+ : failed)
    {
        float *buffer = float_alloc(2 * (size_t)c->n_tokens, "quantiles of a layer", err);
        struct column_buffers buffers = {buffer, buffer ? buffer + c->n_tokens : NULL};
        failed = !buffer;
#pragma omp for schedule(dynamic) collapse(2)
        for (int q = 0; q < N_QUANTITIES; q++)
            for (int k = 0; k < MAX_CANDIDATES; k++)
                if (buffer && k < (quantity_table[q].relative ? n_candidates : 1))
                    summarize_quantity(c, (enum quantity)q, k, &buffers, summary);
        float_free(buffer);
    }
    return failed ? -1 : 0;
}

/* ---- rows ---- */

static const float *column_of(const struct layer_columns *c, enum quantity quantity, int candidate)
{
    return c->values + (size_t)quantity_column(quantity, candidate, c->sample->n_candidates) * (size_t)c->n_tokens;
}

static void mark(uint8_t *reasons, const struct layer_columns *c, const struct recorder_settings *settings,
                 float median_norm)
{
    const float *norm = column_of(c, QUANTITY_HIDDEN_NORM, 0);

    for (int t = 0; t < c->n_tokens; t++) {
        if (settings->record_full)
            reasons[t] |= ROW_FULL;
        if (t < FIRST_POSITIONS)
            reasons[t] |= ROW_FIRST;
        if (norm[t] > settings->norm_ratio * median_norm)
            reasons[t] |= ROW_NORM;
        for (int k = 0; k < c->sample->n_candidates; k++)
            if (fabsf(column_of(c, QUANTITY_COS_PRIMARY, k)[t]) > settings->record_cosine)
                reasons[t] |= ROW_COSINE;
    }
    for (int i = 0; i < c->n_control; i++)
        reasons[c->control[i]] |= ROW_CONTROL;
}

static int count_marked(const uint8_t *reasons, int n_tokens)
{
    int n = 0;

    for (int t = 0; t < n_tokens; t++)
        n += reasons[t] != 0;
    return n;
}

static void copy_row(struct layer_record *record, const struct layer_columns *c, int row, int t, int n_columns)
{
    record->position[row] = t;
    for (int k = 0; k < n_columns; k++)
        record->values[row * n_columns + k] = c->values[(size_t)k * (size_t)c->n_tokens + (size_t)t];
    for (int h = 0; c->alpha && h < c->n_heads; h++)
        record->alpha[row * c->n_heads + h] = c->alpha[(size_t)h * (size_t)c->n_tokens + (size_t)t];
}

int layer_record_build(struct layer_record *record, const struct layer_columns *c,
                       const struct recorder_settings *settings, struct error *err)
{
    int n_columns = quantity_columns(c->sample->n_candidates), row = 0;
    struct column_summary *summary = xcalloc((size_t)n_columns, sizeof *summary);
    uint8_t *reasons = xcalloc((size_t)c->n_tokens, sizeof *reasons);

    int rc = summarize_columns(c, summary, err);
    mark(reasons, c, settings, summary[quantity_column(QUANTITY_HIDDEN_NORM, 0, c->sample->n_candidates)].q50);
    layer_record_init(record, c->layer, count_marked(reasons, c->n_tokens), n_columns, c->alpha ? c->n_heads : 0,
                      c->learned ? c->n_heads : 0);
    memcpy(record->summary, summary, (size_t)n_columns * sizeof *summary);
    if (c->learned)
        memcpy(record->learned_sink, c->learned, (size_t)c->n_heads * sizeof *c->learned);
    for (int t = 0; t < c->n_tokens; t++)
        if (reasons[t]) {
            record->reason[row] = reasons[t];
            copy_row(record, c, row++, t, n_columns);
        }
    free(reasons);
    free(summary);
    return rc;
}
