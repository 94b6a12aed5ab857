/* Matrix products. A slab is a row of panels of PANEL columns; a panel is (k,
 * PANEL), so that one inner index is one vector load, after Goto and van de Geijn,
 * "Anatomy of high-performance matrix multiplication" (ACM TOMS 34, 2008). A tile
 * of TILE rows by PANEL columns stays in registers over the whole inner loop. */
#include "kernel/native.h"
#include "kernel/kernel.h"
#include "kernel/vector.h"

/* Registers: TILE x VECTORS accumulators, VECTORS of the panel, one broadcast. */
#ifdef VECTOR_AVX512
enum { TILE = 12, VECTORS = 2 }; /* 24 + 2 + 1 of 32 zmm */
#elif defined(__AVX2__)
enum { TILE = 6, VECTORS = 1 };  /* 12 + 2 + 1 of 16 ymm */
#else
enum { TILE = 4, VECTORS = 1 };
#endif

enum {
    PANEL = VECTORS * LANES,
    ROW_BLOCK = 96,   /* rows of a that stay in the second-level cache: 96 x 256 floats = 96 KiB;
                         a multiple of every TILE */
    AHEAD = 8,        /* inner indices that the panel is prefetched ahead */
    SECOND_LEVEL = 2, /* locality of a prefetch: into the second-level cache */
};

/* Where element (r, p) of the left-hand side lies: a[r * row + p * inner]. */
struct layout {
    size_t row, inner;
};

/* c (rows, PANEL) = or += a (rows, k) x panel, while `ahead`, unless it is NULL, comes
 * nearer by `step` floats an inner index. rows, layout and a NULL are constants at each
 * call, so the loops over rows unroll and the accumulators live in registers. */
static inline __attribute__((always_inline)) void tile(size_t rows, size_t k, const float *a, struct layout layout,
                                                       const float *panel, const float *ahead, size_t step, float *c,
                                                       size_t ldc, size_t n_vectors, bool add)
{
    v16 sum[TILE][VECTORS];

#pragma GCC unroll 12
    for (size_t r = 0; r < rows; r++) {
        __builtin_prefetch(c + r * ldc);
#pragma GCC unroll 2
        for (size_t v = 0; v < VECTORS; v++)
            sum[r][v] = v16_set(0.0f);
    }
#pragma GCC unroll 4
    for (size_t p = 0; p < k; p++) {
        v16 b[VECTORS];
        __builtin_prefetch(panel + AHEAD * PANEL);
        if (ahead) {
            __builtin_prefetch(ahead, 0, SECOND_LEVEL);
            ahead += step;
        }
#pragma GCC unroll 2
        for (size_t v = 0; v < VECTORS; v++)
            b[v] = v16_load(panel + v * LANES);
#pragma GCC unroll 12
        for (size_t r = 0; r < rows; r++) {
            v16 x = v16_set(a[r * layout.row]);
#pragma GCC unroll 2
            for (size_t v = 0; v < VECTORS; v++)
                sum[r][v] = v16_fma(x, b[v], sum[r][v]);
        }
        a += layout.inner;
        panel += PANEL;
    }
#pragma GCC unroll 12
    for (size_t r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (size_t v = 0; v < VECTORS; v++) {
            if (v >= n_vectors)
                break;
            float *out = c + r * ldc + v * LANES;
            v16_store(out, add ? v16_add(v16_load(out), sum[r][v]) : sum[r][v]);
        }
    }
}

static __attribute__((noinline)) void full_tile(size_t k, const float *a, size_t lda, const float *panel, float *c,
                                                size_t ldc, size_t n_vectors, bool add)
{
    tile(TILE, k, a, (struct layout){lda, 1}, panel, NULL, 0, c, ldc, n_vectors, add);
}

