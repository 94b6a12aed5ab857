/* Blocks of 32 elements: a binary16 scale d (and minimum m), then the numbers. Byte j of the 4-bit numbers
 * holds element j in its low half and element j + 16 in its high half; bit j of the high-bit word belongs to
 * element j. */
#include "weights/widen.h"

enum { N = 32, HALF = N / 2 };

/* d * (q - 8) */
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

/* Five-bit numbers, eight at a time in the bytes of a word: numbers 8 part ... 8 part + 7 of a block. The byte of
 * high bits is put into each of eight, each keeps one bit of it, and adding 127 carries any bit to the top. */
WIDEN_INLINE void unpack_five_bits(const uint8_t *low, const uint8_t *high, int part, uint8_t numbers[8])
{
    uint64_t word;

    memcpy(&word, low + part % 2 * 8, sizeof word);
    word = word >> part / 2 * 4 & 0x0f0f0f0f0f0f0f0fu;
    uint64_t bits = high[part] * 0x0101010101010101u & 0x8040201008040201u;
    word |= (bits + 0x7f7f7f7f7f7f7f7fu) >> 3 & 0x1010101010101010u;
    memcpy(numbers, &word, sizeof word);
}

/* d * (q - 16) */
WIDEN_CLONES
void widen_q5_0(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= N, dst += N, block += 6 + HALF) {
        float d = load_half(block);
        for (int part = 0; part < 4; part++) {
            uint8_t numbers[8];
            unpack_five_bits(block + 6, block + 2, part, numbers);
            for (int j = 0; j < 8; j++)
                dst[8 * part + j] = d * (float)(numbers[j] - 16);
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
        for (int part = 0; part < 4; part++) {
            uint8_t numbers[8];
            unpack_five_bits(block + 8, block + 4, part, numbers);
            for (int j = 0; j < 8; j++)
                dst[8 * part + j] = d * (float)numbers[j] + m;
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
