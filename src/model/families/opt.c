/* OPT (Zhang et al. 2022): learned positions that begin at 2, LayerNorm, ReLU. OPT-350m
 * differs: norms behind the residual sums and none at the end, a narrower embedding
 * with maps from and to the width D. llama.cpp has no OPT. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

enum { FIRST_POSITION = 2 };

static const char layers[] = "model.decoder.layers.";

static void set_defaults(struct hparams *hparams)
{
    hparams->rope.enabled = false;
    hparams->gated_mlp = false;
    hparams->activation = ACTIVATION_RELU;
    hparams->qkv_bias = true;
    hparams->n_vocab = 50272;
    hparams->n_embd = 768;
    hparams->n_layers = hparams->n_heads = 12;
    hparams->n_ff = 3072;
    hparams->n_positions = 2048;
    hparams->tied_embedding = true;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    bool norm_before = true;

    hparams->norm_eps = 1e-5; /* config.json has none */
    hparams->n_kv_heads = hparams->n_heads;
    if (json_get_bool(config, "do_layer_norm_before", &norm_before, err) ||
        json_get_bool(config, "layer_norm_elementwise_affine", &hparams->norm_affine, err) ||
        json_get_bool(config, "enable_bias", &hparams->qkv_bias, err) ||
        config_read_int(config, "word_embed_proj_dim", &hparams->n_embd_in, err))
        return -1;
    hparams->norm_after = !norm_before;
    hparams->no_final_norm = hparams->norm_after;
    hparams->output_bias = hparams->mlp_bias = hparams->qkv_bias;
    return norm_before ? json_get_bool(config, "_remove_final_layer_norm", &hparams->no_final_norm, err) : 0;
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd, ff = (size_t)p->n_ff;
    struct binder b = bind_layer_begin(model, layers, layer, &w->sums, err);

    bind_norm(&b, p->norm_after ? &w->attention_stream_norm : &w->attention_norm, "self_attn_layer_norm", NULL,
              NORM_LAYER, width, 0);
    decoder_bind_qkv(&b, w);
    bind_linear(&b, &w->output, "self_attn.out_proj", NULL, width, width, p->output_bias);
    bind_norm(&b, p->norm_after ? &w->mlp_stream_norm : &w->mlp_norm, "final_layer_norm", NULL, NORM_LAYER, width, 0);
    bind_linear(&b, &w->up, "fc1", NULL, ff, width, p->mlp_bias);
    bind_linear(&b, &w->down, "fc2", NULL, width, ff, p->mlp_bias);
    return bind_end(&b);
}

static int bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd, word = (size_t)p->n_embd_in;
    struct binder b = bind_root_begin(model, layers, &w->sums, err);

    w->embedding = bind_table(&b, "embed_tokens", NULL, (size_t)p->n_vocab, word);
    w->positions = bind_table(&b, "embed_positions", NULL, (size_t)p->n_positions + FIRST_POSITION, width);
    w->position_offset = FIRST_POSITION;
    if (word != width) {
        bind_linear(&b, &w->project_in, "project_in", NULL, width, word, false);
        bind_count(&b, bind_optional(&b, "project_out", NULL, ".weight"), width * word); /* before the output matrix */
    }
    if (!p->no_final_norm)
        bind_norm(&b, &w->final_norm, "final_layer_norm", NULL, NORM_LAYER, width, 0);
    return bind_end(&b);
}

const struct family family_opt = {
    .architecture = "OPTForCausalLM",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .bind_layer = bind_layer,
    .bind_ends = bind_ends,
    .rounding = {.scaled_query = true},
};
