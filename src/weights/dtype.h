/* Data types of stored tensors, and widening to float32, exactly as the reference
 * dequantizers do it (Python package `gguf` for GGUF types; transformers for
 * MXFP4 and F8_E4M3). One table row a type. */
#ifndef SINKGRID_WEIGHTS_DTYPE_H
#define SINKGRID_WEIGHTS_DTYPE_H

#include <stddef.h>
#include <stdint.h>

struct dtype {
    const char *name;        /* "F32", "BF16", "Q4_K", ... Without block scales: tensor.h applies those. */
    int gguf_type;           /* GGML type number, -1 if GGUF has none */
    const char *safetensors; /* name in a safetensors header, NULL if none */
    size_t block_elements;   /* elements in a block: 1 for plain types */
    size_t block_bytes;
    /* Widens n elements (a multiple of block_elements) from src, which need not
     * be aligned, to dst. NULL: the type is known, not supported; weights_open
     * accepts such a tensor only with header_only. Thread-safe. */
    void (*widen)(const void *src, float *dst, size_t n);
};

/* NULL if unknown. */
const struct dtype *dtype_of_gguf(uint32_t type);
const struct dtype *dtype_of_safetensors(const char *name);
const struct dtype *dtype_by_name(const char *name);

/* The table, for tests and `inspect`. */
size_t dtype_count(void);
const struct dtype *dtype_at(size_t index);

#endif
