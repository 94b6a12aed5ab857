/* Sixteen float lanes on whatever the CPU has: one AVX-512 register, two of AVX2,
 * or sixteen scalars that the compiler vectorizes. Every operation is the same on
 * each lane, and sums over lanes fold in one fixed order, so the instruction sets
 * that have a fused multiply-add give the same bits. Included by native.c only,
 * which is compiled once an instruction set. */
#ifndef SINKGRID_KERNEL_VECTOR_H
#define SINKGRID_KERNEL_VECTOR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

/* VECTOR_EMULATED names a header that has AVX-512's functions for other CPUs: see
 * tests/unit/test_avx512.c. */
#ifdef VECTOR_EMULATED
#include VECTOR_EMULATED
#elif defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(VECTOR_EMULATED) ||                                                                                        \
    (defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__))
#define VECTOR_AVX512
#endif

#ifdef __AVX2__

/* Lanes i and i + 8, then 4, 2, 1 apart: one order on every instruction set. */
static inline float v8_sum(__m256 x)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
static inline float v8_largest(__m256 x)
{
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* to[c * step + r] = from[r * ld + c] for r < 4 (below: 2), c < 4 */
static inline void transpose_4x4(const float *from, size_t ld, float *to, size_t step)
{
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + ld), c = _mm_loadu_ps(from + 2 * ld),
           d = _mm_loadu_ps(from + 3 * ld);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + step, b);
    _mm_storeu_ps(to + 2 * step, c);
    _mm_storeu_ps(to + 3 * step, d);
}
static inline void transpose_2x4(const float *from, size_t ld, float *to, size_t step)
{
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + ld);
    __m128 lo = _mm_unpacklo_ps(a, b), hi = _mm_unpackhi_ps(a, b);
    _mm_storel_pi((__m64 *)to, lo);
    _mm_storeh_pi((__m64 *)(to + step), lo);
    _mm_storel_pi((__m64 *)(to + 2 * step), hi);
    _mm_storeh_pi((__m64 *)(to + 3 * step), hi);
}

#else

static inline void transpose_4x4(const float *from, size_t ld, float *to, size_t step)
{
    for (size_t c = 0; c < 4; c++)
        for (size_t r = 0; r < 4; r++)
            to[c * step + r] = from[r * ld + c];
}
static inline void transpose_2x4(const float *from, size_t ld, float *to, size_t step)
{
    for (size_t c = 0; c < 4; c++)
        for (size_t r = 0; r < 2; r++)
            to[c * step + r] = from[r * ld + c];
}

#endif

#ifdef VECTOR_AVX512

typedef __m512 v16;

static inline v16 v16_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void v16_store(float *p, v16 x)
{
    _mm512_storeu_ps(p, x);
}
static inline v16 v16_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline v16 v16_add(v16 x, v16 y)
{
    return _mm512_add_ps(x, y);
}
static inline v16 v16_sub(v16 x, v16 y)
{
    return _mm512_sub_ps(x, y);
}
static inline v16 v16_mul(v16 x, v16 y)
{
    return _mm512_mul_ps(x, y);
}
static inline v16 v16_div(v16 x, v16 y)
{
    return _mm512_div_ps(x, y);
}
static inline v16 v16_max(v16 x, v16 y)
{
    return _mm512_max_ps(x, y);
}
static inline v16 v16_min(v16 x, v16 y)
{
    return _mm512_min_ps(x, y);
}
#ifdef VECTOR_PAIRS
#ifndef V16_PAIRS
#define V16_PAIRS(x) ((__m512bh)(x))
#endif
static inline v16 v16_fma(v16 x, v16 y, v16 z) /* lanes of x and y are pairs of bfloat16: both products and z */
{
    return _mm512_dpbf16_ps(z, V16_PAIRS(x), V16_PAIRS(y));
}
#else
static inline v16 v16_fma(v16 x, v16 y, v16 z) /* x * y + z, rounded once */
{
    return _mm512_fmadd_ps(x, y, z);
}
#endif
static inline v16 v16_abs(v16 x)
{
    return _mm512_abs_ps(x);
}
static inline v16 v16_round(v16 x) /* to the nearest integer, ties to even */
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline v16 v16_pow2(v16 n) /* 2^n for integral n in [-126, 127] */
{
    __m512i bits = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 23));
}
static inline v16 v16_scale_pow2(v16 x, v16 n) /* x * 2^k, k the integer in the low bits of n's representation */
{
    __m512i shifted = _mm512_slli_epi32(_mm512_castps_si512(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), shifted));
}
static inline v16 v16_select_less(v16 x, v16 bound, v16 yes, v16 no) /* x < bound ? yes : no */
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, bound, _CMP_LT_OQ), no, yes);
}
static inline v16 v16_zero_below(v16 x, v16 bound, v16 y) /* x < bound ? 0 : y */
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, bound, _CMP_GE_OQ), y);
}
static inline int v16_count_not_above(v16 x, v16 bound) /* lanes with x <= bound */
{
    return __builtin_popcount((unsigned)_mm512_cmp_ps_mask(x, bound, _CMP_LE_OQ));
}
static inline float v16_sum(v16 x)
{
    return v8_sum(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)));
}
static inline float v16_largest(v16 x)
{
    return v8_largest(_mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)));
}
static inline v16 v16_load_part(const float *p, size_t n, float fill)
{
    return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), (__mmask16)((1u << n) - 1), p);
}
static inline void v16_store_part(float *p, size_t n, v16 x)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), x);
}

