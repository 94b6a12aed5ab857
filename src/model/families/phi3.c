/* Phi 3, Phi-4, Phi-4-mini (Abdin et al. 2024): Llama with Q, K and V in one tensor
 * and gate and up in another, partial rotary dimensions and longrope scaling. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->norm_eps = 1e-5;
    hparams->n_positions = 4096;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    struct rope *rope = &hparams->rope;

    if (rope->scaling == ROPE_SCALING_YARN) /* an early name of longrope here */
        rope->scaling = ROPE_SCALING_LONGROPE;
    rope->original_positions = 4096; /* only the outer member counts, which has this default */
    return config_read_int(config, "original_max_position_embeddings", &rope->original_positions, err) ||
                   rope_read_share(hparams, config, 1, err) || windows_read_uniform(hparams, config, err)
               ? -1
               : 0;
}

/* One window for all layers, as in config.json; 0: none. */
static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    int window = 0;

    if (metadata_read_int(gguf, "phi3", "attention.sliding_window", &window, err))
        return -1;
    for (int l = 0; l < hparams->n_layers && l < MAX_LAYERS; l++)
        hparams->window[l] = window;
    return 0;
}

static void bind_mlp(struct binder *b, struct layer_weights *w)
{
    size_t width = (size_t)b->model->hparams.n_embd, ff = (size_t)b->model->hparams.n_ff;

    bind_part(b, &w->gate, "mlp.gate_up_proj", "ffn_up", (struct part){.n_total = 2 * ff}, ff, width, false);
    bind_part(b, &w->up, "mlp.gate_up_proj", "ffn_up", (struct part){.n_total = 2 * ff, .row = ff}, ff, width, false);
    bind_linear(b, &w->down, "mlp.down_proj", "ffn_down", width, ff, false);
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, 0);
    if (b.gguf)
        decoder_bind_qkv(&b, w);
    else
        decoder_bind_fused_qkv(&b, w, "self_attn.qkv_proj");
    decoder_bind_output(&b, w);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "ffn_norm", NORM_RMS, width, 0);
    bind_mlp(&b, w);
    return bind_end(&b);
}

const struct family family_phi3 = {
    .architecture = "Phi3ForCausalLM",
    .gguf_architecture = "phi3",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = decoder_bind_ends,
};
