/* SHA-256 (FIPS 180-4), for fingerprints and identities. */
#ifndef SINKGRID_BASE_SHA256_H
#define SINKGRID_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

struct sha256 {
    uint32_t state[8];
    uint64_t n_bytes;
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t size);
/* Adds a string and its terminating zero, so that "ab","c" and "a","bc" differ. */
void sha256_update_text(struct sha256 *hash, const char *text);
/* A number as 8 little-endian bytes. */
void sha256_update_u64(struct sha256 *hash, uint64_t value);
void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE]);
/* As lower-case hexadecimal with a terminating zero. */
void sha256_final_hex(struct sha256 *hash, char hex[SHA256_HEX_SIZE]);

#endif
