/* Element-wise rows, and the exponential that softmax, SiLU and tanh rest on. */
#include "kernel/native.h"
#include "kernel/vector.h"

/* exp(x) for x <= 88: x = n ln 2 + r, |r| <= ln 2 / 2, ln 2 in two parts (Cody and
 * Waite 1980); exp(r) by its Taylor polynomial of degree 7, whose remainder there
 * is below 2^-27 of the value. Error against double: below 2 ulp over the domain
 * (tests/unit/test_kernel.c). Below -87 the result is 0: a weight of 1e-38 that no
 * float32 sum with its row's maximum (1) can see. */
static inline v16 v16_exp(v16 x)
{
    const v16 floor = v16_set(-87.0f);
    v16 y = v16_max(x, floor);
    v16 n = v16_round(v16_mul(y, v16_set(1.44269504f)));
    v16 r = v16_fma(n, v16_set(-0.693145752f), y);
    r = v16_fma(n, v16_set(-1.42860677e-6f), r);
    v16 p = v16_set(1.0f / 5040);
    p = v16_fma(p, r, v16_set(1.0f / 720));
    p = v16_fma(p, r, v16_set(1.0f / 120));
    p = v16_fma(p, r, v16_set(1.0f / 24));
    p = v16_fma(p, r, v16_set(1.0f / 6));
    p = v16_fma(p, r, v16_set(0.5f));
    p = v16_fma(p, r, v16_set(1.0f));
    p = v16_fma(p, r, v16_set(1.0f));
    return v16_zero_below(x, floor, v16_mul(p, v16_pow2(n)));
}

/* 2^x for -126 <= x <= 0: x = n + r, |r| <= 1/2. Adding 1.5 * 2^23 rounds x to the
 * integer n, which then stands in the low bits; 2^r by the polynomial of degree 6 of
 * least relative error with p(0) = 1 (2e-9, by Lawson's iteration). */
static inline v16 v16_exp2(v16 x)
{
    const v16 magic = v16_set(12582912.0f);
    v16 y = v16_max(x, v16_set(-126.0f));
    v16 n = v16_add(y, magic);
    v16 r = v16_sub(y, v16_sub(n, magic));
    v16 p = v16_set(1.53533620e-4f);
    p = v16_fma(p, r, v16_set(1.33988750e-3f));
    p = v16_fma(p, r, v16_set(9.61843692e-3f));
    p = v16_fma(p, r, v16_set(5.55033237e-2f));
    p = v16_fma(p, r, v16_set(2.40226477e-1f));
    p = v16_fma(p, r, v16_set(6.93147182e-1f));
    p = v16_fma(p, r, v16_set(1.0f));
    return v16_scale_pow2(p, n);
}

/* tanh(x) = 1 - 2 / (exp(2 x) + 1); for |x| < 0.25, where that cancels, the odd
 * Taylor polynomial of degree 9 (remainder below 1e-8 of the value). */
static inline v16 v16_tanh(v16 x)
{
    v16 one = v16_set(1.0f), two = v16_set(2.0f);
    v16 y = v16_min(v16_max(x, v16_set(-20.0f)), v16_set(20.0f));
    v16 far = v16_sub(one, v16_div(two, v16_add(v16_exp(v16_mul(two, y)), one)));
    v16 s = v16_mul(y, y);
    v16 p = v16_set(62.0f / 2835);
    p = v16_fma(p, s, v16_set(-17.0f / 315));
    p = v16_fma(p, s, v16_set(2.0f / 15));
    p = v16_fma(p, s, v16_set(-1.0f / 3));
    v16 near = v16_fma(v16_mul(p, s), y, y);
    return v16_select_less(v16_abs(y), v16_set(0.25f), near, far);
}

static inline v16 v16_silu(v16 x)
{
    v16 one = v16_set(1.0f);
    v16 e = v16_exp(v16_min(v16_sub(v16_set(0.0f), x), v16_set(88.0f)));
    return v16_div(x, v16_add(one, e));
}

/* 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016) */
static inline v16 v16_gelu(v16 x)
{
    v16 cube = v16_mul(v16_mul(x, x), x);
    v16 inner = v16_mul(v16_set(0.79788456f), v16_fma(v16_set(0.044715f), cube, x));
    return v16_mul(v16_mul(v16_set(0.5f), x), v16_add(v16_set(1.0f), v16_tanh(inner)));
}

