/* Linear maps y = x W^T + b on views of stored weights: W is widened to float32 a
 * slab of columns and inner indices at a time, never as a whole. */
#ifndef SINKGRID_MODEL_LINEAR_H
#define SINKGRID_MODEL_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "kernel/kernel.h"
#include "weights/tensor.h"

/* Which rows of a tensor are a map's output features: feature r is row
 *     row + (r / group) * group_stride + step * order(r % group)
 * so fused and interleaved tensors need no copy. */
struct linear {
    const struct tensor *tensor; /* NULL: the map is absent */
    size_t n_in, n_out;
    size_t row;                  /* first row */
    size_t group, group_stride;  /* plain: group = n_out */
    size_t step;                 /* rows between features of a group; plain: 1 */
    bool rope_pairs;             /* a group is a head whose halves are interleaved, as GGUF stores
                                    the Q and K of Llama: feature i of the first half is row 2 i */
    bool transposed;             /* tensor is (n_in, n_out) and `row` counts columns (GPT-2, gpt-oss) */
    size_t first_in;             /* transposed: row of inner index 0 */
    float *bias;                 /* (n_out) owned, or NULL */
    bool bias_apart;             /* bfloat16: the product is rounded before the bias is added, too */
};

/* A plain map over a whole tensor, or over rows [row, row + n_out) of it. */
void linear_init(struct linear *linear, const struct tensor *tensor, size_t row, size_t n_out, size_t n_in);
void linear_clear(struct linear *linear);

/* Feature r's row in the tensor. */
size_t linear_row(const struct linear *linear, size_t r);

/* Rows of a block of tokens, as the kernel wants to be told of them: `position` is
 * that of the first row in its sample. */
struct row_span {
    size_t row, n, position;
};

struct rows {
    size_t n;
    const struct row_span *spans;
    size_t n_spans;
    float *packed; /* room for kernel_packed_floats(n, widest n_in): the rows in the kernel's
                      own order; NULL: they are multiplied as they stand */
};

struct linear_job {
    const struct linear *linear;
    const float *x; /* (rows, n_in), stride ldx */
    size_t ldx;
    float *y;       /* (rows, n_out), stride ldy; room for n_out padded to KERNEL_ALIGN */
    size_t ldy;
    const struct rows *rows; /* NULL: those of the call */
};

/* Runs the jobs in one parallel region. They have the same x, and each its own y. */
void linear_apply(const struct kernel *kernel, const struct linear_job *jobs, size_t n_jobs, const struct rows *rows);

#endif
