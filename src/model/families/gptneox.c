/* GPT-NeoX, Pythia (Black et al. 2022; Biderman et al. 2023): LayerNorm, partial
 * rotary embedding, attention and MLP in parallel. A folder has the rows of Q, K and V
 * of each head one after the other, GGUF all of Q, then K, then V. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_facts(struct hparams *hparams)
{
    hparams->gated_mlp = false;
    hparams->activation = ACTIVATION_GELU_ERF;
    hparams->parallel_residual = true;
    hparams->qkv_bias = hparams->output_bias = hparams->mlp_bias = true;
}

static void set_defaults(struct hparams *hparams)
{
    set_facts(hparams);
    hparams->norm_eps = 1e-5;
    hparams->n_positions = 2048;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    const double default_share = 0.25;

    hparams->n_kv_heads = hparams->n_heads;
    if (json_get_bool(config, "use_parallel_residual", &hparams->parallel_residual, err) ||
        json_get_bool(config, "attention_bias", &hparams->qkv_bias, err))
        return -1;
    hparams->output_bias = hparams->qkv_bias;
    if (!json_member(config, "rope_parameters.rope_theta") &&
        json_get_double(config, "rotary_emb_base", &hparams->rope.theta, err))
        return -1;
    return rope_read_share(hparams, config, default_share, err);
}

/* GGUF does not say the activation: Pythia's is the exact GELU, that of GPT-NeoX-20B
 * the one by tanh. */
static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    set_facts(hparams);
    if (hparams->n_layers == 44 && hparams->n_embd == 6144)
        hparams->activation = ACTIVATION_GELU_TANH;
    return gguf_get_bool(gguf, "gptneox.use_parallel_residual", &hparams->parallel_residual, err);
}

static void bind_qkv(struct binder *b, struct layer_weights *w)
{
    const struct hparams *p = &b->model->hparams;
    size_t width = (size_t)p->n_embd, dim = (size_t)p->head_dim;
    struct linear *maps[] = {&w->query, &w->key, &w->value};

    for (size_t i = 0; i < 3; i++) {
        struct part by_head = {.n_total = 3 * width, .row = i * dim, .group = dim, .group_stride = 3 * dim};
        struct part whole = {.n_total = 3 * width, .row = i * width};
        bind_part(b, maps[i], "attention.query_key_value", "attn_qkv", b->gguf ? whole : by_head, width, width,
                  p->qkv_bias);
    }
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd, ff = (size_t)p->n_ff;
    struct binder b = bind_layer_begin(model, "gpt_neox.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_LAYER, width, 0);
    bind_qkv(&b, w);
    bind_linear(&b, &w->output, "attention.dense", "attn_output", width, width, p->output_bias);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "ffn_norm", NORM_LAYER, width, 0);
    bind_linear(&b, &w->up, "mlp.dense_h_to_4h", "ffn_up", ff, width, true);
    bind_linear(&b, &w->down, "mlp.dense_4h_to_h", "ffn_down", width, ff, true);
    return bind_end(&b);
}

static int bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_root_begin(model, "gpt_neox.layers.", &w->sums, err);

    w->embedding = bind_table(&b, "embed_in", "token_embd", (size_t)model->hparams.n_vocab, width);
    bind_norm(&b, &w->final_norm, "final_layer_norm", "output_norm", NORM_LAYER, width, 0);
    return bind_end(&b);
}

const struct family family_gptneox = {
    .architecture = "GPTNeoXForCausalLM",
    .gguf_architecture = "gptneox",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = bind_ends,
};
