/* Widening functions, one a data type (struct dtype, `widen`). Private to the room.
 *
 * Blocks are spelled as the reference does: each operation is rounded to float32 in
 * the same order, so that the bits are equal. Loops have constant lengths and
 * `restrict` pointers, so that the compiler makes vectors of them; WIDEN_CLONES
 * compiles a function once more for AVX2, chosen when the program is loaded: where
 * that is faster, which loops over 16 elements with 4-bit numbers are not. The
 * build forbids contraction (-ffp-contract=off), so that clones agree in bits. */
#ifndef SINKGRID_WEIGHTS_WIDEN_H
#define SINKGRID_WEIGHTS_WIDEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/float_bits.h"

/* Sanitizers and their run-time come too late for the clones' resolvers. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define WIDEN_CLONES __attribute__((target_clones("default", "avx2")))
#else
#define WIDEN_CLONES
#endif

/* Inlined into every clone, lest the clones call the one that suits all machines. */
#define WIDEN_INLINE static inline __attribute__((always_inline))

/* `yes` where `condition`, else `no`, without a branch. */
WIDEN_INLINE uint32_t select_bits(int condition, uint32_t yes, uint32_t no)
{
    uint32_t mask = -(uint32_t)condition;

    return (yes & mask) | (no & ~mask);
}

/* IEEE binary16 (bits) to float, exact, with subnormals: those have the value
 * m * 2^-24; other exponents are rebiased by 127 - 15, and by twice that where they
 * are all ones (infinity, NaN). */
WIDEN_INLINE float half_to_float(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, magnitude = half & 0x7fff;
    uint32_t small = bits_of_float((float)(int32_t)magnitude * 0x1p-24f);
    uint32_t rebias = select_bits(magnitude >= 0x7c00, 224u << 23, 112u << 23);

    return float_of_bits(sign | select_bits(magnitude < 0x400, small, (magnitude << 13) + rebias));
}

WIDEN_INLINE uint16_t load_u16(const uint8_t *p)
{
    uint16_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

/* One binary16, mostly a normal number: a branch that is nearly always the same beats what serves vectors. */
WIDEN_INLINE float load_half(const uint8_t *p)
{
    uint32_t half = load_u16(p), exponent = half >> 10 & 31;

    if (exponent == 0 || exponent == 31)
        return half_to_float(half);
    return float_of_bits((half & 0x8000) << 16 | (((half & 0x7fff) << 13) + (112u << 23)));
}

typedef void widen_function(const void *src, float *dst, size_t n);

/* widen_plain.c: one element a block */
widen_function widen_f32, widen_f16, widen_bf16, widen_f64, widen_f8_e4m3, widen_f8_e5m2, widen_f8_e8m0, widen_i8,
    widen_u8, widen_i16, widen_u16, widen_i32, widen_u32, widen_i64, widen_u64;
/* widen_q.c: 32 elements a block, one scale each */
widen_function widen_q4_0, widen_q4_1, widen_q5_0, widen_q5_1, widen_q8_0;
/* widen_k.c: 256 elements a block, scales of scales */
widen_function widen_q2_k, widen_q3_k, widen_q4_k, widen_q5_k, widen_q6_k;
/* widen_table.c: 4-bit indices into a table of values */
widen_function widen_iq4_nl, widen_iq4_xs, widen_mxfp4, widen_mxfp4_hf, widen_mxfp4_scale;

#endif