#elif defined(__AVX2__) && defined(__FMA__)

typedef struct {
    __m256 lo, hi;
} v16;

static inline v16 v16_load(const float *p)
{
    return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
static inline void v16_store(float *p, v16 x)
{
    _mm256_storeu_ps(p, x.lo);
    _mm256_storeu_ps(p + 8, x.hi);
}
static inline v16 v16_set(float x)
{
    __m256 y = _mm256_set1_ps(x);
    return (v16){y, y};
}
static inline v16 v16_add(v16 x, v16 y)
{
    return (v16){_mm256_add_ps(x.lo, y.lo), _mm256_add_ps(x.hi, y.hi)};
}
static inline v16 v16_sub(v16 x, v16 y)
{
    return (v16){_mm256_sub_ps(x.lo, y.lo), _mm256_sub_ps(x.hi, y.hi)};
}
static inline v16 v16_mul(v16 x, v16 y)
{
    return (v16){_mm256_mul_ps(x.lo, y.lo), _mm256_mul_ps(x.hi, y.hi)};
}
static inline v16 v16_div(v16 x, v16 y)
{
    return (v16){_mm256_div_ps(x.lo, y.lo), _mm256_div_ps(x.hi, y.hi)};
}
static inline v16 v16_max(v16 x, v16 y)
{
    return (v16){_mm256_max_ps(x.lo, y.lo), _mm256_max_ps(x.hi, y.hi)};
}
static inline v16 v16_min(v16 x, v16 y)
{
    return (v16){_mm256_min_ps(x.lo, y.lo), _mm256_min_ps(x.hi, y.hi)};
}
static inline v16 v16_fma(v16 x, v16 y, v16 z)
{
    return (v16){_mm256_fmadd_ps(x.lo, y.lo, z.lo), _mm256_fmadd_ps(x.hi, y.hi, z.hi)};
}
static inline v16 v16_abs(v16 x)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (v16){_mm256_andnot_ps(sign, x.lo), _mm256_andnot_ps(sign, x.hi)};
}
static inline v16 v16_round(v16 x)
{
    enum { NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    return (v16){_mm256_round_ps(x.lo, NEAREST), _mm256_round_ps(x.hi, NEAREST)};
}
static inline __m256 v8_pow2(__m256 n)
{
    __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 23));
}
static inline v16 v16_pow2(v16 n)
{
    return (v16){v8_pow2(n.lo), v8_pow2(n.hi)};
}
static inline __m256 v8_scale_pow2(__m256 x, __m256 n)
{
    __m256i shifted = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), shifted));
}
static inline v16 v16_scale_pow2(v16 x, v16 n)
{
    return (v16){v8_scale_pow2(x.lo, n.lo), v8_scale_pow2(x.hi, n.hi)};
}
static inline v16 v16_select_less(v16 x, v16 bound, v16 yes, v16 no)
{
    return (v16){_mm256_blendv_ps(no.lo, yes.lo, _mm256_cmp_ps(x.lo, bound.lo, _CMP_LT_OQ)),
                 _mm256_blendv_ps(no.hi, yes.hi, _mm256_cmp_ps(x.hi, bound.hi, _CMP_LT_OQ))};
}
static inline v16 v16_zero_below(v16 x, v16 bound, v16 y)
{
    return (v16){_mm256_and_ps(_mm256_cmp_ps(x.lo, bound.lo, _CMP_GE_OQ), y.lo),
                 _mm256_and_ps(_mm256_cmp_ps(x.hi, bound.hi, _CMP_GE_OQ), y.hi)};
}
static inline int v16_count_not_above(v16 x, v16 bound)
{
    unsigned lo = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(x.lo, bound.lo, _CMP_LE_OQ));
    unsigned hi = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(x.hi, bound.hi, _CMP_LE_OQ));
    return __builtin_popcount(lo | hi << 8);
}
static inline float v16_sum(v16 x)
{
    return v8_sum(_mm256_add_ps(x.lo, x.hi));
}
static inline float v16_largest(v16 x)
{
    return v8_largest(_mm256_max_ps(x.lo, x.hi));
}
static inline __m256i v8_first(ptrdiff_t n) /* all ones in the first n lanes, n in [-8, 16] */
{
    static const int32_t mask[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(mask + 16 - n));
}
static inline __m256 v8_load_part(const float *p, ptrdiff_t n, float fill)
{
    __m256i first = v8_first(n);
    return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, first), _mm256_castsi256_ps(first));
}
static inline v16 v16_load_part(const float *p, size_t n, float fill)
{
    return (v16){v8_load_part(p, (ptrdiff_t)n, fill), v8_load_part(p + 8, (ptrdiff_t)n - 8, fill)};
}
static inline void v16_store_part(float *p, size_t n, v16 x)
{
    _mm256_maskstore_ps(p, v8_first((ptrdiff_t)n), x.lo);
    _mm256_maskstore_ps(p + 8, v8_first((ptrdiff_t)n - 8), x.hi);
}