/* out[i] = value, with x the vector of `in`, whole vectors and the rest alike. */
#define MAP(n, in, out, value)                                                                                         \
    size_t i = 0;                                                                                                      \
    for (; i + LANES <= (n); i += LANES) {                                                                             \
        v16 x_ = v16_load((in) + i);                                                                                   \
        v16_store((out) + i, (value));                                                                                 \
    }                                                                                                                  \
    if (i < (n)) {                                                                                                     \
        v16 x_ = v16_load_part((in) + i, (n) - i, 0.0f);                                                               \
        v16_store_part((out) + i, (n) - i, (value));                                                                   \
    }

/* A second operand at the current place. */
#define AT(p, n) (i + LANES <= (n) ? v16_load((p) + i) : v16_load_part((p) + i, (n) - i, 0.0f))

void NATIVE(scale_rms)(size_t n, const float *x, float scale, const float *weight, float offset, bool once, float *y)
{
    v16 s = v16_set(scale), o = v16_set(offset);

    (void)once;
    MAP(n, x, y, v16_mul(v16_mul(x_, s), v16_add(AT(weight, n), o)));
}

void NATIVE(scale_layer)(size_t n, const float *x, float mean, float scale, const float *weight, const float *bias,
                         float *y)
{
    v16 m = v16_set(mean), s = v16_set(scale);

    if (bias) {
        MAP(n, x, y, v16_fma(v16_mul(v16_sub(x_, m), s), AT(weight, n), AT(bias, n)));
    } else {
        MAP(n, x, y, v16_mul(v16_mul(v16_sub(x_, m), s), AT(weight, n)));
    }
}

void NATIVE(add)(size_t n, const float *x, float *y)
{
    MAP(n, x, y, v16_add(AT(y, n), x_));
}

void NATIVE(add_scaled)(size_t n, float scale, const float *x, float *y)
{
    v16 s = v16_set(scale);

    MAP(n, x, y, v16_fma(s, x_, AT(y, n)));
}

void NATIVE(scale)(size_t n, float scale, const float *x, float *y)
{
    v16 s = v16_set(scale);

    MAP(n, x, y, v16_mul(s, x_));
}

void NATIVE(multiply_rows)(size_t n, const float *x, const float *y, float *z)
{
    MAP(n, x, z, v16_mul(x_, AT(y, n)));
}

void NATIVE(silu)(size_t n, const float *x, float *y)
{
    MAP(n, x, y, v16_silu(x_));
}

void NATIVE(gelu_tanh)(size_t n, const float *x, float *y)
{
    MAP(n, x, y, v16_gelu(x_));
}

void NATIVE(tanh_cap)(size_t n, float cap, float *x)
{
    v16 c = v16_set(cap), inverse = v16_set(1.0f / cap);

    MAP(n, x, x, v16_mul(c, v16_tanh(v16_mul(x_, inverse))));
}

float NATIVE(exp2_shifted)(size_t n, float shift, float *x)
{
    v16 s = v16_set(shift), sum = v16_set(0.0f);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        v16 e = v16_exp2(v16_sub(v16_load(x + i), s));
        v16_store(x + i, e);
        sum = v16_add(sum, e);
    }
    if (i < n) {
        v16_store_part(x + i, n - i, v16_exp2(v16_sub(v16_load_part(x + i, n - i, 0.0f), s)));
        sum = v16_add(sum, v16_load_part(x + i, n - i, 0.0f)); /* the lanes behind do not count */
    }
    return v16_sum(sum);
}

void NATIVE(add_columns)(size_t m, size_t n, const float *p, size_t ldp, const float *weight, float *sums)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        v16 sum = v16_load(sums + i);
        for (size_t r = 0; r < m; r++)
            sum = v16_fma(v16_load(p + r * ldp + i), v16_set(weight[r]), sum);
        v16_store(sums + i, sum);
    }
    if (i < n) {
        v16 sum = v16_load_part(sums + i, n - i, 0.0f);
        for (size_t r = 0; r < m; r++)
            sum = v16_fma(v16_load_part(p + r * ldp + i, n - i, 0.0f), v16_set(weight[r]), sum);
        v16_store_part(sums + i, n - i, sum);
    }
}
