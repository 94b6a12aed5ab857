/* Blocks of 256 elements in 8 or 16 groups, each with a small integer scale (and minimum) that multiplies the
 * block's binary16 scale d (and dmin). Layouts: ggml-common.h of github.com/ggml-org/ggml. */
#include "weights/widen.h"

enum { N = 256 };

/* 16 groups of 16. Bytes: scales 16 (4 bits scale, 4 bits minimum), numbers 64, d, dmin.
 * Byte j of a half's 32 holds elements j, j + 32, j + 64, j + 96, two bits each. */
void widen_q2_k(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 84) {
        float d = load_half(block + 80), dmin = load_half(block + 82);
        for (int group = 0; group < 16; group++) {
            const uint8_t *restrict q = block + 16 + group / 8 * 32 + group % 2 * 16;
            int shift = group % 8 / 2 * 2;
            float scale = d * (float)(block[group] & 15), minimum = dmin * (float)(block[group] >> 4);
            for (int j = 0; j < 16; j++)
                dst[16 * group + j] = scale * (float)(q[j] >> shift & 3) - minimum;
        }
    }
}

/* The 16 six-bit scales of Q3_K, less 32: low four bits in bytes 0 ... 7 (two a byte), high two in 8 ... 11. */
WIDEN_INLINE void unpack_q3_scales(const uint8_t *packed, float d, float scales[16])
{
    for (int i = 0; i < 16; i++) {
        int low = packed[i % 8] >> (i / 8 * 4) & 15, high = packed[8 + i % 4] >> (i / 4 * 2) & 3;
        scales[i] = d * (float)((low | high << 4) - 32);
    }
}

/* 16 groups of 16. Bytes: high bits 32, low bits 64, scales 12, d. The third bit is inverted: where it is
 * clear, 4 is subtracted. */
WIDEN_CLONES
void widen_q3_k(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 110) {
        float scales[16];
        unpack_q3_scales(block + 96, load_half(block + 108), scales);
        for (int group = 0; group < 16; group++) {
            const uint8_t *restrict q = block + 32 + group / 8 * 32 + group % 2 * 16;
            const uint8_t *restrict high = block + group % 2 * 16;
            int shift = group % 8 / 2 * 2, bit = group / 2;
            for (int j = 0; j < 16; j++)
                dst[16 * group + j] = scales[group] * (float)((q[j] >> shift & 3) - 4 + (high[j] >> bit & 1) * 4);
        }
    }
}

/* The 8 six-bit scales and minima of Q4_K and Q5_K in 12 bytes, times d and dmin. */
WIDEN_INLINE void unpack_scales(const uint8_t *block, float scales[8], float minima[8])
{
    float d = load_half(block), dmin = load_half(block + 2);
    const uint8_t *packed = block + 4;

    for (int i = 0; i < 4; i++) {
        scales[i] = d * (float)(packed[i] & 63);
        minima[i] = dmin * (float)(packed[i + 4] & 63);
        scales[i + 4] = d * (float)((packed[i + 8] & 15) | (packed[i] >> 2 & 48));
        minima[i + 4] = dmin * (float)(packed[i + 8] >> 4 | (packed[i + 4] >> 2 & 48));
    }
}

/* 8 groups of 32. Bytes: d, dmin, scales 12, numbers 128: byte j of 32 holds element j of one group and of the next. */
WIDEN_CLONES
void widen_q4_k(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 144) {
        float scales[8], minima[8];
        unpack_scales(block, scales, minima);
        for (int pair = 0; pair < 4; pair++) {
            const uint8_t *restrict q = block + 16 + 32 * pair;
            float *restrict out = dst + 64 * pair;
            for (int j = 0; j < 32; j++) {
                out[j] = scales[2 * pair] * (float)(q[j] & 15) - minima[2 * pair];
                out[j + 32] = scales[2 * pair + 1] * (float)(q[j] >> 4) - minima[2 * pair + 1];
            }
        }
    }
}

/* As Q4_K, with fifth bits in 32 bytes before the numbers: bit g of byte j belongs to element j of group g. */
WIDEN_CLONES
void widen_q5_k(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 176) {
        const uint8_t *restrict high = block + 16;
        float scales[8], minima[8];
        unpack_scales(block, scales, minima);
        for (int pair = 0; pair < 4; pair++) {
            const uint8_t *restrict q = block + 48 + 32 * pair;
            float *restrict out = dst + 64 * pair;
            for (int j = 0; j < 32; j++) {
                int two = high[j] >> 2 * pair;
                out[j] = scales[2 * pair] * (float)((q[j] & 15) | (two & 1) << 4) - minima[2 * pair];
                out[j + 32] = scales[2 * pair + 1] * (float)(q[j] >> 4 | (two & 2) << 3) - minima[2 * pair + 1];
            }
        }
    }
}

/* 16 groups of 16. Bytes: low four bits 128, high two bits 64, signed scales 16, d. In each half of 128 elements,
 * byte j of 32 holds the high bits of elements j, j + 32, j + 64, j + 96; the low bits' byte j of 64 holds
 * those of elements j and j + 64. */
WIDEN_CLONES
void widen_q6_k(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 210) {
        float d = load_half(block + 208);
        for (int group = 0; group < 16; group++) {
            int half = group / 8, quarter = group % 8 / 2, j0 = group % 2 * 16;
            const uint8_t *restrict low = block + 64 * half + quarter % 2 * 32 + j0;
            const uint8_t *restrict high = block + 128 + 32 * half + j0;
            float scale = d * (float)(int8_t)block[192 + group];
            int low_shift = quarter / 2 * 4, high_shift = quarter * 2;
            for (int j = 0; j < 16; j++)
                dst[16 * group + j] =
                    scale * (float)(((low[j] >> low_shift & 15) | (high[j] >> high_shift & 3) << 4) - 32);
        }
    }
}
