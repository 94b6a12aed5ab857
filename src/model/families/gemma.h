/* What Gemma 2 and 3 share: RMSNorms that scale by 1 + weight before and behind
 * each sublayer, an embedding scaled by sqrt(D), GELU, a query scaling of its own. */
#ifndef SINKGRID_MODEL_FAMILIES_GEMMA_H
#define SINKGRID_MODEL_FAMILIES_GEMMA_H

#include "model/families/decoder.h"

/* transformers' defaults: published files leave much unsaid. */
void gemma_set_defaults(struct hparams *hparams);
/* Activation, query_pre_attn_scalar, attention_bias, embedding scale. */
int gemma_read_config(struct hparams *hparams, const json_t *config, struct error *err);
/* llama.cpp knows the query scaling by the number of layers: that of the 27B model
 * is 1 / sqrt(D / H), of all others 1 / sqrt(head_dim). */
void gemma_set_gguf_facts(struct hparams *hparams, int layers_of_27b);

int gemma_bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err);
int gemma_bind_ends(const struct model *model, struct end_weights *w, struct error *err);

#endif
