/* OLMo 2 (Walsh et al. 2024): no norm before the sublayers, one on each output; an
 * RMSNorm over all heads of Q and of K together. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->norm_eps = 1e-5;
    hparams->n_positions = 2048;
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    int window = 0;

    (void)hparams;
    if (metadata_read_int(gguf, "olmo2", "attention.sliding_window", &window, err))
        return -1;
    return window > 0 ? fail(err, "OLMo 3 (windows of %d in GGUF's \"olmo2\") is not supported", window) : 0;
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd, dim = (size_t)p->head_dim;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    decoder_bind_qkv(&b, w);
    decoder_bind_qk_norms(&b, w, (size_t)p->n_heads * dim, (size_t)p->n_kv_heads * dim, 0);
    decoder_bind_output(&b, w);
    bind_norm(&b, &w->attention_post_norm, "post_attention_layernorm", "post_attention_norm", NORM_RMS, width, 0);
    decoder_bind_mlp(&b, w);
    bind_norm(&b, &w->mlp_post_norm, "post_feedforward_layernorm", "post_ffw_norm", NORM_RMS, width, 0);
    return bind_end(&b);
}

const struct family family_olmo2 = {
    .architecture = "Olmo2ForCausalLM",
    .gguf_architecture = "olmo2",
    .set_defaults = set_defaults,
    .read_config = decoder_read_attention_bias,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = decoder_bind_ends,
    .rounding = {.norm_once = true, .rotary_once = true},
};
