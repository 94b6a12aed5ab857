/* An element of native_gemm.c's matrices is here a pair of bfloat16 in a float's place,
 * and v16_fma adds both products of 16 pairs (vector.h): the same code, half the depth. */
#include "base/bf16.h"
#include "kernel/kernel.h"
#include "kernel/native.h"
#include "kernel/pairs.h"

enum {
    ROWS = 96, /* that are turned into pairs at once; whole tiles and panels */
    MAX_PAIRS = (KERNEL_DEPTH + 1) / 2,
};

static size_t pair_count(size_t k)
{
    return (k + 1) / 2;
}

/* k numbers as pairs, the first in the lower half; behind an odd one is 0. */
static void pair_row(size_t k, const float *x, float *pairs)
{
    for (size_t p = 0; p < k / 2; p++)
        pairs[p] = float_of_bits((uint32_t)bf16_bits(x[2 * p]) | (uint32_t)bf16_bits(x[2 * p + 1]) << 16);
    if (k % 2)
        pairs[k / 2] = float_of_bits(bf16_bits(x[k - 1]));
}

static void pair_rows(size_t n, size_t k, const float *x, size_t ld, float *pairs)
{
    for (size_t r = 0; r < n; r++)
        pair_row(k, x + r * ld, pairs + r * pair_count(k));
}

static size_t rows_from(size_t r, size_t n)
{
    return n - r < ROWS ? n - r : ROWS;
}

/* Rows of floats as pairs in the order that `arrange` gives them. */
static void arrange_pairs(void (*arrange)(size_t n, size_t k, const float *from, size_t ld, float *to), size_t n,
                          size_t k, const float *from, size_t ld, float *to)
{
    float pairs[ROWS * MAX_PAIRS];
    size_t n_pairs = pair_count(k);

    for (size_t r = 0; r < n; r += ROWS) {
        pair_rows(rows_from(r, n), k, from + r * ld, ld, pairs);
        arrange(rows_from(r, n), n_pairs, pairs, n_pairs, to + r * n_pairs);
    }
}

static void pack(size_t n, size_t k, const float *src, size_t ld, float *slab)
{
    arrange_pairs(NATIVE(pack), n, k, src, ld, slab);
}

static void pack_rows(size_t m, size_t k, const float *a, size_t lda, float *packed)
{
    arrange_pairs(NATIVE(pack_rows), m, k, a, lda, packed);
}

static void multiply(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab, float *c,
                     size_t ldc, bool add)
{
    float pairs[ROWS * MAX_PAIRS];
    size_t n_pairs = pair_count(k);

    for (size_t r = 0; r < m; r += ROWS) {
        pair_rows(rows_from(r, m), k, a + r * lda, lda, pairs);
        NATIVE(multiply)(row + r, rows_from(r, m), n, n_pairs, pairs, n_pairs, slab, c + r * ldc, ldc, add);
    }
}

static void multiply_packed(size_t m, size_t n, size_t k, const float *packed, const float *slab, float *c, size_t ldc,
                            bool add)
{
    NATIVE(multiply_packed)(m, n, pair_count(k), packed, slab, c, ldc, add);
}

extern const struct pair_products NATIVE(products);

const struct pair_products NATIVE(products) = {
    .name = NATIVE_PLAIN_TEXT(NATIVE_ISA),
    .pack = pack,
    .multiply = multiply,
    .pack_rows = pack_rows,
    .multiply_packed = multiply_packed,
};
