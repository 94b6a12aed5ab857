#include "base/sha256.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>
#endif

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void expand(const uint8_t *block, uint32_t w[64])
{
    for (int i = 0; i < 16; i++)
        w[i] = load_be(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

/* One round (section 6.2.2, step 3). Instead of moving eight variables along, the caller names them in turn. */
static inline void round_of(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                            uint32_t *h, uint32_t input)
{
    uint32_t s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25), s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    uint32_t t1 = *h + s1 + (g ^ (e & (f ^ g))) + input;

    *d += t1;
    *h = t1 + s0 + ((a & b) | (c & (a | b)));
}

static void compress_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    expand(block, w);
    for (int i = 0; i < 64; i += 8) {
        round_of(a, b, c, &d, e, f, g, &h, K[i] + w[i]);
        round_of(h, a, b, &c, d, e, f, &g, K[i + 1] + w[i + 1]);
        round_of(g, h, a, &b, c, d, e, &f, K[i + 2] + w[i + 2]);
        round_of(f, g, h, &a, b, c, d, &e, K[i + 3] + w[i + 3]);
        round_of(e, f, g, &h, a, b, c, &d, K[i + 4] + w[i + 4]);
        round_of(d, e, f, &g, h, a, b, &c, K[i + 5] + w[i + 5]);
        round_of(c, d, e, &f, g, h, a, &b, K[i + 6] + w[i + 6]);
        round_of(b, c, d, &e, f, g, h, &a, K[i + 7] + w[i + 7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress_generic(uint32_t state[8], const uint8_t *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        compress_block(state, blocks + 64 * i);
}

#if defined(__x86_64__) && defined(__GNUC__)

/* With the SHA instructions: two rounds each, on the state as (A B E F) and (C D G H), highest word first. Inputs
 * are made four at a time: w holds the last 16. */
__attribute__((target("sha,sse4.1"))) static void compress_sha(uint32_t state[8], const uint8_t *blocks, size_t n)
{
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    __m128i w[4];
    uint32_t out[8];

    for (; n > 0; n--, blocks += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh;
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)blocks + i), swap);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i *now = &w[i % 4], *last = &w[(i + 3) % 4], *before = &w[(i + 2) % 4];
            if (i >= 4) { /* w[t] of FIPS 180-4, section 6.2.2, step 1: *now holds w[t - 16] ... w[t - 13] */
                __m128i sum = _mm_sha256msg1_epu32(*now, w[(i + 1) % 4]);
                sum = _mm_add_epi32(sum, _mm_alignr_epi8(*last, *before, 4));
                *now = _mm_sha256msg2_epu32(sum, *last);
            }
            __m128i input = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(K + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    _mm_storeu_si128((__m128i *)out, abef);
    _mm_storeu_si128((__m128i *)(out + 4), cdgh);
    for (int i = 0; i < 2; i++) {
        state[i] = out[3 - i], state[4 + i] = out[1 - i];
        state[2 + i] = out[7 - i], state[6 + i] = out[5 - i];
    }
}

/* Leaf 7: bit 29 of ebx; leaf 1: SSE4.1 is bit 19 of ecx. Asked once: under a hypervisor CPUID is slow. */
static bool has_sha(void)
{
    static atomic_int answer; /* 0: not asked yet, 1: no, 2: yes */
    unsigned a, b, c, d, features;

    if (atomic_load_explicit(&answer, memory_order_relaxed) == 0) {
        bool yes = __get_cpuid(1, &a, &b, &features, &d) && features >> 19 & 1 &&
                   __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
        atomic_store_explicit(&answer, 1 + yes, memory_order_relaxed);
    }
    return atomic_load_explicit(&answer, memory_order_relaxed) == 2;
}

static void compress(uint32_t state[8], const uint8_t *blocks, size_t n)
{
    if (has_sha())
        compress_sha(state, blocks, n);
    else
        compress_generic(state, blocks, n);
}

#else

static void compress(uint32_t state[8], const uint8_t *blocks, size_t n)
{
    compress_generic(state, blocks, n);
}

#endif

void sha256_init(struct sha256 *hash)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, start, sizeof start);
    hash->n_bytes = 0;
}

void sha256_update(struct sha256 *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t used = hash->n_bytes % 64;

    hash->n_bytes += size;
    while (size > 0) {
        if (used == 0 && size >= 64) { /* straight from the caller's bytes */
            compress(hash->state, bytes, size / 64);
            bytes += size / 64 * 64;
            size %= 64;
            continue;
        }
        size_t n = 64 - used < size ? 64 - used : size;
        memcpy(hash->block + used, bytes, n);
        used += n;
        bytes += n;
        size -= n;
        if (used == 64) {
            compress(hash->state, hash->block, 1);
            used = 0;
        }
    }
}

void sha256_update_text(struct sha256 *hash, const char *text)
{
    sha256_update(hash, text, strlen(text) + 1);
}

void sha256_update_u64(struct sha256 *hash, uint64_t value)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    sha256_update(hash, bytes, sizeof bytes);
}

void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE])
{
    uint64_t n_bits = hash->n_bytes * 8;
    uint8_t length[8];
    static const uint8_t pad[64] = {0x80};

    sha256_update(hash, pad, 1 + (119 - hash->n_bytes % 64) % 64);
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(n_bits >> (56 - 8 * i));
    sha256_update(hash, length, sizeof length);
    for (int i = 0; i < SHA256_SIZE; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_final_hex(struct sha256 *hash, char hex[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    sha256_final(hash, digest);
    for (int i = 0; i < SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
