#include "probe/distribution.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/float_bits.h"

/* Three passes over 2048 digits, or four over 256, whose counts cost less than a few
 * values. */
enum { MAX_DIGITS = 2048, FEW_VALUES = 1024 };

/* Unsigned order of the keys is the order of the floats: negative ones inverted,
 * the others above them. */
static uint32_t key_of(float value)
{
    uint32_t bits = bits_of_float(value);

    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static void sort_by_digit(size_t n, const float *from, float *to, int shift, size_t n_digits)
{
    size_t start[MAX_DIGITS];
    size_t sum = 0;

    memset(start, 0, n_digits * sizeof *start);
    for (size_t i = 0; i < n; i++)
        start[key_of(from[i]) >> shift & (n_digits - 1)]++;
    for (size_t d = 0; d < n_digits; d++) {
        size_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[key_of(from[i]) >> shift & (n_digits - 1)]++] = from[i];
}

/* An even number of passes ends where it began. */
void sort_floats(size_t n, float *values, float *space)
{
    int bits = n < FEW_VALUES ? 8 : 11, passes = (32 + bits - 1) / bits;

    for (int pass = 0; pass < passes; pass++)
        sort_by_digit(n, pass % 2 ? space : values, pass % 2 ? values : space, pass * bits, (size_t)1 << bits);
    if (passes % 2)
        memcpy(values, space, n * sizeof *values);
}

double sorted_quantile(size_t n, const float *sorted, double q)
{
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < n ? below + 1 : below;

    return sorted[below] + (at - (double)below) * ((double)sorted[above] - sorted[below]);
}

void summarize_column(size_t n, float *values, float *space, struct column_summary *s)
{
    double sum = 0, squares = 0;

    *s = (struct column_summary){.count = (int32_t)n, .mean = NAN, .sd = NAN, .q01 = NAN, .q25 = NAN, .q50 = NAN,
                                 .q75 = NAN, .q99 = NAN};
    if (n == 0)
        return;
    sort_floats(n, values, space);
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    s->mean = (float)mean;
    if (n > 1)
        s->sd = (float)sqrt(squares / (double)(n - 1));
    s->q01 = (float)sorted_quantile(n, values, 0.01);
    s->q25 = (float)sorted_quantile(n, values, 0.25);
    s->q50 = (float)sorted_quantile(n, values, 0.50);
    s->q75 = (float)sorted_quantile(n, values, 0.75);
    s->q99 = (float)sorted_quantile(n, values, 0.99);
}

enum { FEW = 4 }; /* values that are stepped through rather than bisected further */

/* The rank-th smallest of |x|, from 0. Bits of non-negative floats are in their
 * order: bisection over them by counting, then a step a value. A NaN counts as
 * larger than everything. */
static float abs_of_rank(const struct kernel *kernel, size_t n, const float *x, size_t rank, float most)
{
    uint32_t lo = 0, hi = bits_of_float(most);
    size_t not_above_lo = kernel->count_abs_not_above(n, x, 0.0f), not_above_hi = n;

    if (not_above_lo > rank)
        return 0.0f;
    while (not_above_hi - not_above_lo > FEW && hi - lo > 1) {
        uint32_t middle = lo + (hi - lo) / 2;
        size_t count = kernel->count_abs_not_above(n, x, float_of_bits(middle));
        if (count > rank) {
            hi = middle;
            not_above_hi = count;
        } else {
            lo = middle;
            not_above_lo = count;
        }
    }
    float value = float_of_bits(lo);
    do
        value = kernel->least_abs_above(n, x, value);
    while (value < INFINITY && kernel->count_abs_not_above(n, x, value) <= rank);
    return value;
}

float median_abs(const struct kernel *kernel, size_t n, const float *x)
{
    float lower = abs_of_rank(kernel, n, x, (n - 1) / 2, kernel->max_abs(n, x));

    if (n % 2 || kernel->count_abs_not_above(n, x, lower) > n / 2)
        return lower;
    return 0.5f * (lower + kernel->least_abs_above(n, x, lower));
}
