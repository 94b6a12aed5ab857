/* The MLP of a layer: gated (act(gate) x up), ungated (act(up)), or a mixture of
 * experts. */
#ifndef SINKGRID_MODEL_MLP_H
#define SINKGRID_MODEL_MLP_H

#include "model/block.h"
#include "model/linear.h"

/* y = activation(x), n floats; x and y may be the same. */
void activation_apply(const struct kernel *kernel, enum activation activation, size_t n, const float *x, float *y);

/* workspace->input -> workspace->output, showing the tap what lies between. */
void mlp_apply(const struct block_context *context, int layer, const struct layer_weights *weights,
               const struct block_rows *rows, const struct rows *span);

#endif
