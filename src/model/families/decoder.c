#include "model/families/decoder.h"

void decoder_bind_fused_qkv(struct binder *b, struct layer_weights *w, const char *hf)
{
    const struct hparams *p = &b->model->hparams;
    size_t width = (size_t)p->n_embd, dim = (size_t)p->head_dim;
    size_t queries = (size_t)p->n_heads * dim, keys = (size_t)p->n_kv_heads * dim, all = queries + 2 * keys;

    bind_part(b, &w->query, hf, "attn_qkv", (struct part){.n_total = all}, queries, width, p->qkv_bias);
    bind_part(b, &w->key, hf, "attn_qkv", (struct part){.n_total = all, .row = queries}, keys, width, p->qkv_bias);
    bind_part(b, &w->value, hf, "attn_qkv", (struct part){.n_total = all, .row = queries + keys}, keys, width,
              p->qkv_bias);
    bind_rope_pairs(b, &w->query, dim);
    bind_rope_pairs(b, &w->key, dim);
}

void decoder_bind_qkv(struct binder *b, struct layer_weights *w)
{
    const struct hparams *p = &b->model->hparams;
    size_t width = (size_t)p->n_embd, dim = (size_t)p->head_dim;
    size_t queries = (size_t)p->n_heads * dim, keys = (size_t)p->n_kv_heads * dim;

    if (bind_optional(b, NULL, "attn_qkv", ".weight")) {
        decoder_bind_fused_qkv(b, w, NULL);
        return;
    }
    bind_linear(b, &w->query, "self_attn.q_proj", "attn_q", queries, width, p->qkv_bias);
    bind_linear(b, &w->key, "self_attn.k_proj", "attn_k", keys, width, p->qkv_bias);
    bind_linear(b, &w->value, "self_attn.v_proj", "attn_v", keys, width, p->qkv_bias);
    bind_rope_pairs(b, &w->query, dim);
    bind_rope_pairs(b, &w->key, dim);
}

void decoder_bind_output(struct binder *b, struct layer_weights *w)
{
    const struct hparams *p = &b->model->hparams;

    bind_linear(b, &w->output, "self_attn.o_proj", "attn_output", (size_t)p->n_embd,
                (size_t)p->n_heads * (size_t)p->head_dim, p->output_bias);
}

void decoder_bind_qk_norms(struct binder *b, struct layer_weights *w, size_t n_query, size_t n_key, float offset)
{
    bind_norm(b, &w->query_norm, "self_attn.q_norm", "attn_q_norm", NORM_RMS, n_query, offset);
    bind_norm(b, &w->key_norm, "self_attn.k_norm", "attn_k_norm", NORM_RMS, n_key, offset);
}

void decoder_bind_mlp(struct binder *b, struct layer_weights *w)
{
    const struct hparams *p = &b->model->hparams;
    size_t width = (size_t)p->n_embd, ff = (size_t)p->n_ff;

    bind_linear(b, &w->gate, "mlp.gate_proj", "ffn_gate", ff, width, p->mlp_bias);
    bind_linear(b, &w->up, "mlp.up_proj", "ffn_up", ff, width, p->mlp_bias);
    bind_linear(b, &w->down, "mlp.down_proj", "ffn_down", width, ff, p->mlp_bias);
}

int decoder_bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, 0);
    decoder_bind_qkv(&b, w);
    decoder_bind_output(&b, w);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "ffn_norm", NORM_RMS, width, 0);
    decoder_bind_mlp(&b, w);
    return bind_end(&b);
}

int decoder_bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_root_begin(model, "model.layers.", &w->sums, err);

    w->embedding = bind_table(&b, "embed_tokens", "token_embd", (size_t)model->hparams.n_vocab, width);
    bind_norm(&b, &w->final_norm, "norm", "output_norm", NORM_RMS, width, 0);
    return bind_end(&b);
}

int decoder_read_attention_bias(struct hparams *hparams, const json_t *config, struct error *err)
{
    if (json_get_bool(config, "attention_bias", &hparams->qkv_bias, err))
        return -1;
    hparams->output_bias = hparams->qkv_bias;
    return 0;
}
