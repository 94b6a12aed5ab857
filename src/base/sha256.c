#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

void sha256_init(struct sha256 *hash)
{
    nettle_sha256_init(&hash->context);
}

void sha256_update(struct sha256 *hash, const void *data, size_t size)
{
    nettle_sha256_update(&hash->context, size, data);
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
    nettle_sha256_digest(&hash->context, SHA256_SIZE, digest);
}

void sha256_final_hex(struct sha256 *hash, char hex[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    sha256_final(hash, digest);
    for (int i = 0; i < SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