#else /* plain C: NEON, SVE and SSE by the compiler's vectorizer */

typedef struct {
    float lane[LANES];
} v16;

#define V16_EACH(expression)                                                                                           \
    v16 r;                                                                                                             \
    for (int i = 0; i < LANES; i++)                                                                                    \
        r.lane[i] = (expression);                                                                                      \
    return r

static inline v16 v16_load(const float *p)
{
    V16_EACH(p[i]);
}
static inline void v16_store(float *p, v16 x)
{
    memcpy(p, x.lane, sizeof x.lane);
}
static inline v16 v16_set(float x)
{
    V16_EACH(x);
}
static inline v16 v16_add(v16 x, v16 y)
{
    V16_EACH(x.lane[i] + y.lane[i]);
}
static inline v16 v16_sub(v16 x, v16 y)
{
    V16_EACH(x.lane[i] - y.lane[i]);
}
static inline v16 v16_mul(v16 x, v16 y)
{
    V16_EACH(x.lane[i] * y.lane[i]);
}
static inline v16 v16_div(v16 x, v16 y)
{
    V16_EACH(x.lane[i] / y.lane[i]);
}
static inline v16 v16_max(v16 x, v16 y)
{
    V16_EACH(x.lane[i] > y.lane[i] ? x.lane[i] : y.lane[i]);
}
static inline v16 v16_min(v16 x, v16 y)
{
    V16_EACH(x.lane[i] < y.lane[i] ? x.lane[i] : y.lane[i]);
}
#ifdef __FP_FAST_FMAF
static inline v16 v16_fma(v16 x, v16 y, v16 z)
{
    V16_EACH(__builtin_fmaf(x.lane[i], y.lane[i], z.lane[i]));
}
#else /* no fused multiply-add in hardware: rounded twice, other bits (kernel "generic") */
static inline v16 v16_fma(v16 x, v16 y, v16 z)
{
    V16_EACH(x.lane[i] * y.lane[i] + z.lane[i]);
}
#endif
static inline v16 v16_abs(v16 x)
{
    V16_EACH(fabsf(x.lane[i]));
}
static inline v16 v16_round(v16 x)
{
    V16_EACH(rintf(x.lane[i]));
}
static inline v16 v16_pow2(v16 n)
{
    v16 r;
    for (int i = 0; i < LANES; i++) {
        uint32_t bits = (uint32_t)((int32_t)n.lane[i] + 127) << 23;
        memcpy(&r.lane[i], &bits, sizeof bits);
    }
    return r;
}
static inline v16 v16_scale_pow2(v16 x, v16 n)
{
    v16 r;
    for (int i = 0; i < LANES; i++) {
        uint32_t bits, k;
        memcpy(&bits, &x.lane[i], sizeof bits);
        memcpy(&k, &n.lane[i], sizeof k);
        bits += k << 23;
        memcpy(&r.lane[i], &bits, sizeof bits);
    }
    return r;
}
static inline v16 v16_select_less(v16 x, v16 bound, v16 yes, v16 no)
{
    V16_EACH(x.lane[i] < bound.lane[i] ? yes.lane[i] : no.lane[i]);
}
static inline v16 v16_zero_below(v16 x, v16 bound, v16 y)
{
    V16_EACH(x.lane[i] >= bound.lane[i] ? y.lane[i] : 0.0f);
}
static inline int v16_count_not_above(v16 x, v16 bound)
{
    int n = 0;
    for (int i = 0; i < LANES; i++)
        n += x.lane[i] <= bound.lane[i];
    return n;
}
/* Lanes i and i + 8, then 4, 2, 1 apart. */
static inline float v16_sum(v16 x)
{
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            x.lane[i] += x.lane[i + step];
    return x.lane[0];
}
static inline float v16_largest(v16 x)
{
    for (int i = 1; i < LANES; i++)
        x.lane[0] = x.lane[0] > x.lane[i] ? x.lane[0] : x.lane[i];
    return x.lane[0];
}
/* n < 16 values from p, `fill` in the lanes behind them. */
static inline v16 v16_load_part(const float *p, size_t n, float fill)
{
    V16_EACH(i < (int)n ? p[i] : fill);
}
static inline void v16_store_part(float *p, size_t n, v16 x)
{
    memcpy(p, x.lane, n * sizeof *p);
}

#endif

#endif
