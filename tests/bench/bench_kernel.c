/* One thread: products, attention weights, widening of stored weights. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernel/kernel.h"
#include "model/attention.h"
#include "weights/dtype.h"

/* ---- a product of fixed panels, as linear_apply makes it ---- */

struct product {
    const struct kernel *kernel;
    size_t m, n, k;
    float *a, *packed, *weight, *slab, *c;
};

static float *random_floats(size_t n)
{
    float *x = float_alloc(n, "bench", NULL);

    for (size_t i = 0; i < n; i++)
        x[i] = (float)random_uniform(1, 2, i) - 0.5f;
    return x;
}

static void run_product(void *context)
{
    struct product *p = context;
    const struct kernel *k = p->kernel;

    for (size_t n0 = 0; n0 < p->n; n0 += k->slab_columns) {
        size_t n = p->n - n0 < k->slab_columns ? p->n - n0 : k->slab_columns;
        for (size_t k0 = 0; k0 < p->k; k0 += KERNEL_DEPTH) {
            size_t depth = p->k - k0 < KERNEL_DEPTH ? p->k - k0 : KERNEL_DEPTH;
            k->pack(n, depth, p->weight + n0 * p->k + k0, p->k, p->slab);
            if (k->pack_rows)
                k->multiply_packed(p->m, n, depth, p->packed + kernel_packed_floats(p->m, k0), p->slab, p->c + n0,
                                   p->n, k0 > 0);
            else
                k->multiply(0, p->m, n, depth, p->a + k0, p->k, p->slab, p->c + n0, p->n, k0 > 0);
        }
    }
}

static void bench_product(const struct kernel *kernel, size_t m, size_t n, size_t k, int repeats)
{
    char name[64];
    struct product p = {kernel, m, n, k, random_floats(m * k), random_floats(kernel_packed_floats(m, k)),
                        random_floats(n * k), random_floats(kernel_slab_floats(kernel->slab_columns, KERNEL_DEPTH)),
                        random_floats(m * n)};
    double flop = 2.0 * (double)m * (double)n * (double)k;

    snprintf(name, sizeof name, "gemm %s %zux%zux%zu", kernel->name, m, n, k);
    bench_measure(&(struct bench){name, "FLOP", flop, flop, LIMIT_SGEMM1, run_product, &p}, repeats);
    float_free(p.a);
    float_free(p.packed);
    float_free(p.weight);
    float_free(p.slab);
    float_free(p.c);
}

/* ---- attention of one sample ---- */

struct attend {
    const struct kernel *kernel;
    size_t n_tokens;
    struct attention_settings settings;
    float *query, *key, *out;
};

static void run_attention(void *context)
{
    struct attend *a = context;
    size_t width = a->settings.n_heads * a->settings.head_dim;
    struct cache_shape shape = {a->settings.n_heads, a->settings.n_kv_heads, a->settings.head_dim};
    struct cache *cache = cache_create(&shape, a->n_tokens, NULL);
    struct attention *attention = attention_create(a->n_tokens, a->n_tokens, shape.n_heads, shape.head_dim, NULL);
    struct attention_rows rows = {cache, 0, a->n_tokens, a->query, width, a->out, width};

    for (size_t t = 0; t < a->n_tokens; t++)
        cache_put(cache, a->kernel, t, a->key + t * width, a->key + t * width);
    attention_apply(attention, a->kernel, &a->settings, &rows, 1, NULL);
    attention_destroy(attention);
    cache_destroy(cache);
}

static void bench_attention(const struct kernel *kernel, size_t n_tokens, size_t head_dim, int repeats)
{
    char name[64];
    struct attend a = {kernel, n_tokens, {.n_heads = 8, .n_kv_heads = 4, .head_dim = head_dim},
                       random_floats(n_tokens * 8 * head_dim), random_floats(n_tokens * 8 * head_dim),
                       random_floats(n_tokens * 8 * head_dim)};
    double pairs = 0.5 * (double)n_tokens * (double)(n_tokens + 1), flop = 4.0 * 8 * (double)head_dim * pairs;

    snprintf(name, sizeof name, "attention %zu tokens, head %zu", n_tokens, head_dim);
    bench_measure(&(struct bench){name, "FLOP", flop, flop, LIMIT_SGEMM, run_attention, &a}, repeats);
    float_free(a.query);
    float_free(a.key);
    float_free(a.out);
}

/* ---- widening ---- */

enum { WIDE = 1 << 20 };

struct widen {
    const struct dtype *dtype;
    unsigned char *stored;
    float *wide;
};

static void run_widen(void *context)
{
    struct widen *w = context;

    for (size_t at = 0; at < WIDE; at += 4096)
        w->dtype->widen(w->stored + at / w->dtype->block_elements * w->dtype->block_bytes, w->wide, 4096);
}

static void bench_widen(int repeats)
{
    struct widen w = {.wide = float_alloc(4096, "bench", NULL), .stored = xcalloc(WIDE, sizeof(float))};
    char name[64];

    for (size_t i = 0; i < WIDE; i++)
        w.stored[i] = (unsigned char)random_below(3, 4, i, 60); /* small exponents: no NaN */
    for (size_t i = 0; i < dtype_count(); i++) {
        w.dtype = dtype_at(i);
        if (!w.dtype->widen || 4096 % w.dtype->block_elements)
            continue;
        snprintf(name, sizeof name, "widen %s", w.dtype->name);
        bench_measure(&(struct bench){name, "element", WIDE, 0, LIMIT_NONE, run_widen, &w}, repeats);
    }
    float_free(w.wide);
    free(w.stored);
}

void bench_kernels(int repeats)
{
    static const size_t shapes[][3] = {{1024, 576, 576}, {1024, 1536, 576}, {1024, 576, 1536}, {1024, 1024, 4096}};

    for (const struct kernel *const *k = kernel_table(); *k; k++)
        for (size_t s = 0; kernel_supported(*k) && s < sizeof shapes / sizeof *shapes; s++)
            bench_product(*k, shapes[s][0], shapes[s][1], shapes[s][2], repeats);
    bench_attention(kernel_select(NULL), 2048, 64, repeats);
    bench_attention(kernel_select(NULL), 8192, 64, repeats);
    bench_attention(kernel_select(NULL), 2048, 128, repeats);
    bench_widen(repeats);
}
