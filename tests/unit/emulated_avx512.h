/* AVX-512's intrinsics by what the CPU at hand has (SIMDe), and those that SIMDe 0.7 lacks. */
#ifndef SINKGRID_TESTS_EMULATED_AVX512_H
#define SINKGRID_TESTS_EMULATED_AVX512_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <stdint.h>
#include <string.h>

#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32 emulated_cvtps_epi32
static inline __m512i emulated_cvtps_epi32(__m512 x) /* to the nearest, ties to even */
{
    simde__m512_private from = simde__m512_to_private(x);
    simde__m512i_private to;

    for (int i = 0; i < 2; i++)
        to.m256i[i] = _mm256_cvtps_epi32(from.m256[i]);
    return simde__m512i_from_private(to);
}

#undef _mm512_extractf32x8_ps
#define _mm512_extractf32x8_ps emulated_extractf32x8_ps
static inline __m256 emulated_extractf32x8_ps(__m512 x, int half)
{
    return simde__m512_to_private(x).m256[half];
}

/* Masked-out lanes are not touched. */
#undef _mm512_mask_loadu_ps
#define _mm512_mask_loadu_ps emulated_mask_loadu_ps
static inline __m512 emulated_mask_loadu_ps(__m512 other, __mmask16 mask, const float *p)
{
    simde__m512_private to = simde__m512_to_private(other);

    for (int i = 0; i < 16; i++)
        if (mask >> i & 1)
            to.f32[i] = p[i];
    return simde__m512_from_private(to);
}

#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps emulated_mask_storeu_ps
static inline void emulated_mask_storeu_ps(float *p, __mmask16 mask, __m512 x)
{
    simde__m512_private from = simde__m512_to_private(x);

    for (int i = 0; i < 16; i++)
        if (mask >> i & 1)
            p[i] = from.f32[i];
}

/* One bfloat16 of a pair; products of two are exact in float. */
static inline float emulated_half(float pair, int upper)
{
    uint32_t bits;

    memcpy(&bits, &pair, sizeof bits);
    bits = upper ? bits & 0xffff0000u : bits << 16;
    memcpy(&pair, &bits, sizeof pair);
    return pair;
}

/* As Intel's manual defines it: the upper products are added first, each sum is rounded. That subnormal
 * numbers count as 0 there is left out. */
#undef _mm512_dpbf16_ps
#define _mm512_dpbf16_ps emulated_dpbf16_ps
#define V16_PAIRS(x) (x)
static inline __m512 emulated_dpbf16_ps(__m512 sum, __m512 x, __m512 y)
{
    simde__m512_private to = simde__m512_to_private(sum), a = simde__m512_to_private(x), b = simde__m512_to_private(y);

    for (int i = 0; i < 16; i++) {
        to.f32[i] += emulated_half(a.f32[i], 1) * emulated_half(b.f32[i], 1);
        to.f32[i] += emulated_half(a.f32[i], 0) * emulated_half(b.f32[i], 0);
    }
    return simde__m512_from_private(to);
}

#endif
