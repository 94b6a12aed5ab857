/* Products of bfloat16 matrices by a CPU's own instructions: what replaces a kernel's
 * linear maps in a bfloat16 forward pass. An operand is a matrix of pairs, two inner
 * indices in a float's place, so slabs and packed rows take half their room. Sums are
 * float32; the two products of a pair are added in the instruction's order, subnormal
 * numbers count as 0: other bits than those of emulated products. */
#ifndef SINKGRID_KERNEL_PAIRS_H
#define SINKGRID_KERNEL_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/* Functions as in struct kernel, of float matrices whose numbers are bfloat16's or are
 * rounded to them. */
struct pair_products {
    const char *name; /* "avx512bf16" */
    void (*pack)(size_t n, size_t k, const float *src, size_t ld, float *slab);
    void (*multiply)(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab, float *c,
                     size_t ldc, bool add);
    void (*pack_rows)(size_t m, size_t k, const float *a, size_t lda, float *packed);
    void (*multiply_packed)(size_t m, size_t n, size_t k, const float *packed, const float *slab, float *c, size_t ldc,
                            bool add);
};

/* Largest relative deviation from plain C in double precision, on small seeded matrices. */
double pair_products_deviation(const struct pair_products *products);

#endif
