/* Plain quantizers. Layouts: github.com/ggml-org/ggml, src/ggml-common.h. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "variant.h"

enum { BLOCK = 32, SUPER = 256, SUBS = SUPER / BLOCK };

/* Rounded towards zero; what is below binary16's normal numbers becomes 0. */
static uint16_t to_half(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, exponent = bits >> 23 & 0xff;
    if (exponent < 113)
        return (uint16_t)sign;
    if (exponent > 142)
        return (uint16_t)(sign | 0x7bff);
    return (uint16_t)(sign | (exponent - 112) << 10 | (bits >> 13 & 0x3ff));
}

static int clamp_round(float x, int least, int greatest)
{
    int i = (int)lrintf(x);

    return i < least ? least : i > greatest ? greatest : i;
}

static void range(const float *src, size_t n, float *least, float *greatest)
{
    *least = *greatest = src[0];
    for (size_t i = 1; i < n; i++) {
        *least = fminf(*least, src[i]);
        *greatest = fmaxf(*greatest, src[i]);
    }
}

static void encode_f32(const float *src, void *dst, size_t n)
{
    memcpy(dst, src, n * sizeof *src);
}

static void encode_f16(const float *src, void *dst, size_t n)
{
    uint16_t *halves = dst;

    for (size_t i = 0; i < n; i++)
        halves[i] = to_half(src[i]);
}

static void encode_bf16(const float *src, void *dst, size_t n)
{
    for (size_t i = 0; i < n; i++) /* the upper half */
        memcpy((char *)dst + 2 * i, (const char *)(src + i) + 2, 2);
}

struct q8_0 {
    uint16_t d;
    int8_t q[BLOCK];
};
_Static_assert(sizeof(struct q8_0) == 34, "as stored");

static void encode_q8_0(const float *src, void *dst, size_t n)
{
    struct q8_0 *block = dst;

    for (; n; n -= BLOCK, src += BLOCK, block++) {
        float least, greatest;
        range(src, BLOCK, &least, &greatest);
        float d = fmaxf(greatest, -least) / 127;
        block->d = to_half(d);
        for (int i = 0; i < BLOCK; i++)
            block->q[i] = (int8_t)clamp_round(d > 0 ? src[i] / d : 0, -127, 127);
    }
}

struct q4_1 {
    uint16_t d, m;
    uint8_t q[BLOCK / 2]; /* element i low, i + 16 high */
};
_Static_assert(sizeof(struct q4_1) == 20, "as stored");

static void encode_q4_1(const float *src, void *dst, size_t n)
{
    struct q4_1 *block = dst;

    for (; n; n -= BLOCK, src += BLOCK, block++) {
        float least, greatest;
        range(src, BLOCK, &least, &greatest);
        float d = (greatest - least) / 15;
        block->d = to_half(d);
        block->m = to_half(least);
        for (int i = 0; i < BLOCK / 2; i++) {
            int low = clamp_round(d > 0 ? (src[i] - least) / d : 0, 0, 15);
            int high = clamp_round(d > 0 ? (src[i + BLOCK / 2] - least) / d : 0, 0, 15);
            block->q[i] = (uint8_t)(low | high << 4);
        }
    }
}

struct q4_k {
    uint16_t d, dmin;
    uint8_t scales[12]; /* 8 scales and 8 minima of 6 bits */
    uint8_t q[SUPER / 2]; /* of two blocks each: the first low, the second high */
};
_Static_assert(sizeof(struct q4_k) == 144, "as stored");

/* The upper two bits of the second four share a byte with the first four. */
static void pack_scales(uint8_t packed[12], const int *scale, const int *minimum)
{
    for (int j = 0; j < 4; j++) {
        packed[j] = (uint8_t)(scale[j] | scale[j + 4] >> 4 << 6);
        packed[j + 4] = (uint8_t)(minimum[j] | minimum[j + 4] >> 4 << 6);
        packed[j + 8] = (uint8_t)((scale[j + 4] & 15) | (minimum[j + 4] & 15) << 4);
    }
}

static void encode_super(const float *src, struct q4_k *block)
{
    float width[SUBS], depth[SUBS], d = 0, dmin = 0;
    int scale[SUBS], minimum[SUBS];

    for (int s = 0; s < SUBS; s++) {
        float least, greatest;
        range(src + s * BLOCK, BLOCK, &least, &greatest);
        least = fminf(least, 0);
        width[s] = (greatest - least) / 15;
        depth[s] = -least;
        d = fmaxf(d, width[s] / 63);
        dmin = fmaxf(dmin, depth[s] / 63);
    }
    block->d = to_half(d);
    block->dmin = to_half(dmin);
    memset(block->q, 0, sizeof block->q);
    for (int s = 0; s < SUBS; s++) {
        scale[s] = clamp_round(d > 0 ? width[s] / d : 0, 0, 63);
        minimum[s] = clamp_round(dmin > 0 ? depth[s] / dmin : 0, 0, 63);
        float step = d * (float)scale[s], offset = dmin * (float)minimum[s];
        for (int i = 0; i < BLOCK; i++) {
            int q = clamp_round(step > 0 ? (src[s * BLOCK + i] + offset) / step : 0, 0, 15);
            block->q[s / 2 * BLOCK + i] |= (uint8_t)(q << s % 2 * 4);
        }
    }
    pack_scales(block->scales, scale, minimum);
}

static void encode_q4_k(const float *src, void *dst, size_t n)
{
    struct q4_k *block = dst;

    for (; n; n -= SUPER, src += SUPER, block++)
        encode_super(src, block);
}

encode_function *variant_encoder(const char *dtype)
{
    static const struct {
        const char *name;
        encode_function *encode;
    } table[] = {{"F32", encode_f32},   {"F16", encode_f16},   {"BF16", encode_bf16},
                 {"Q8_0", encode_q8_0}, {"Q4_1", encode_q4_1}, {"Q4_K", encode_q4_k}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, dtype) == 0)
            return table[i].encode;
    return NULL;
}
