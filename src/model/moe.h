/* Mixture of experts: every row goes through the few experts that a router chooses
 * for it, and their outputs are added with the router's weights (Shazeer et al. 2017;
 * Fedus et al. 2022). */
#ifndef SINKGRID_MODEL_MOE_H
#define SINKGRID_MODEL_MOE_H

#include "model/block.h"

/* Buffers for blocks of up to max_rows rows; rows of width D lie ldx floats apart. */
struct moe_space *moe_space_create(const struct hparams *hparams, size_t max_rows, size_t ldx, struct error *err);
void moe_space_destroy(struct moe_space *space);
size_t moe_space_bytes(const struct hparams *hparams, size_t max_rows, size_t ldx);

/* workspace->input -> workspace->output. `span` tells the block's rows. Experts of
 * equal logits are chosen in the order of their numbers, and outputs are added in
 * that order, so that bits depend on the row alone. */
void moe_apply(const struct block_context *context, const struct layer_weights *weights, const struct block_rows *rows,
               const struct rows *span);

#endif
