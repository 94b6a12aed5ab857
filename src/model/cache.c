#include "model/cache.h"

#include <stdlib.h>

#include "base/memory.h"

static size_t key_slab(const struct cache_shape *shape)
{
    return kernel_slab_floats(KERNEL_DEPTH, shape->head_dim);
}

static size_t value_slab(const struct cache_shape *shape)
{
    return kernel_slab_floats(shape->head_dim, KERNEL_DEPTH);
}

size_t cache_bytes(const struct cache_shape *shape, size_t n_tokens)
{
    size_t slabs = shape->n_kv_heads * cache_block_count(n_tokens) * (key_slab(shape) + value_slab(shape));
    return (slabs + 2 * shape->n_heads * kernel_pad(n_tokens + 1)) * sizeof(float);
}

struct cache *cache_create(const struct cache_shape *shape, size_t n_tokens, struct error *err)
{
    struct cache *cache = xcalloc(1, sizeof *cache);
    size_t n_slabs = shape->n_kv_heads * cache_block_count(n_tokens);

    cache->shape = *shape;
    cache->n_tokens = n_tokens;
    cache->n_blocks = cache_block_count(n_tokens);
    cache->stride = kernel_pad(n_tokens + 1);
    cache->keys = float_alloc(n_slabs * key_slab(shape), "key cache", err);
    cache->values = float_alloc(n_slabs * value_slab(shape), "value cache", err);
    cache->total = float_alloc(shape->n_heads * cache->stride, "attention sums", err);
    cache->open = float_alloc(shape->n_heads * cache->stride, "attention sums", err);
    if (cache->keys && cache->values && cache->total && cache->open)
        return cache;
    cache_destroy(cache);
    return NULL;
}

void cache_destroy(struct cache *cache)
{
    if (!cache)
        return;
    float_free(cache->keys);
    float_free(cache->values);
    float_free(cache->total);
    float_free(cache->open);
    free(cache);
}

float *cache_keys(const struct cache *cache, size_t kv_head, size_t block)
{
    return cache->keys + (kv_head * cache->n_blocks + block) * key_slab(&cache->shape);
}

float *cache_values(const struct cache *cache, size_t kv_head, size_t block)
{
    return cache->values + (kv_head * cache->n_blocks + block) * value_slab(&cache->shape);
}

void cache_put(struct cache *cache, const struct kernel *kernel, size_t position, const float *key,
               const float *value)
{
    size_t block = position / KERNEL_DEPTH, index = position % KERNEL_DEPTH, n = cache->shape.head_dim;

    for (size_t h = 0; h < cache->shape.n_kv_heads; h++) {
        kernel->put_key(n, index, key + h * n, cache_keys(cache, h, block));
        kernel->put_value(n, index, value + h * n, cache_values(cache, h, block));
    }
}
