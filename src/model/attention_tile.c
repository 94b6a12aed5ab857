#include "model/attention_tile.h"

#include <math.h>

enum {
    TILE_PADDED = (TILE_ROWS + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN, /* in whole vectors */
    CACHED_BYTES = 4 << 20, /* a thread's part of a shared cache, about */
};

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

/* Is block b + 1 to be read ahead: does the tile come to it, and pass over more keys
 * and values than stay in cache from one tile to the next? For less it costs more than
 * it gains. */
static bool reads_on(const struct tile *tile, size_t b)
{
    size_t n_keys = (tile_last_block(tile) - tile->key_block + 1) * KERNEL_DEPTH;

    return b < tile_last_block(tile) && 2 * n_keys * tile->settings->head_dim * sizeof(float) > CACHED_BYTES;
}

size_t tile_score_block(const struct tile *tile, size_t b, const float *query, size_t ldq)
{
    size_t n = tile->kernel->fixed_shapes ? KERNEL_DEPTH : tile_block_keys(tile, b);

    tile->kernel->multiply_keys(tile->first, tile->n, n, tile->settings->head_dim, query, ldq,
                                cache_keys(tile->cache, tile->kv_head, b),
                                reads_on(tile, b) ? cache_keys(tile->cache, tile->kv_head, b + 1) : NULL,
                                tile_weights(tile, b), TILE_STRIDE);
    return n;
}

void tile_add_values(const struct tile *tile, size_t b, size_t n_keys)
{
    size_t dim = tile->settings->head_dim;

    tile->kernel->multiply_values(tile->first, tile->n, dim, n_keys, tile_weights(tile, b), TILE_STRIDE,
                                  cache_values(tile->cache, tile->kv_head, b),
                                  reads_on(tile, b) ? cache_values(tile->cache, tile->kv_head, b + 1) : NULL,
                                  tile->out, kernel_pad(dim), b > tile->key_block);
}

static void fill(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

/* Returns what a row's earlier sum and output must be multiplied by. */
static float raise_maximum(struct tile *tile, size_t r, float most)
{
    float correction = tile->maximum[r];

    if (most <= tile->maximum[r])
        return 1.0f;
    tile->maximum[r] = most;
    if (tile->sum[r] == 0.0f)
        return 1.0f;
    tile->kernel->exp2_shifted(1, most, &correction);
    return correction;
}

/* Scores of one row in one block become weights relative to the row's running
 * maximum. Whole vectors are faster: the hidden keys in them become 2^-126 at first,
 * which no sum with a 1 in it can see. Returns what the row's earlier output must be
 * multiplied by. */
static float weigh_row(struct tile *tile, size_t b, size_t r, float *scores, size_t n)
{
    const struct kernel *kernel = tile->kernel;
    size_t lo, hi;
    float correction = 1.0f;

    tile_visible_keys(tile, b, r, &lo, &hi);
    if (hi > lo) {
        size_t begin = lo / KERNEL_ALIGN * KERNEL_ALIGN, end = kernel_pad(hi);
        fill(scores + begin, lo - begin, -INFINITY);
        fill(scores + hi, end - hi, -INFINITY);
        correction = raise_maximum(tile, r, kernel->largest(end - begin, scores + begin));
        tile->sum[r] =
            tile->sum[r] * correction + kernel->exp2_shifted(end - begin, tile->maximum[r], scores + begin);
    }
    fill(scores, lo, 0.0f);
    fill(scores + hi, n - hi, 0.0f);
    return correction;
}

/* n: keys of the block, padded. */
static void weigh_block(struct tile *tile, size_t b, size_t n)
{
    size_t ldo = kernel_pad(tile->settings->head_dim);

    for (size_t r = 0; r < tile->n; r++) {
        float *row = tile_weights(tile, b) + r * TILE_STRIDE;
        if (tile->settings->softcap > 0)
            tile->kernel->tanh_cap(n, tile->settings->softcap * (float)ATTENTION_LOG2E, row);
        float correction = weigh_row(tile, b, r, row, n);
        tile->block_maximum[b * TILE_ROWS + r] = tile->maximum[r];
        if (correction != 1.0f)
            tile->kernel->scale(ldo, correction, tile->out + r * ldo, tile->out + r * ldo);
    }
}

/* The factor that takes a row's weights relative to its running maximum to
 * probabilities. The learned sink is one more column of the softmax, without a value. */
static float normalizer(const struct tile *tile, size_t r, float *learned)
{
    float most = tile->maximum[r], old = most, sink;

    if (!tile->settings->sinks)
        return 1.0f / tile->sum[r];
    sink = tile->settings->sinks[tile->head] * (float)ATTENTION_LOG2E;
    most = sink > most ? sink : most;
    tile->kernel->exp2_shifted(1, most, &old);
    tile->kernel->exp2_shifted(1, most, &sink);
    float sum = tile->sum[r] * old + sink;
    *learned += sink / sum;
    return old / sum;
}

/* Weights of a block, relative to the running maximum at that block, into the column
 * sums. factor: of weights relative to the final maximum. */
static void add_block_sums(const struct tile *tile, size_t b, const float *factor, float *sums)
{
    float scale[TILE_PADDED] = {0};

    for (size_t r = 0; r < tile->n; r++)
        scale[r] = tile->block_maximum[b * TILE_ROWS + r] - tile->maximum[r];
    tile->kernel->exp2_shifted(TILE_PADDED, 0.0f, scale);
    for (size_t r = 0; r < tile->n; r++)
        scale[r] *= factor[r];
    tile->kernel->add_columns(tile->n, tile_block_keys(tile, b), tile_weights(tile, b), TILE_STRIDE, scale,
                              sums + b * KERNEL_DEPTH);
}

/* Normalizes the tile's output into `out` and its weights into the column sums. */
static void finish_tile(struct tile *tile, float *out, size_t ldo, float *sums)
{
    size_t dim = tile->settings->head_dim;
    float factor[TILE_ROWS];

    for (size_t r = 0; r < tile->n; r++) {
        factor[r] = normalizer(tile, r, &sums[tile->cache->n_tokens]);
        tile->kernel->scale(dim, factor[r], tile->out + r * kernel_pad(dim), out + r * ldo);
    }
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++)
        add_block_sums(tile, b, factor, sums);
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
