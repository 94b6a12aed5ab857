/* gpt-oss (OpenAI 2025): a learned sink logit per head, windows on every other
 * layer, YaRN, and a mixture of experts with biases, a clamped SwiGLU and a softmax
 * over the chosen experts alone.
 *
 * A folder has gate and up of all experts in one tensor, their features interleaved:
 * (E, D, 2F) where it is stored in full, (E, 2F, D) where in MXFP4; the down maps
 * likewise. GGUF has gate, up and down apart, as rows. */
#include "model/families/decoder.h"
#include "model/families/experts.h"
#include "model/hparams_read.h"

enum { PERIOD = 2 }; /* of the windows */

static void set_facts(struct hparams *hparams)
{
    hparams->softmax_chosen = true;
    hparams->swiglu_alpha = 1.702;
    hparams->swiglu_limit = 7;
    for (int l = 0; l < MAX_LAYERS; l++)
        hparams->moe_layer[l] = true;
}

static void set_defaults(struct hparams *hparams)
{
    set_facts(hparams);
    hparams->norm_eps = 1e-5;
    hparams->n_positions = 131072;
    hparams->n_kv_heads = 8;
    hparams->head_dim = 64;
    hparams->n_experts = 128;
    hparams->n_experts_used = 4;
    hparams->window[0] = 128;
    hparams->qkv_bias = true;
    hparams->rope.theta = 150000;
}

/* What transformers assumes where config.json says nothing of the rotary embedding. */
static void set_default_rope(struct rope *rope)
{
    rope->scaling = ROPE_SCALING_YARN;
    rope->factor = 32;
    rope->truncate = false;
    rope->original_positions = 4096;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    if (!json_member(config, "rope_scaling") && !json_member(config, "rope_parameters"))
        set_default_rope(&hparams->rope);
    hparams->n_ff_expert = hparams->n_ff;
    return decoder_read_attention_bias(hparams, config, err) ||
                   json_get_double(config, "swiglu_limit", &hparams->swiglu_limit, err) ||
                   json_get_double(config, "swiglu_alpha", &hparams->swiglu_alpha, err) ||
                   windows_read_alternating(hparams, config, PERIOD, err)
               ? -1
               : 0;
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    set_facts(hparams);
    hparams->rope.truncate = false; /* GGUF does not say, the published models do */
    if (hparams->n_ff == 0)
        hparams->n_ff = hparams->n_ff_expert;
    return windows_read_gguf(hparams, gguf, "gpt-oss", PERIOD, err);
}

/* Expert e's columns [first, first + n_out) of a (E, n_in, columns) tensor, step apart. */
static void bind_columns(struct binder *b, struct linear *linear, const struct tensor *tensor, size_t e, size_t first,
                         size_t step, size_t n_out, size_t n_in)
{
    bind_rows(b, linear, tensor, first, step, n_out, n_in);
    linear->transposed = true;
    linear->first_in = e * n_in;
}

static void bind_transposed_experts(struct binder *b, struct layer_weights *w, size_t width, size_t ff)
{
    size_t n = (size_t)w->n_experts;
    const struct tensor *gate_up = bind_shared(b, "mlp.experts.gate_up_proj", NULL, "", n * width, 2 * ff);
    const struct tensor *down = bind_shared(b, "mlp.experts.down_proj", NULL, "", n * ff, width);

    for (size_t e = 0; e < n; e++) {
        bind_columns(b, &w->experts[e].gate, gate_up, e, 0, 2, ff, width);
        bind_columns(b, &w->experts[e].up, gate_up, e, 1, 2, ff, width);
        bind_columns(b, &w->experts[e].down, down, e, 0, 1, width, ff);
    }
}

static void bind_mxfp4_experts(struct binder *b, struct layer_weights *w, size_t width, size_t ff)
{
    size_t n = (size_t)w->n_experts;
    const struct tensor *gate_up = bind_shared(b, "mlp.experts.gate_up_proj", NULL, "", n * 2 * ff, width);
    const struct tensor *down = bind_shared(b, "mlp.experts.down_proj", NULL, "", n * width, ff);

    experts_bind_pairs(b, w, gate_up, down, EXPERTS_INTERLEAVED);
}

static void bind_gguf_biases(struct binder *b, struct layer_weights *w, size_t width, size_t ff)
{
    size_t n = (size_t)w->n_experts;
    const struct tensor *gate = bind_shared(b, NULL, "ffn_gate_exps", ".bias", n, ff);
    const struct tensor *up = bind_shared(b, NULL, "ffn_up_exps", ".bias", n, ff);
    const struct tensor *down = bind_shared(b, NULL, "ffn_down_exps", ".bias", n, width);

    for (size_t e = 0; e < n; e++) {
        w->experts[e].gate.bias = bind_slice(b, gate, e * ff, 1, ff);
        w->experts[e].up.bias = bind_slice(b, up, e * ff, 1, ff);
        w->experts[e].down.bias = bind_slice(b, down, e * width, 1, width);
    }
}

static void bind_folder_biases(struct binder *b, struct layer_weights *w, size_t width, size_t ff)
{
    size_t n = (size_t)w->n_experts;
    const struct tensor *gate_up = bind_shared(b, "mlp.experts.gate_up_proj_bias", NULL, "", n, 2 * ff);
    const struct tensor *down = bind_shared(b, "mlp.experts.down_proj_bias", NULL, "", n, width);

    for (size_t e = 0; e < n; e++) {
        w->experts[e].gate.bias = bind_slice(b, gate_up, e * 2 * ff, 2, ff);
        w->experts[e].up.bias = bind_slice(b, gate_up, e * 2 * ff + 1, 2, ff);
        w->experts[e].down.bias = bind_slice(b, down, e * width, 1, width);
    }
}

/* MXFP4 blocks lie along the inner dimension, so that rows are output features. */
static bool is_block_quantized(struct binder *b)
{
    const struct tensor *tensor = bind_optional(b, "mlp.experts.gate_up_proj", NULL, "");

    return tensor && tensor->dtype->block_elements > 1;
}

static void bind_experts(struct binder *b, struct layer_weights *w)
{
    size_t width = (size_t)b->model->hparams.n_embd, ff = (size_t)b->model->hparams.n_ff_expert;

    experts_begin(b, w, "mlp.router", true);
    if (b->gguf) {
        experts_bind_gguf(b, w);
        bind_gguf_biases(b, w, width, ff);
        return;
    }
    (is_block_quantized(b) ? bind_mxfp4_experts : bind_transposed_experts)(b, w, width, ff);
    bind_folder_biases(b, w, width, ff);
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    const struct hparams *p = &model->hparams;
    size_t width = (size_t)p->n_embd;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, 0);
    decoder_bind_qkv(&b, w);
    decoder_bind_output(&b, w);
    w->sinks = bind_vector(&b, bind_tensor(&b, "self_attn", "attn_sinks", b.gguf ? ".weight" : ".sinks"),
                           (size_t)p->n_heads);
    bind_norm(&b, &w->mlp_norm, "post_attention_layernorm", "post_attention_norm", NORM_RMS, width, 0);
    bind_experts(&b, w);
    for (int e = 0; e < w->n_experts; e++) /* the reference multiplies and adds in two steps */
        w->experts[e].gate.bias_apart = w->experts[e].up.bias_apart = w->experts[e].down.bias_apart = true;
    return bind_end(&b);
}

const struct family family_gpt_oss = {
    .architecture = "GptOssForCausalLM",
    .gguf_architecture = "gpt-oss",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = decoder_bind_ends,
    .rounding = {.norm_once = true},
};
