/* Llama 2, 3, 3.1, CodeLlama, DeepSeek-R1-Distill-Llama, SmolLM2: RMSNorm, rotary
 * embedding, grouped-query attention, SwiGLU (Touvron et al. 2023). GGUF stores the
 * rows of Q and K with the halves of each head interleaved. */
#include "model/bind.h"

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    (void)gguf;
    (void)err;
    hparams->interleaved_rope = true;
    return 0;
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd, dim = (size_t)p->head_dim, ff = (size_t)p->n_ff;
    size_t queries = (size_t)p->n_heads * dim, keys = (size_t)p->n_kv_heads * dim;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, 0);
    bind_linear(&b, &w->query, "self_attn.q_proj", "attn_q", queries, width);
    bind_linear(&b, &w->key, "self_attn.k_proj", "attn_k", keys, width);
    bind_linear(&b, &w->value, "self_attn.v_proj", "attn_v", keys, width);
    bind_linear(&b, &w->output, "self_attn.o_proj", "attn_output", width, queries);
    bind_rope_pairs(&b, &w->query, dim);
    bind_rope_pairs(&b, &w->key, dim);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "ffn_norm", NORM_RMS, width, 0);
    bind_linear(&b, &w->gate, "mlp.gate_proj", "ffn_gate", ff, width);
    bind_linear(&b, &w->up, "mlp.up_proj", "ffn_up", ff, width);
    bind_linear(&b, &w->down, "mlp.down_proj", "ffn_down", width, ff);
    return bind_end(&b);
}

static int bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_root_begin(model, "model.", err);

    w->embedding = bind_table(&b, "embed_tokens", "token_embd", (size_t)model->hparams.n_vocab, width);
    bind_norm(&b, &w->final_norm, "norm", "output_norm", NORM_RMS, width, 0);
    return bind_end(&b);
}

const struct family family_llama = {
    .architecture = "LlamaForCausalLM",
    .gguf_architecture = "llama",
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = bind_ends,
};
