/* Fingerprint of a model: which numbers it holds, wherever it lies. Each tensor
 * has a digest of its own, so that they can be made in parallel. */
#include <stdlib.h>

#include "base/memory.h"
#include "weights/format.h"

enum { SAMPLE = 64 * 1024 }; /* bytes of each tensor that are read, unless all are */

static void hash_tensor(const struct tensor *tensor, bool verify, uint8_t digest[SHA256_SIZE])
{
    struct sha256 hash;

    sha256_init(&hash);
    if (tensor->data) {
        size_t size = verify || tensor->size < SAMPLE ? tensor->size : SAMPLE;
        map_expect(tensor->data, size, verify ? MAP_STREAMED : MAP_SOON);
        sha256_update(&hash, tensor->data, size);
    }
    sha256_final(&hash, digest);
}

/* Digests of n tensors, in their order. */
static void hash_tensors(struct sha256 *hash, const struct tensor *tensors, size_t n, bool verify)
{
    uint8_t *digests = xcalloc(n, SHA256_SIZE);

#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < n; i++)
        hash_tensor(&tensors[i], verify, digests + i * SHA256_SIZE);
    sha256_update(hash, digests, n * SHA256_SIZE);
    free(digests);
}

/* Headers hold metadata and the table of tensors. */
static void hash_headers(struct sha256 *hash, const struct weights *weights)
{
    sha256_update_text(hash, weights->format->name);
    sha256_update_u64(hash, weights->config_map.size);
    sha256_update(hash, weights->config_map.data, weights->config_map.size);
    sha256_update_u64(hash, weights->n_files);
    for (size_t i = 0; i < weights->n_files; i++) {
        const struct weights_file *file = &weights->files[i];
        sha256_update_u64(hash, file->map.size);
        sha256_update_u64(hash, file->header_size);
        sha256_update(hash, file->map.data, file->header_size);
    }
}

int weights_fingerprint(const struct weights *weights, bool verify, char hex[SHA256_HEX_SIZE], struct error *err)
{
    struct sha256 hash;

    for (size_t i = 0; verify && i < weights->n_tensors; i++)
        if (!weights->tensors[i].data)
            return fail(err, "%s: tensor %.80s has no data to verify", weights->path, weights->tensors[i].name);
    sha256_init(&hash);
    hash_headers(&hash, weights);
    hash_tensors(&hash, weights->tensors, weights->n_tensors, verify);
    hash_tensors(&hash, weights->scales, weights->n_scales, verify);
    sha256_final_hex(&hash, hex);
    return 0;
}
