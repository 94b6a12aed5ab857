/* What the families that descend from Llama share: the names of their tensors in
 * both formats, and biases where the file has some. */
#ifndef SINKGRID_MODEL_FAMILIES_DECODER_H
#define SINKGRID_MODEL_FAMILIES_DECODER_H

#include "model/bind.h"

/* "self_attn.q_proj", ...: GGUF has Q, K and V apart or as one "attn_qkv", in this order. */
void decoder_bind_qkv(struct binder *binder, struct layer_weights *w);
void decoder_bind_output(struct binder *binder, struct layer_weights *w);
/* "self_attn.q_norm" and k_norm of n_query and n_key features. */
void decoder_bind_qk_norms(struct binder *binder, struct layer_weights *w, size_t n_query, size_t n_key, float offset);
/* "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj". */
void decoder_bind_mlp(struct binder *binder, struct layer_weights *w);

/* One tensor with the rows of Q, K and V one after the other. */
void decoder_bind_fused_qkv(struct binder *binder, struct layer_weights *w, const char *hf);

/* The layers of Llama, Mistral and Qwen2, and what nearly all families have beside the layers. */
int decoder_bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err);
int decoder_bind_ends(const struct model *model, struct end_weights *w, struct error *err);

/* "attention_bias" as Llama means it: Q, K, V and the output. */
int decoder_read_attention_bias(struct hparams *hparams, const json_t *config, struct error *err);

#endif
