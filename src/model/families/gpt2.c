/* GPT-2 (Radford et al. 2019): learned positions, LayerNorm, biases everywhere, Q, K
 * and V in one map; a folder has the maps' weights transposed, (n_in, n_out). */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_facts(struct hparams *hparams)
{
    hparams->rope.enabled = false;
    hparams->gated_mlp = false;
    hparams->activation = ACTIVATION_GELU_NEW;
    hparams->qkv_bias = hparams->output_bias = hparams->mlp_bias = true;
}

static void set_defaults(struct hparams *hparams)
{
    set_facts(hparams);
    hparams->norm_eps = 1e-5;
    hparams->n_vocab = 50257;
    hparams->n_embd = 768;
    hparams->n_layers = hparams->n_heads = 12;
    hparams->n_positions = 1024;
    hparams->tied_embedding = true;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    bool scaled = true;

    if (hparams->n_ff == 0)
        hparams->n_ff = 4 * hparams->n_embd;
    if (json_get_bool(config, "scale_attn_weights", &scaled, err))
        return -1;
    if (!scaled)
        hparams->attention_scale = 1;
    return json_get_bool(config, "scale_attn_by_inverse_layer_idx", &hparams->scale_by_layer, err);
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    (void)gguf;
    (void)err;
    set_facts(hparams);
    return 0;
}

static void bind_qkv(struct binder *b, struct layer_weights *w)
{
    size_t width = (size_t)b->model->hparams.n_embd;
    struct linear *maps[] = {&w->query, &w->key, &w->value};

    for (size_t i = 0; i < 3; i++)
        bind_transposed(b, maps[i], "attn.c_attn", "attn_qkv", (struct part){.n_total = 3 * width, .row = i * width},
                        width, width, true);
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd, ff = (size_t)model->hparams.n_ff;
    struct binder b = bind_layer_begin(model, "transformer.h.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "ln_1", "attn_norm", NORM_LAYER, width, 0);
    bind_qkv(&b, w);
    bind_transposed(&b, &w->output, "attn.c_proj", "attn_output", (struct part){.n_total = width}, width, width, true);
    bind_norm(&b, &w->mlp_norm, "ln_2", "ffn_norm", NORM_LAYER, width, 0);
    bind_transposed(&b, &w->up, "mlp.c_fc", "ffn_up", (struct part){.n_total = ff}, ff, width, true);
    bind_transposed(&b, &w->down, "mlp.c_proj", "ffn_down", (struct part){.n_total = width}, width, ff, true);
    return bind_end(&b);
}

static int bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd;
    struct binder b = bind_root_begin(model, "transformer.h.", &w->sums, err);

    w->embedding = bind_table(&b, "wte", "token_embd", (size_t)p->n_vocab, width);
    w->positions = bind_table(&b, "wpe", "position_embd", (size_t)p->n_positions, width);
    bind_norm(&b, &w->final_norm, "ln_f", "output_norm", NORM_LAYER, width, 0);
    return bind_end(&b);
}

const struct family family_gpt2 = {
    .architecture = "GPT2LMHeadModel",
    .gguf_architecture = "gpt2",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = bind_ends,
};
