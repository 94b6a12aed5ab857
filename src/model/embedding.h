/* The first rows of the residual stream: token embeddings, scaled (Gemma) or mapped to
 * the width D (OPT-350m), and learned positions (GPT-2, OPT). */
#ifndef SINKGRID_MODEL_EMBEDDING_H
#define SINKGRID_MODEL_EMBEDDING_H

#include <stdint.h>

#include "model/block.h"

struct embedding {
    const struct kernel *kernel;
    const struct hparams *hparams;
    const struct end_weights *ends;
    float *stored;   /* (max_rows, padded n_embd_in) where the table is not of width D, else NULL */
};

/* For blocks of up to max_rows rows of samples of up to max_tokens; fails where a
 * sample is longer than the learned positions. `ends` is borrowed. */
int embedding_init(struct embedding *embedding, const struct kernel *kernel, const struct hparams *hparams,
                   const struct end_weights *ends, size_t max_rows, size_t max_tokens, struct error *err);
void embedding_clear(struct embedding *embedding);
size_t embedding_bytes(const struct hparams *hparams, size_t max_rows);

/* Fills rows->hidden from a block's ids (n_rows), which are within the vocabulary. */
void embedding_apply(const struct embedding *embedding, const struct workspace *workspace,
                     const struct block_rows *rows, const int32_t *ids);

#endif
