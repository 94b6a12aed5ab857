/* A tensor is a view into a mapped weight file. Dimensions run from the outermost
 * to the innermost, as in safetensors and PyTorch (GGUF's order is reversed by its
 * reader): a linear layer's weight is (n_out, n_in), rows contiguous. */
#ifndef SINKGRID_WEIGHTS_TENSOR_H
#define SINKGRID_WEIGHTS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weights/dtype.h"

enum { TENSOR_MAX_DIMS = 8 }; /* GGUF has at most 4 */

struct tensor {
    const char *name;
    const struct dtype *dtype;
    int n_dims;
    size_t shape[TENSOR_MAX_DIMS];
    const void *data; /* NULL in a header-only fixture */
    size_t size;      /* bytes at data, without those of scales */

    /* Block scales in a tensor of their own, else NULL: F8_E4M3 of transformers (one number per 128 x 128 block,
     * or as config.json says), MXFP4 of gpt-oss (one exponent per 32 columns). tensor_widen applies them. */
    const struct tensor *scales;
    size_t scale_block[2]; /* rows and columns that share a scale */
};

/* Product of all dimensions, and of all but the last. Checked when the file was opened. */
size_t tensor_elements(const struct tensor *tensor);
size_t tensor_rows(const struct tensor *tensor);
size_t tensor_columns(const struct tensor *tensor); /* the last dimension */

/* Bytes of a tensor of that type and shape; false if a row is no whole number of
 * blocks or the product overflows. */
bool tensor_bytes(const struct dtype *dtype, int n_dims, const size_t *shape, size_t *bytes);

/* Widens columns [begin, end) of row `row` (rows counted over all leading
 * dimensions) to dst and applies block scales. begin and end are multiples of the
 * dtype's block_elements. Thread-safe, no allocation. */
void tensor_widen(const struct tensor *tensor, size_t row, size_t begin, size_t end, float *dst);

/* The whole tensor is about to be read, again and again, from its first row to its last:
 * so is read ahead. Until this is said, what is touched is read, and no more. */
void tensor_expect_stream(const struct tensor *tensor);

#endif