static __attribute__((noinline, nonnull)) void reading_tile(size_t k, const float *a, size_t lda, const float *panel,
                                                            const float *ahead, size_t step, float *c, size_t ldc,
                                                            size_t n_vectors, bool add)
{
    tile(TILE, k, a, (struct layout){lda, 1}, panel, ahead, step, c, ldc, n_vectors, add);
}

static __attribute__((noinline)) void packed_tile(size_t k, const float *a, const float *panel, float *c, size_t ldc,
                                                  size_t n_vectors, bool add)
{
    tile(TILE, k, a, (struct layout){1, TILE}, panel, NULL, 0, c, ldc, n_vectors, add);
}

#define PART_TILE(rows)                                                                                                \
    case rows:                                                                                                         \
        tile(rows, k, a, layout, panel, NULL, 0, c, ldc, n_vectors, add);                                              \
        break

/* The last rows, fewer than TILE. */
static __attribute__((noinline)) void part_tile(size_t rows, size_t k, const float *a, struct layout layout,
                                                const float *panel, float *c, size_t ldc, size_t n_vectors, bool add)
{
    switch (rows) {
        PART_TILE(1);
        PART_TILE(2);
        PART_TILE(3);
#if defined(VECTOR_AVX512) || defined(__AVX2__)
        PART_TILE(4);
        PART_TILE(5);
#endif
#ifdef VECTOR_AVX512
        PART_TILE(6);
        PART_TILE(7);
        PART_TILE(8);
        PART_TILE(9);
        PART_TILE(10);
        PART_TILE(11);
#endif
    }
}

/* c (m, columns of one panel); a's rows stay in cache while panels pass. The tiles share
 * the reading of `next`, the panel that the same rows will want, unless it is NULL. */
static void multiply_panel(size_t m, size_t k, const float *a, size_t lda, const float *panel, const float *next,
                           float *c, size_t ldc, size_t n_vectors, bool add)
{
    size_t r = 0, step = m >= TILE ? PANEL / (m / TILE) : 0;

    for (; r + TILE <= m; r += TILE)
        if (next)
            reading_tile(k, a + r * lda, lda, panel, next + r / TILE * step * k, step, c + r * ldc, ldc, n_vectors,
                         add);
        else
            full_tile(k, a + r * lda, lda, panel, c + r * ldc, ldc, n_vectors, add);
    if (r < m)
        part_tile(m - r, k, a + r * lda, (struct layout){lda, 1}, panel, c + r * ldc, ldc, n_vectors, add);
}

static void multiply_panel_packed(size_t m, size_t k, const float *packed, const float *panel, float *c, size_t ldc,
                                  size_t n_vectors, bool add)
{
    size_t r = 0;

    for (; r + TILE <= m; r += TILE)
        packed_tile(k, packed + r * k, panel, c + r * ldc, ldc, n_vectors, add);
    if (r < m)
        part_tile(m - r, k, packed + r * k, (struct layout){1, TILE}, panel, c + r * ldc, ldc, n_vectors, add);
}

/* `stride` floats lie between panels: k x PANEL in a packed slab, more where a slab
 * has room for further inner indices (values). */
static void multiply_panels(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab,
                            const float *next, size_t stride, float *c, size_t ldc, bool add)
{
    n = kernel_pad(n);
    for (size_t r = 0; r < m; r += ROW_BLOCK) {
        size_t rows = m - r < ROW_BLOCK ? m - r : ROW_BLOCK;
        for (size_t j = 0; j < n; j += PANEL) {
            size_t n_vectors = (n - j) / LANES < VECTORS ? (n - j) / LANES : VECTORS;
            size_t at = j / PANEL * stride;
            multiply_panel(rows, k, a + r * lda, lda, slab + at, next && r == 0 ? next + at : NULL, c + r * ldc + j,
                           ldc, n_vectors, add);
        }
    }
}

void NATIVE(multiply)(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab,
                      float *c, size_t ldc, bool add)
{
    (void)row;
    multiply_panels(m, n, k, a, lda, slab, NULL, k * PANEL, c, ldc, add);
}

