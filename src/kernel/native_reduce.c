/* Reductions over a row: 4 x 16 partial sums, element i in partial sum i mod 64,
 * folded in a fixed order, so that instruction sets agree. */
#include "kernel/native.h"
#include "kernel/kernel.h"
#include "kernel/vector.h"

#include <float.h>

enum { CHAINS = 4, STRIDE = CHAINS * LANES };

/* A reduction is what it does to one vector of the row and one partial sum; behind
 * the row's end the vectors hold `fill`, which must not change a partial sum. */
#define REDUCE(n, fill, step)                                                                                          \
    v16 part[CHAINS];                                                                                                  \
    size_t i = 0;                                                                                                      \
    for (int c = 0; c < CHAINS; c++)                                                                                   \
        part[c] = v16_set(0.0f);                                                                                       \
    for (; i + STRIDE <= (n); i += STRIDE)                                                                             \
        for (size_t c = 0; c < CHAINS; c++) {                                                                          \
            size_t at = i + c * LANES;                                                                                 \
            LOAD_WHOLE(at);                                                                                            \
            part[c] = (step);                                                                                          \
        }                                                                                                              \
    for (size_t c = 0; i + c * LANES < (n); c++) {                                                                     \
        size_t at = i + c * LANES, left = (n) - at < LANES ? (n) - at : LANES;                                         \
        LOAD_PART(at, left, fill);                                                                                     \
        part[c] = (step);                                                                                              \
    }                                                                                                                  \
    return v16_sum(v16_add(v16_add(part[0], part[2]), v16_add(part[1], part[3])))

float NATIVE(dot)(size_t n, const float *x, const float *y)
{
#define LOAD_WHOLE(at) v16 a = v16_load(x + (at)), b = v16_load(y + (at))
#define LOAD_PART(at, left, fill) v16 a = v16_load_part(x + (at), left, fill), b = v16_load_part(y + (at), left, fill)
    REDUCE(n, 0.0f, v16_fma(a, b, part[c]));
#undef LOAD_WHOLE
#undef LOAD_PART
}

/* The chains of dot and sum_squares side by side. N is a constant at each call. */
static inline __attribute__((always_inline)) float dots_of(size_t n, const float *x, size_t n_y, const float *const *y,
                                                           float *dots)
{
    v16 square[CHAINS], part[KERNEL_DOTS][CHAINS];
    size_t i = 0;

    for (size_t c = 0; c < CHAINS; c++) {
        square[c] = v16_set(0.0f);
        for (size_t k = 0; k < n_y; k++)
            part[k][c] = v16_set(0.0f);
    }
    for (; i < n; i += STRIDE)
        for (size_t c = 0; c < CHAINS && i + c * LANES < n; c++) {
            size_t at = i + c * LANES, left = n - at;
            v16 a = left >= LANES ? v16_load(x + at) : v16_load_part(x + at, left, 0.0f);
            square[c] = v16_fma(a, a, square[c]);
            for (size_t k = 0; k < n_y; k++) {
                v16 b = left >= LANES ? v16_load(y[k] + at) : v16_load_part(y[k] + at, left, 0.0f);
                part[k][c] = v16_fma(a, b, part[k][c]);
            }
        }
    for (size_t k = 0; k < n_y; k++)
        dots[k] = v16_sum(v16_add(v16_add(part[k][0], part[k][2]), v16_add(part[k][1], part[k][3])));
    return v16_sum(v16_add(v16_add(square[0], square[2]), v16_add(square[1], square[3])));
}

float NATIVE(dots)(size_t n, const float *x, size_t n_y, const float *const *y, float *dots)
{
    switch (n_y) {
    case 0:
        return NATIVE(sum_squares)(n, x);
    case 1:
        return dots_of(n, x, 1, y, dots);
    case 2:
        return dots_of(n, x, 2, y, dots);
    case 3:
        return dots_of(n, x, 3, y, dots);
    default:
        return dots_of(n, x, KERNEL_DOTS, y, dots);
    }
}

#define LOAD_WHOLE(at) v16 a = v16_load(x + (at))
#define LOAD_PART(at, left, fill) v16 a = v16_load_part(x + (at), left, fill)

float NATIVE(sum_squares)(size_t n, const float *x)
{
    REDUCE(n, 0.0f, v16_fma(a, a, part[c]));
}

float NATIVE(sum)(size_t n, const float *x)
{
    REDUCE(n, 0.0f, v16_add(part[c], a));
}

static inline v16 add_square(v16 x, v16 y, v16 sum)
{
    v16 d = v16_sub(x, y);
    return v16_fma(d, d, sum);
}

float NATIVE(sum_square_deviations)(size_t n, const float *x, float mean)
{
    v16 shift = v16_set(mean);

    REDUCE(n, mean, add_square(a, shift, part[c]));
}

float NATIVE(max_abs)(size_t n, const float *x)
{
    v16 most = v16_set(0.0f);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        most = v16_max(most, v16_abs(v16_load(x + i)));
    if (i < n)
        most = v16_max(most, v16_abs(v16_load_part(x + i, n - i, 0.0f)));
    return v16_largest(most);
}

float NATIVE(largest)(size_t n, const float *x)
{
    v16 most = v16_set(-INFINITY);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        most = v16_max(most, v16_load(x + i));
    if (i < n)
        most = v16_max(most, v16_load_part(x + i, n - i, -INFINITY));
    return v16_largest(most);
}

size_t NATIVE(count_abs_not_above)(size_t n, const float *x, float bound)
{
    v16 limit = v16_set(bound);
    size_t count = 0, i = 0;

    for (; i + LANES <= n; i += LANES)
        count += (size_t)v16_count_not_above(v16_abs(v16_load(x + i)), limit);
    if (i < n)
        count += (size_t)v16_count_not_above(v16_abs(v16_load_part(x + i, n - i, INFINITY)), limit);
    return count;
}

float NATIVE(least_abs_above)(size_t n, const float *x, float bound)
{
    v16 limit = v16_set(bound), none = v16_set(INFINITY), least = none;
    float lane[LANES];
    size_t i = 0;

    for (; i < n; i += LANES) {
        v16 a = v16_abs(n - i >= LANES ? v16_load(x + i) : v16_load_part(x + i, n - i, INFINITY));
        least = v16_min(least, v16_select_less(limit, a, a, none));
    }
    v16_store(lane, least);
    for (int l = 1; l < LANES; l++)
        lane[0] = lane[l] < lane[0] ? lane[l] : lane[0];
    return lane[0];
}

bool NATIVE(all_finite)(size_t n, const float *x)
{
    return NATIVE(count_abs_not_above)(n, x, FLT_MAX) == n;
}
