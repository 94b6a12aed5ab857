#include "weights/widen.h"

enum { STRIP = 32 }; /* elements of an inner loop */

/* In strips, whose copies the compiler spells out: memcpy of a whole row may fall to 2 GB/s on some processors,
 * where source and destination lie unluckily (rep movsb). */
WIDEN_CLONES
void widen_f32(const void *src, float *dst, size_t n)
{
    const uint8_t *bytes = src;
    size_t whole = n / STRIP * STRIP;

    for (size_t i = 0; i < whole; i += STRIP)
        memcpy(dst + i, bytes + 4 * i, STRIP * sizeof *dst);
    memcpy(dst + whole, bytes + 4 * whole, (n - whole) * sizeof *dst);
}

WIDEN_INLINE void strip_f16(const uint8_t *restrict src, float *restrict dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = half_to_float(load_u16(src + 2 * i));
}

WIDEN_CLONES
void widen_f16(const void *src, float *dst, size_t n)
{
    const uint8_t *bytes = src;
    size_t whole = n / STRIP * STRIP;

    for (size_t i = 0; i < whole; i += STRIP)
        strip_f16(bytes + 2 * i, dst + i, STRIP);
    strip_f16(bytes + 2 * whole, dst + whole, n - whole);
}

/* The upper half of a float. */
WIDEN_INLINE void strip_bf16(const uint8_t *restrict src, float *restrict dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = float_of_bits((uint32_t)load_u16(src + 2 * i) << 16);
}

WIDEN_CLONES
void widen_bf16(const void *src, float *dst, size_t n)
{
    const uint8_t *bytes = src;
    size_t whole = n / STRIP * STRIP;

    for (size_t i = 0; i < whole; i += STRIP)
        strip_bf16(bytes + 2 * i, dst + i, STRIP);
    strip_bf16(bytes + 2 * whole, dst + whole, n - whole);
}

/* OCP E4M3: 4 exponent bits with bias 7, subnormals m * 2^-9, no infinities, NaN where all other bits are ones. */
WIDEN_INLINE float e4m3_to_float(uint32_t byte)
{
    uint32_t sign = (byte & 0x80) << 24, magnitude = byte & 0x7f;
    uint32_t small = bits_of_float((float)(int32_t)magnitude * 0x1p-9f);
    uint32_t bits = select_bits(magnitude < 8, small, (magnitude << 20) + (120u << 23));

    return float_of_bits(sign | select_bits(magnitude == 0x7f, 0x7fc00000, bits));
}

WIDEN_INLINE void strip_f8_e4m3(const uint8_t *restrict src, float *restrict dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = e4m3_to_float(src[i]);
}

WIDEN_CLONES
void widen_f8_e4m3(const void *src, float *dst, size_t n)
{
    const uint8_t *bytes = src;
    size_t whole = n / STRIP * STRIP;

    for (size_t i = 0; i < whole; i += STRIP)
        strip_f8_e4m3(bytes + i, dst + i, STRIP);
    strip_f8_e4m3(bytes + whole, dst + whole, n - whole);
}

/* The upper half of a binary16. */
void widen_f8_e5m2(const void *src, float *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = half_to_float((uint32_t)((const uint8_t *)src)[i] << 8);
}

/* 2^(byte - 127), which is subnormal for 0; 255 is NaN. */
void widen_f8_e8m0(const void *src, float *dst, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t byte = ((const uint8_t *)src)[i];
        dst[i] = float_of_bits(byte == 0 ? 0x00400000 : byte == 255 ? 0x7fc00000 : byte << 23);
    }
}

/* Numbers that are no weights (masks, counters) but stand among them in published files. */
#define WIDEN_NUMBER(name, type)                                                                                       \
    void name(const void *src, float *dst, size_t n)                                                                   \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) {                                                                               \
            type value;                                                                                                \
            memcpy(&value, (const char *)src + i * sizeof value, sizeof value);                                        \
            dst[i] = (float)value;                                                                                     \
        }                                                                                                              \
    }

WIDEN_NUMBER(widen_f64, double)
WIDEN_NUMBER(widen_i8, int8_t)
WIDEN_NUMBER(widen_u8, uint8_t)
WIDEN_NUMBER(widen_i16, int16_t)
WIDEN_NUMBER(widen_u16, uint16_t)
WIDEN_NUMBER(widen_i32, int32_t)
WIDEN_NUMBER(widen_u32, uint32_t)
WIDEN_NUMBER(widen_i64, int64_t)
WIDEN_NUMBER(widen_u64, uint64_t)