void NATIVE(multiply_packed)(size_t m, size_t n, size_t k, const float *packed, const float *slab, float *c, size_t ldc,
                             bool add)
{
    n = kernel_pad(n);
    for (size_t r = 0; r < m; r += ROW_BLOCK) {
        size_t rows = m - r < ROW_BLOCK ? m - r : ROW_BLOCK;
        for (size_t j = 0; j < n; j += PANEL) {
            size_t n_vectors = (n - j) / LANES < VECTORS ? (n - j) / LANES : VECTORS;
            multiply_panel_packed(rows, k, packed + r * k, slab + j * k, c + r * ldc + j, ldc, n_vectors, add);
        }
    }
}

/* n rows of a (n, k), side by side: to[p * step + r]; what is behind them stays. */
static inline __attribute__((always_inline)) void interleave(size_t n, size_t k, const float *a, size_t lda, float *to,
                                                             size_t step)
{
    size_t p = 0;

    for (; p + 4 <= k; p += 4) {
        size_t r = 0;
        for (; r + 4 <= n; r += 4)
            transpose_4x4(a + r * lda + p, lda, to + p * step + r, step);
        for (; r + 2 <= n; r += 2)
            transpose_2x4(a + r * lda + p, lda, to + p * step + r, step);
        for (; r < n; r++)
            for (size_t c = 0; c < 4; c++)
                to[(p + c) * step + r] = a[r * lda + p + c];
    }
    for (; p < k; p++)
        for (size_t r = 0; r < n; r++)
            to[p * step + r] = a[r * lda + p];
}

/* n rows as groups of `width` side by side, one inner index after the other; what is
 * behind the last row is 0. width is a constant at each call. */
static inline __attribute__((always_inline)) void pack_groups(size_t width, size_t n, size_t k, const float *from,
                                                              size_t ld, float *to)
{
    size_t r = 0;

    for (; r + width <= n; r += width)
        interleave(width, k, from + r * ld, ld, to + r * k, width);
    if (r < n) {
        memset(to + r * k, 0, width * k * sizeof *to);
        interleave(n - r, k, from + r * ld, ld, to + r * k, width);
    }
}

void NATIVE(pack_rows)(size_t m, size_t k, const float *a, size_t lda, float *packed)
{
    pack_groups(TILE, m, k, a, lda, packed);
}

void NATIVE(pack)(size_t n, size_t k, const float *src, size_t ld, float *slab)
{
    pack_groups(PANEL, n, k, src, ld, slab);
}

void NATIVE(multiply_keys)(size_t row, size_t m, size_t n_keys, size_t n_dims, const float *a, size_t lda,
                           const float *slab, const float *next, float *c, size_t ldc)
{
    (void)row;
    multiply_panels(m, n_keys, n_dims, a, lda, slab, next, n_dims * PANEL, c, ldc, false);
}

void NATIVE(multiply_values)(size_t row, size_t m, size_t n_dims, size_t k, const float *a, size_t lda,
                             const float *slab, const float *next, float *c, size_t ldc, bool add)
{
    (void)row;
    multiply_panels(m, n_dims, k, a, lda, slab, next, (size_t)KERNEL_DEPTH * PANEL, c, ldc, add);
}

void NATIVE(put_key)(size_t n_dims, size_t index, const float *key, float *slab)
{
    float *column = slab + index / PANEL * PANEL * n_dims + index % PANEL;

    for (size_t d = 0; d < n_dims; d++)
        column[d * PANEL] = key[d];
}

void NATIVE(put_value)(size_t n_dims, size_t index, const float *value, float *slab)
{
    for (size_t d = 0; d < n_dims; d += PANEL) {
        size_t n = n_dims - d < PANEL ? n_dims - d : PANEL;
        memcpy(slab + d * KERNEL_DEPTH + index * PANEL, value + d, n * sizeof *value);
    }
}
