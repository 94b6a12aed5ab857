/* A tile: up to TILE_ROWS rows of one head, over all keys that they see. */
#ifndef SINKGRID_MODEL_ATTENTION_TILE_H
#define SINKGRID_MODEL_ATTENTION_TILE_H

#include "model/attention.h"

enum {
    TILE_ROWS = 24, /* rows whose weights are kept at once: 24 x T floats; whole tiles of every kernel */
    TILE_STRIDE = KERNEL_DEPTH + KERNEL_ALIGN, /* a block's rows: an odd number of cache lines apart, lest a
                                                  column's lines share a set */
};
_Static_assert(ATTENTION_GROUP % TILE_ROWS == 0, "a group's end cuts no tile");

/* Row state of a tile. */
struct tile {
    const struct attention_settings *settings;
    const struct kernel *kernel;
    const struct cache *cache;
    size_t head, kv_head;
    size_t first, n;         /* positions first ... first + n - 1 */
    size_t key_block;        /* first block that a row sees */
    float *weights;          /* (blocks, TILE_ROWS, TILE_STRIDE) 2^(score - maximum at that block) */
    float *out;              /* (n, padded head_dim) */
    float maximum[TILE_ROWS], sum[TILE_ROWS];
    float *block_maximum;    /* (n_blocks, TILE_ROWS) running maximum after each block */
};

/* Attention of the tile into the sample's output, and what its rows give each key into
 * sums (n_tokens + 1), whose last is the learned sink's. Softmax over blocks of keys
 * with a running maximum. */
void tile_apply(struct tile *tile, const struct attention_rows *sample, float *sums);

/* The same as a bfloat16 forward computes it: scores, weights and output rounded where
 * the reference rounds them. */
void tile_apply_rounded(struct tile *tile, const struct attention_rows *sample, float *sums);

/* ---- shared by the two ---- */

static inline size_t tile_last_block(const struct tile *tile)
{
    return (tile->first + tile->n - 1) / KERNEL_DEPTH;
}

/* Keys of block `b` that some row of the tile may see, from the block's begin. */
static inline size_t tile_block_keys(const struct tile *tile, size_t b)
{
    size_t n = tile->first + tile->n - b * KERNEL_DEPTH;
    return n < KERNEL_DEPTH ? n : KERNEL_DEPTH;
}

/* The first block that the tile's rows see, by the window. */
static inline size_t tile_first_block(const struct tile *tile)
{
    size_t window = tile->settings->window;
    return window && tile->first + 1 > window ? (tile->first + 1 - window) / KERNEL_DEPTH : 0;
}

static inline float *tile_weights(const struct tile *tile, size_t b)
{
    return tile->weights + (b - tile->key_block) * TILE_ROWS * TILE_STRIDE;
}

/* Keys [*lo, *hi) of block b that row r sees; both 0 if there are none. */
void tile_visible_keys(const struct tile *tile, size_t b, size_t r, size_t *lo, size_t *hi);

/* Scores (n, keys) of the tile's rows in block b; out += weights of block b x values.
 * n_keys: as the kernel wants them. */
size_t tile_score_block(const struct tile *tile, size_t b, const float *query, size_t ldq);
void tile_add_values(const struct tile *tile, size_t b, size_t n_keys);

#endif
