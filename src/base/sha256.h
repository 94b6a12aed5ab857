/* SHA-256 (FIPS 180-4) by nettle, for fingerprints and identities. */
#ifndef SINKGRID_BASE_SHA256_H
#define SINKGRID_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>
#undef sha256_init /* nettle's short names; ours follow */
#undef sha256_update

enum { SHA256_SIZE = SHA256_DIGEST_SIZE, SHA256_HEX_SIZE = 2 * SHA256_SIZE + 1 };

struct sha256 {
    struct sha256_ctx context;
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
