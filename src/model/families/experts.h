/* Experts whose maps lie stacked in tensors of all experts. */
#ifndef SINKGRID_MODEL_FAMILIES_EXPERTS_H
#define SINKGRID_MODEL_FAMILIES_EXPERTS_H

#include "model/bind.h"

/* n_experts of hparams, without their maps, and the router's. */
void experts_begin(struct binder *binder, struct layer_weights *w, const char *hf_router, bool bias);

/* How gate and up share a tensor of an expert's 2F rows. */
enum expert_order { EXPERTS_HALVES, EXPERTS_INTERLEAVED };

/* gate_up (E * 2F, D) and down (E * D, F). */
void experts_bind_pairs(struct binder *binder, struct layer_weights *w, const struct tensor *gate_up,
                        const struct tensor *down, enum expert_order order);

/* GGUF's "ffn_gate_exps", "ffn_up_exps" (or both as "ffn_gate_up_exps") and "ffn_down_exps". */
void experts_bind_gguf(struct binder *binder, struct layer_weights *w);

#endif
