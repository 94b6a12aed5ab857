/* Four-bit indices into a table of 16 values, times a scale. */
#include "weights/widen.h"

/* Of IQ4_NL and IQ4_XS: ggml-common.h of github.com/ggml-org/ggml. */
static const float nonlinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/* OCP E2M1 times two: with half the scale the largest exponent does not overflow too early. ggml's zero has no
 * sign, transformers' has. */
static const float e2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
static const float e2m1_signed[16] = {0, 1, 2, 3, 4, 6, 8, 12, -0.0f, -1, -2, -3, -4, -6, -8, -12};

/* 32 elements: byte j of q holds the indices of elements j and j + 16. */
WIDEN_INLINE void widen_indices(const uint8_t *restrict q, const float table[16], float scale, float *restrict dst)
{
    for (int j = 0; j < 16; j++) {
        dst[j] = scale * table[q[j] & 15];
        dst[j + 16] = scale * table[q[j] >> 4];
    }
}

/* Blocks of 32. Bytes: d, indices 16. */
void widen_iq4_nl(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= 32, dst += 32, block += 18)
        widen_indices(block + 2, nonlinear, load_half(block), dst);
}

/* Blocks of 256 in 8 groups of 32. Bytes: d, high two bits of the groups' six-bit scales 2, low four bits 4, indices
 * 128. */
void widen_iq4_xs(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= 256, dst += 256, block += 136) {
        float d = load_half(block);
        uint16_t high;
        memcpy(&high, block + 2, sizeof high);
        for (int group = 0; group < 8; group++) {
            int low = block[4 + group / 2] >> (group % 2 * 4) & 15;
            float scale = d * (float)((low | (high >> 2 * group & 3) << 4) - 32);
            widen_indices(block + 8 + 16 * group, nonlinear, scale, dst + 32 * group);
        }
    }
}

/* 2^(e - 128), subnormal for e < 2. */
WIDEN_INLINE float half_power(uint32_t e)
{
    return float_of_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23);
}

/* Blocks of 32. Bytes: exponent, indices 16. */
void widen_mxfp4(const void *src, float *restrict dst, size_t n)
{
    const uint8_t *restrict block = src;

    for (; n > 0; n -= 32, dst += 32, block += 17)
        widen_indices(block + 1, e2m1, half_power(block[0]), dst);
}

/* The scales of the following: a tensor of bytes, each an exponent. */
void widen_mxfp4_scale(const void *src, float *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = half_power(((const uint8_t *)src)[i]);
}

/* Blocks of 32 without their scales: byte j holds elements 2 j (low half) and 2 j + 1. */
void widen_mxfp4_hf(const void *src, float *dst, size_t n)
{
    const uint8_t *restrict q = src;

    for (size_t j = 0; j < n / 2; j++) {
        dst[2 * j] = e2m1_signed[q[j] & 15];
        dst[2 * j + 1] = e2m1_signed[q[j] >> 4];
    }
}
