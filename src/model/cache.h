/* What one layer keeps of one sample while its tokens go through: keys and values
 * in the kernel's slabs of KERNEL_DEPTH keys, and the attention that each key has
 * received so far. */
#ifndef SINKGRID_MODEL_CACHE_H
#define SINKGRID_MODEL_CACHE_H

#include <stddef.h>

#include "base/error.h"
#include "kernel/kernel.h"

/* Rows whose attention is added up as one chain; sums of whole groups are then
 * added in order, so that sums over 1e5 rows keep their precision and a chunk may
 * end anywhere. Whole tiles of rows (attention_tile.h). */
enum { ATTENTION_GROUP = 240 };

struct cache_shape {
    size_t n_heads, n_kv_heads, head_dim;
};

struct cache {
    struct cache_shape shape;
    size_t n_tokens;             /* of the sample */
    size_t n_filled;             /* keys so far */
    size_t n_blocks, stride;     /* stride: n_tokens + 1 padded, of the sums */
    float *keys, *values;        /* (n_kv_heads, n_blocks, slab) */
    float *total, *open;         /* (n_heads, stride) column sums: whole groups; the group under way.
                                    Column n_tokens is the learned sink's. */
};

struct cache *cache_create(const struct cache_shape *shape, size_t n_tokens, struct error *err);
void cache_destroy(struct cache *cache);

/* Bytes that a cache of n_tokens takes. */
size_t cache_bytes(const struct cache_shape *shape, size_t n_tokens);

/* Blocks of KERNEL_DEPTH keys that n_tokens fill. */
static inline size_t cache_block_count(size_t n_tokens)
{
    return (n_tokens + KERNEL_DEPTH - 1) / KERNEL_DEPTH;
}

float *cache_keys(const struct cache *cache, size_t kv_head, size_t block);
float *cache_values(const struct cache *cache, size_t kv_head, size_t block);

/* Stores the key and value row (n_kv_heads * head_dim) of token `position`. */
void cache_put(struct cache *cache, const struct kernel *kernel, size_t position, const float *key,
               const float *value);

#endif
