#include "model/attention_tile.h"

#include <math.h>
#include <string.h>

void tile_visible_keys(const struct tile *tile, size_t b, size_t r, size_t *lo, size_t *hi)
{
    size_t row = tile->first + r, begin = b * KERNEL_DEPTH, window = tile->settings->window;
    size_t first = window && row + 1 > window ? row + 1 - window : 0;
    size_t end = row < begin ? 0 : row - begin + 1;

    *hi = end < KERNEL_DEPTH ? end : KERNEL_DEPTH;
    *lo = first < begin ? 0 : first - begin;
    if (*lo >= *hi)
        *lo = *hi = 0;
}

size_t tile_score_block(const struct tile *tile, size_t b, const float *query, size_t ldq)
{
    size_t n = tile->kernel->fixed_shapes ? KERNEL_DEPTH : tile_block_keys(tile, b);

    tile->kernel->multiply(tile->first, tile->n, n, tile->settings->head_dim, query, ldq,
                           cache_keys(tile->cache, tile->kv_head, b), tile_weights(tile, b), tile->stride, false);
    return n;
}

void tile_add_values(const struct tile *tile, size_t b, size_t n_keys)
{
    size_t dim = tile->settings->head_dim;

    tile->kernel->multiply_values(tile->first, tile->n, dim, n_keys, tile_weights(tile, b), tile->stride,
                                  cache_values(tile->cache, tile->kv_head, b), tile->out, kernel_pad(dim),
                                  b > tile->key_block);
}

/* Scores of one row in one block become weights relative to the row's running
 * maximum. Returns what the row's earlier output must be multiplied by. */
static float weigh_row(struct tile *tile, size_t b, size_t r, float *scores, size_t n)
{
    const struct kernel *kernel = tile->kernel;
    size_t lo, hi;
    float correction = 1.0f;

    tile_visible_keys(tile, b, r, &lo, &hi);
    if (hi > lo) {
        float most = kernel->largest(hi - lo, scores + lo);
        if (most > tile->maximum[r]) {
            correction = tile->maximum[r];
            kernel->exp2_shifted(1, most, &correction);
            tile->maximum[r] = most;
        }
        tile->sum[r] = tile->sum[r] * correction + kernel->exp2_shifted(hi - lo, tile->maximum[r], scores + lo);
    }
    memset(scores, 0, lo * sizeof *scores);
    memset(scores + hi, 0, (n - hi) * sizeof *scores);
    return correction;
}

/* n: keys of the block, padded. */
static void weigh_block(struct tile *tile, size_t b, size_t n)
{
    size_t ldo = kernel_pad(tile->settings->head_dim);

    for (size_t r = 0; r < tile->n; r++) {
        float *row = tile_weights(tile, b) + r * tile->stride;
        if (tile->settings->softcap > 0)
            tile->kernel->tanh_cap(n, tile->settings->softcap * (float)ATTENTION_LOG2E, row);
        float correction = weigh_row(tile, b, r, row, n);
        tile->block_maximum[b * TILE_ROWS + r] = tile->maximum[r];
        for (size_t d = 0; correction != 1.0f && d < ldo; d++)
            tile->out[r * ldo + d] *= correction;
    }
}

/* The learned sink is one more column of the softmax, without a value. Returns the
 * factor that takes weights relative to the final maximum to probabilities. */
static float finish_row(const struct tile *tile, size_t r, float *final_maximum, float *learned)
{
    float most = tile->maximum[r], sum = tile->sum[r];

    if (tile->settings->sinks) {
        float sink = tile->settings->sinks[tile->head] * (float)ATTENTION_LOG2E, old = most;
        most = sink > most ? sink : most;
        tile->kernel->exp2_shifted(1, most, &old);
        tile->kernel->exp2_shifted(1, most, &sink);
        sum = sum * old + sink;
        *learned += sink / sum;
    }
    *final_maximum = most;
    return 1.0f / sum;
}

/* Weights of a block, relative to the maximum at that block, into the column sums. */
static void add_block_sums(const struct tile *tile, size_t b, const float *final, const float *inverse, float *sums)
{
    float factor[TILE_ROWS];

    for (size_t r = 0; r < tile->n; r++) {
        factor[r] = tile->block_maximum[b * TILE_ROWS + r];
        tile->kernel->exp2_shifted(1, final[r], &factor[r]);
        factor[r] *= inverse[r];
    }
    tile->kernel->add_columns(tile->n, tile_block_keys(tile, b), tile_weights(tile, b), tile->stride, factor,
                              sums + b * KERNEL_DEPTH);
}

/* Normalizes the tile's output into `out` and its weights into the column sums. */
static void finish_tile(struct tile *tile, float *out, size_t ldo, float *sums)
{
    size_t dim = tile->settings->head_dim;
    float final[TILE_ROWS], inverse[TILE_ROWS];

    for (size_t r = 0; r < tile->n; r++) {
        inverse[r] = finish_row(tile, r, &final[r], &sums[tile->cache->n_tokens]);
        float scale = tile->maximum[r];
        tile->kernel->exp2_shifted(1, final[r], &scale);
        for (size_t d = 0; d < dim; d++)
            out[r * ldo + d] = tile->out[r * kernel_pad(dim) + d] * (scale * inverse[r]);
    }
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++)
        add_block_sums(tile, b, final, inverse, sums);
}

void tile_apply(struct tile *tile, const struct attention_rows *sample, float *sums)
{
    size_t row = tile->first - sample->begin, at = tile->head * tile->settings->head_dim;

    tile->key_block = tile_first_block(tile);
    for (size_t r = 0; r < tile->n; r++) {
        tile->maximum[r] = -INFINITY;
        tile->sum[r] = 0.0f;
    }
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        size_t n = tile_score_block(tile, b, sample->query + row * sample->ldq + at, sample->ldq);
        weigh_block(tile, b, kernel_pad(n));
        tile_add_values(tile, b, n);
    }
    finish_tile(tile, sample->out + row * sample->ldo + at, sample->ldo, sums);
}
