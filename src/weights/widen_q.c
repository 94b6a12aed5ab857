/* Blocks of 32 elements: a binary16 scale d (and minimum m), then the numbers. Byte j of the 4-bit numbers
 * holds element j in its low half and element j + 16 in its high half; bit j of the high-bit word belongs to
 * element j. */
#include "weights/widen.h"

enum { N = 32, HALF = N / 2 };

/* d * (q - 8) */
WIDEN_CLONES
void widen_q4_0(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 2 + HALF) {
        float d = load_half(block);
        for (int j = 0; j < HALF; j++) {
            int q = block[2 + j];
            dst[j] = d * (float)((q & 15) - 8);
            dst[j + HALF] = d * (float)((q >> 4) - 8);
        }
    }
}

/* d * q + m */
WIDEN_CLONES
void widen_q4_1(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 4 + HALF) {
        float d = load_half(block), m = load_half(block + 2);
        for (int j = 0; j < HALF; j++) {
            int q = block[4 + j];
            dst[j] = d * (float)(q & 15) + m;
            dst[j + HALF] = d * (float)(q >> 4) + m;
        }
    }
}

/* d * (q - 16) */
WIDEN_CLONES
void widen_q5_0(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 6 + HALF) {
        float d = load_half(block);
        uint32_t high;
        memcpy(&high, block + 2, sizeof high);
        for (int j = 0; j < HALF; j++) {
            int q = block[6 + j];
            dst[j] = d * (float)(((q & 15) | (int)(high >> j & 1) << 4) - 16);
            dst[j + HALF] = d * (float)(((q >> 4) | (int)(high >> (j + HALF) & 1) << 4) - 16);
        }
    }
}

/* d * q + m */
WIDEN_CLONES
void widen_q5_1(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 8 + HALF) {
        float d = load_half(block), m = load_half(block + 2);
        uint32_t high;
        memcpy(&high, block + 4, sizeof high);
        for (int j = 0; j < HALF; j++) {
            int q = block[8 + j];
            dst[j] = d * (float)((q & 15) | (int)(high >> j & 1) << 4) + m;
            dst[j + HALF] = d * (float)((q >> 4) | (int)(high >> (j + HALF) & 1) << 4) + m;
        }
    }
}

/* d * q, q a signed byte */
WIDEN_CLONES
void widen_q8_0(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 2 + N) {
        float d = load_half(block);
        for (int j = 0; j < N; j++)
            dst[j] = (float)(int8_t)block[2 + j] * d;
    }
}
