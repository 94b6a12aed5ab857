/* Holds a kernel against plain C in double precision: the check before a kernel is
 * used, for a few microseconds' work. */
#include "kernel/kernel.h"
#include "kernel/pairs.h"

#include <math.h>
#include <string.h>

#include "base/bf16.h"
#include "base/random.h"

enum { ROWS = 29, COLUMNS = 45, DEPTH = 77, PADDED = 48 }; /* no multiples of tiles, panels or lanes */

struct operands {
    float a[ROWS * DEPTH], b[PADDED * DEPTH], c[ROWS * PADDED];
    float slab[64 * KERNEL_DEPTH] __attribute__((aligned(64)));
};

static void fill(float *x, size_t n, uint64_t stream)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * random_uniform(1, stream, i) - 1);
}

static double worse(double worst, double value, double expected, double scale)
{
    double deviation = fabs(value - expected) / scale;
    return deviation <= worst ? worst : deviation; /* a NaN is worse than anything */
}

/* Of o->c from twice the product of a and b, relative to the sum of absolute products,
 * which rounding is proportional to. */
static double product_deviation(const struct operands *o)
{
    double worst = 0;

    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            double sum = 0, scale = 0;
            for (size_t k = 0; k < DEPTH; k++) {
                double term = (double)o->a[i * DEPTH + k] * o->b[j * DEPTH + k];
                sum += 2 * term;
                scale += fabs(term);
            }
            worst = worse(worst, o->c[i * PADDED + j], sum, scale);
        }
    return worst;
}

/* o->a as (ROWS, DEPTH) weights over DEPTH keys with values of COLUMNS dimensions. */
static double value_deviation(const struct kernel *kernel, struct operands *o)
{
    float weights[ROWS * KERNEL_DEPTH] = {0};
    double worst = 0;

    memset(o->slab, 0, sizeof o->slab);
    for (size_t k = 0; k < DEPTH; k++)
        kernel->put_value(COLUMNS, k, o->b + k * PADDED % (DEPTH * 2), o->slab);
    for (size_t i = 0; i < ROWS; i++)
        memcpy(weights + i * KERNEL_DEPTH, o->a + i * DEPTH, DEPTH * sizeof *weights);
    kernel->multiply_values(5, ROWS, COLUMNS, KERNEL_DEPTH, weights, KERNEL_DEPTH, o->slab, NULL, o->c, PADDED, false);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            double sum = 0, scale = 0;
            for (size_t k = 0; k < DEPTH; k++) {
                double term = (double)o->a[i * DEPTH + k] * o->b[k * PADDED % (DEPTH * 2) + j];
                sum += term;
                scale += fabs(term);
            }
            worst = worse(worst, o->c[i * PADDED + j], sum, scale);
        }
    return worst;
}

static double row_deviation(const struct kernel *kernel, const float *x)
{
    float y[DEPTH];
    double squares = 0, sum = 0, worst = 0;

    for (size_t i = 0; i < DEPTH; i++)
        squares += (double)x[i] * x[i];
    worst = worse(worst, kernel->sum_squares(DEPTH, x), squares, squares);
    memcpy(y, x, sizeof y);
    float total = kernel->exp2_shifted(DEPTH, 1.0f, y);
    for (size_t i = 0; i < DEPTH; i++) {
        double e = exp2((double)x[i] - 1);
        worst = worse(worst, y[i], e, e);
        sum += e;
    }
    return worse(worst, total, sum, sum);
}

double kernel_deviation(const struct kernel *kernel)
{
    static struct operands o;

    fill(o.a, ROWS * DEPTH, 1);
    fill(o.b, PADDED * DEPTH, 2);
    kernel->pack(COLUMNS, DEPTH, o.b, DEPTH, o.slab);
    kernel->multiply(5, ROWS, COLUMNS, DEPTH, o.a, DEPTH, o.slab, o.c, PADDED, false);
    kernel->multiply(5, ROWS, COLUMNS, DEPTH, o.a, DEPTH, o.slab, o.c, PADDED, true);
    double products = product_deviation(&o); /* before values overwrite c */
    return fmax(products, fmax(value_deviation(kernel, &o), row_deviation(kernel, o.a)));
}

static void fill_rounded(float *x, size_t n, uint64_t stream)
{
    fill(x, n, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(x[i]);
}

double pair_products_deviation(const struct pair_products *products)
{
    static struct operands o;
    static float packed[2 * ROWS * DEPTH];

    fill_rounded(o.a, ROWS * DEPTH, 1);
    fill_rounded(o.b, PADDED * DEPTH, 2);
    products->pack(COLUMNS, DEPTH, o.b, DEPTH, o.slab);
    products->multiply(5, ROWS, COLUMNS, DEPTH, o.a, DEPTH, o.slab, o.c, PADDED, false);
    products->pack_rows(ROWS, DEPTH, o.a, DEPTH, packed);
    products->multiply_packed(ROWS, COLUMNS, DEPTH, packed, o.slab, o.c, PADDED, true);
    return product_deviation(&o);
}
