/* A tensor is a view into a mapped weight file. Dimensions run from the outermost
 * to the innermost, as in safetensors and PyTorch (GGUF's order is reversed by its
 * reader): a linear layer's weight is (n_out, n_in), rows contiguous. */
#ifndef SINKGRID_WEIGHTS_TENSOR_H
#define SINKGRID_WEIGHTS_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "weights/dtype.h"

enum { TENSOR_MAX_DIMS = 4 };

struct tensor {
    const char *name;
    const struct dtype *dtype;
    int n_dims;
    size_t shape[TENSOR_MAX_DIMS];
    const void *data;             /* NULL in a header-only fixture */
    size_t size;                  /* bytes at data */
    const struct tensor *scales;  /* block scales in a tensor of their own (F8_E4M3 of transformers: one
                                     float per 128 x 128 block; MXFP4 of gpt-oss), else NULL */
};

/* Product of all dimensions, and of all but the last. Checked when the file was opened. */
size_t tensor_elements(const struct tensor *tensor);
size_t tensor_rows(const struct tensor *tensor);
size_t tensor_columns(const struct tensor *tensor); /* the last dimension */

/* Widens columns [begin, end) of row `row` (rows counted over all leading
 * dimensions) to dst. begin and end are multiples of the dtype's block_elements,
 * or end is the row's end. Thread-safe, no allocation. */
void tensor_widen(const struct tensor *tensor, size_t row, size_t begin, size_t end, float *dst);

#endif
