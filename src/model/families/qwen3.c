/* Qwen3 (Yang et al. 2025): Llama with an RMSNorm on every head of Q and K. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->n_positions = 32768;
    hparams->head_dim = 128;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    return decoder_read_attention_bias(hparams, config, err) || windows_read_qwen(hparams, config, err) ? -1 : 0;
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd, dim = (size_t)model->hparams.head_dim;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, 0);
    decoder_bind_qkv(&b, w);
    decoder_bind_qk_norms(&b, w, dim, dim, 0);
    decoder_bind_output(&b, w);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "ffn_norm", NORM_RMS, width, 0);
    decoder_bind_mlp(&b, w);
    return bind_end(&b);
}

const struct family family_qwen3 = {
    .architecture = "Qwen3ForCausalLM",
    .gguf_architecture = "qwen3",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .bind_layer = bind_layer,
    .bind_ends = decoder_bind_ends,
};
