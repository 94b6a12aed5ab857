/* Causal grouped-query attention over a cache, with the attention that every key
 * receives summed on the way: memory grows with the sample's length, not with its
 * square. Softmax goes over blocks of KERNEL_DEPTH keys with a running maximum
 * (Milakov and Gimelshein 2018; Dao et al. 2022); the weights of a tile of rows are
 * kept until their row's final maximum is known, then scaled and added to the column
 * sums. */
#ifndef SINKGRID_MODEL_ATTENTION_H
#define SINKGRID_MODEL_ATTENTION_H

#include "base/error.h"
#include "kernel/kernel.h"
#include "model/cache.h"

/* The softmax is of base 2: queries come multiplied with log2(e), besides 1 / sqrt(head_dim). */
#define ATTENTION_LOG2E 1.4426950408889634

struct attention_settings {
    size_t n_heads, n_kv_heads, head_dim;
    size_t window;        /* 0: none; else key j is seen from row i if i - j < window */
    float softcap;        /* 0: none */
    float scale;          /* of a rounding kernel only: its queries come unscaled */
    const float *sinks;   /* (n_heads) learned sink logits, or NULL */
};

/* Rows [begin, end) of one sample, already in the cache's keys and values. */
struct attention_rows {
    struct cache *cache;
    size_t begin, end;
    const float *query;   /* (end - begin, n_heads * head_dim), rotated; scaled and times
                             ATTENTION_LOG2E, but for a rounding kernel */
    size_t ldq;
    float *out;           /* (end - begin, n_heads * head_dim) */
    size_t ldo;
};

struct attention;

/* Workspace for blocks of up to max_rows rows of samples of up to max_tokens. */
struct attention *attention_create(size_t max_rows, size_t max_tokens, size_t n_heads, size_t head_dim,
                                   struct error *err);
void attention_destroy(struct attention *attention);
size_t attention_bytes(size_t max_rows, size_t max_tokens, size_t n_heads, size_t head_dim);

/* One parallel region over heads and groups of rows of all the given samples. */
int attention_apply(struct attention *attention, const struct kernel *kernel,
                    const struct attention_settings *settings, const struct attention_rows *samples,
                    size_t n_samples, struct error *err);

#endif
