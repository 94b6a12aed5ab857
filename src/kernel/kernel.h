/* Compute kernels: matrix products and row operations, one table an instruction
 * set, chosen from the CPU at run time.
 *
 * Bits. An element of a product is a chain of fused multiply-adds over blocks of
 * KERNEL_DEPTH inner indices, the blocks added in order. A native kernel computes
 * that chain for every element alone, so a row's bits depend neither on the number
 * of rows, nor on its place among them, nor on threads; and all instruction sets
 * with a fused multiply-add agree. OpenBLAS does depend on shapes and places, so
 * its kernel calls sgemm on fixed row panels of the sample, zero-padded.
 * A change of any of this is a new KERNEL_NUMERICS_VERSION. */
#ifndef SINKGRID_KERNEL_KERNEL_H
#define SINKGRID_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    KERNEL_NUMERICS_VERSION = 2,
    KERNEL_DEPTH = 256,  /* inner indices a block: the chain's length, and keys of a value slab */
    KERNEL_DOTS = 4,     /* rows that a row is multiplied with in one pass */
    KERNEL_ALIGN = 16,   /* widths of all matrices are padded to this many floats */
};

/* The right-hand side of a product, in a kernel's own order: a "slab" holds
 * n columns (output features, or keys) by k <= KERNEL_DEPTH inner indices. Slabs
 * are kernel_slab_floats(n, k) floats, 64-byte aligned. */
struct kernel {
    const char *name;   /* "native-avx2", "openblas" */
    size_t slab_columns; /* columns of a weight's slab: work item of one thread */
    bool fixed_shapes;  /* products want k = KERNEL_DEPTH for values and row panels by position */

    /* NULL in a float32 kernel; else the results that the reference holds in a narrower
     * type are rounded to it: see kernel/rounded.h. */
    void (*round)(size_t n, float *x);

    /* Column j of the slab is src + j * ld, k contiguous floats. */
    void (*pack)(size_t n, size_t k, const float *src, size_t ld, float *slab);

    /* c (m, n) = or += a (m, k) x slab; n is rounded up to KERNEL_ALIGN, so rows of
     * c have room for that. `row` is the position of a's first row in its sample. */
    void (*multiply)(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab,
                     float *c, size_t ldc, bool add);

    /* The left-hand side in the kernel's own order, for several products with it:
     * a (m, k) -> packed, kernel_packed_floats(m, k); and the product from there. NULL
     * where a plain a serves as well. */
    void (*pack_rows)(size_t m, size_t k, const float *a, size_t lda, float *packed);
    void (*multiply_packed)(size_t m, size_t n, size_t k, const float *packed, const float *slab, float *c, size_t ldc,
                            bool add);

    bool pairs; /* the four above hold and take pairs of bfloat16: kernel/pairs.h */

    /* Key slabs: n = KERNEL_DEPTH keys, k = n_dims. Value slabs: n = n_dims, k =
     * KERNEL_DEPTH keys. `index` in [0, KERNEL_DEPTH). */
    void (*put_key)(size_t n_dims, size_t index, const float *key, float *slab);
    void (*put_value)(size_t n_dims, size_t index, const float *value, float *slab);

    /* Products with them, as `multiply`'s. `next`: a slab of the same shape that comes
     * from memory and will be wanted soon, to be read ahead, or NULL. */
    void (*multiply_keys)(size_t row, size_t m, size_t n_keys, size_t n_dims, const float *a, size_t lda,
                          const float *slab, const float *next, float *c, size_t ldc);
    void (*multiply_values)(size_t row, size_t m, size_t n_dims, size_t k, const float *a, size_t lda,
                            const float *slab, const float *next, float *c, size_t ldc, bool add);

    /* ---- rows of n floats; n need not be a multiple of anything ---- */

    float (*sum_squares)(size_t n, const float *x);
    float (*dot)(size_t n, const float *x, const float *y);
    /* dots[i] = x . y[i] for up to KERNEL_DOTS rows y, the same bits as dot; returns sum_squares(x). */
    float (*dots)(size_t n, const float *x, size_t n_y, const float *const *y, float *dots);
    float (*sum)(size_t n, const float *x);
    float (*max_abs)(size_t n, const float *x);
    size_t (*count_abs_not_above)(size_t n, const float *x, float bound); /* |x[i]| <= bound */
    float (*least_abs_above)(size_t n, const float *x, float bound); /* of |x[i]| > bound; inf: none */
    bool (*all_finite)(size_t n, const float *x);

    /* y = x * scale * (weight + offset); a rounding kernel rounds x * scale, too, unless `once` */
    void (*scale_rms)(size_t n, const float *x, float scale, const float *weight, float offset, bool once, float *y);
    /* y = (x - mean) * scale * weight + bias; bias may be NULL */
    void (*scale_layer)(size_t n, const float *x, float mean, float scale, const float *weight, const float *bias,
                        float *y);
    float (*sum_square_deviations)(size_t n, const float *x, float mean);
    void (*add)(size_t n, const float *x, float *y);              /* y += x */
    void (*add_scaled)(size_t n, float scale, const float *x, float *y); /* y += scale * x */
    /* y = scale * x; y may be x. Not rounded by a rounding kernel, as add_scaled is: its callers round after it. */
    void (*scale)(size_t n, float scale, const float *x, float *y);
    void (*multiply_rows)(size_t n, const float *x, const float *y, float *z); /* z = x * y */
    void (*silu)(size_t n, const float *x, float *y);
    void (*gelu_tanh)(size_t n, const float *x, float *y);
    void (*tanh_cap)(size_t n, float cap, float *x);              /* x = cap * tanh(x / cap) */

    /* ---- attention weights ---- */

    float (*largest)(size_t n, const float *x); /* -inf for n = 0 */
    /* x[i] = 2^(x[i] - shift), x[i] <= shift; returns their sum. Error below 2 ulp; what
     * is below 2^-126, -inf included, becomes 2^-126. */
    float (*exp2_shifted)(size_t n, float shift, float *x);
    /* sums[j] += sum over rows r of weight[r] * p[r * ldp + j], r ascending, one chain an element */
    void (*add_columns)(size_t m, size_t n, const float *p, size_t ldp, const float *weight, float *sums);
};

size_t kernel_slab_floats(size_t n, size_t k);
size_t kernel_packed_floats(size_t m, size_t k);

/* Floats of one packed row or slab column of k inner indices. */
static inline size_t kernel_inner_floats(const struct kernel *kernel, size_t k)
{
    return kernel->pairs ? (k + 1) / 2 : k;
}

/* n rounded up to KERNEL_ALIGN. */
static inline size_t kernel_pad(size_t n)
{
    return (n + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

/* The kernel in use: what SINKGRID_KERNEL names, else the best that the CPU has,
 * verified once against plain C (a failed check falls back, with a warning).
 * Fails if SINKGRID_KERNEL is unknown or the CPU lacks it. */
const struct kernel *kernel_select(struct error *err);

/* All that were compiled in, best first; NULL-terminated; and whether this CPU runs one. */
const struct kernel *const *kernel_table(void);
bool kernel_supported(const struct kernel *kernel);

/* Largest relative deviation of a kernel's products and row operations from plain
 * C in double precision, on small seeded matrices. */
double kernel_deviation(const struct kernel *kernel);

/* Larger deviations than rounding explains mean wrong results on this CPU. */
#define KERNEL_DEVIATION_BOUND 1e-5

/* For provenance: "native-avx2" or "openblas 0.3.21 Zen". Static storage. */
const char *kernel_description(const struct kernel *kernel);

#endif
