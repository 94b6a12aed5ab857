/* Products of fixed panels on one thread, and attention on all. */
#include "bench.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernel/kernel.h"
#include "model/attention.h"

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

static void measure_product(const struct kernel *kernel, size_t m, size_t n, size_t k, int rounds)
{
    struct product p = {kernel, m, n, k, random_floats(m * k), random_floats(kernel_packed_floats(m, k)),
                        random_floats(n * k), random_floats(kernel_slab_floats(kernel->slab_columns, KERNEL_DEPTH)),
                        random_floats(m * n)};
    struct bench bench = {.flop = 2.0 * (double)m * (double)n * (double)k,
                          .bytes = 4.0 * (double)(m * k + n * k + m * n),
                          .limit = LIMIT_SGEMM1,
                          .run = run_product,
                          .context = &p};

    snprintf(bench.name, sizeof bench.name, "product %s %zu x %zu x %zu", kernel->name, m, n, k);
    bench_measure(&bench, rounds);
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

static void measure_attention(const struct kernel *kernel, size_t n_tokens, size_t head_dim, int rounds)
{
    struct attend a = {kernel, n_tokens, {.n_heads = 8, .n_kv_heads = 4, .head_dim = head_dim},
                       random_floats(n_tokens * 8 * head_dim), random_floats(n_tokens * 8 * head_dim),
                       random_floats(n_tokens * 8 * head_dim)};
    double pairs = 0.5 * (double)n_tokens * (double)(n_tokens + 1);
    struct bench bench = {.flop = 4.0 * 8 * (double)head_dim * pairs,
                          .bytes = 4.0 * (double)(n_tokens * head_dim) * (8 + 4 + 4 + 8),
                          .limit = LIMIT_SGEMM,
                          .run = run_attention,
                          .context = &a};

    snprintf(bench.name, sizeof bench.name, "attention %zu tokens, 8 heads of %zu", n_tokens, head_dim);
    bench_measure(&bench, rounds);
    float_free(a.query);
    float_free(a.key);
    float_free(a.out);
}

void bench_products(const struct bench_options *options)
{
    static const size_t shapes[][3] = {{1024, 576, 576}, {1024, 1536, 576}, {1024, 576, 1536}, {1024, 1024, 4096}};

    omp_set_num_threads(1); /* OpenBLAS would take more outside of our parallel regions */
    for (const struct kernel *const *k = kernel_table(); *k; k++)
        for (size_t s = 0; kernel_supported(*k) && s < sizeof shapes / sizeof *shapes; s++)
            measure_product(*k, shapes[s][0], shapes[s][1], shapes[s][2], options->rounds);
    omp_set_num_threads(options->n_threads);
}

void bench_attention(const struct bench_options *options)
{
    const struct kernel *kernel = kernel_select(NULL);

    for (int i = 0; i < options->n_tokens; i++) {
        measure_attention(kernel, (size_t)options->tokens[i], 64, options->rounds);
        measure_attention(kernel, (size_t)options->tokens[i], 128, options->rounds);
    }
}
