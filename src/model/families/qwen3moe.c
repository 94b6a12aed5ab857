/* Qwen3-MoE: Qwen3 with a mixture of experts for the MLP of most layers; softmax
 * over all experts, then the best few. Folders have a tensor an expert (published)
 * or one for all (transformers 5 in memory), GGUF one for all. */
#include <stdio.h>

#include "model/families/decoder.h"
#include "model/families/experts.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->n_positions = 32768;
    hparams->n_kv_heads = 4;
    hparams->n_ff = 6144;
    hparams->n_ff_expert = 768;
    hparams->n_experts = 128;
    hparams->n_experts_used = 8;
}

static int read_dense_layers(struct hparams *hparams, const json_t *config, struct error *err)
{
    const json_t *dense = json_member(config, "mlp_only_layers");
    int step = 1;

    if (config_read_int(config, "decoder_sparse_step", &step, err))
        return -1;
    if (step <= 0)
        return fail(err, "\"decoder_sparse_step\" %d is not positive", step);
    for (int l = 0; l < hparams->n_layers && l < MAX_LAYERS; l++)
        hparams->moe_layer[l] = hparams->n_experts > 0 && (l + 1) % step == 0;
    for (size_t i = 0; i < json_array_size(dense); i++) {
        const json_t *layer = json_array_get(dense, i);
        if (!json_is_integer(layer))
            return fail(err, "\"mlp_only_layers\"[%zu] is not an integer", i);
        if (json_integer_value(layer) >= 0 && json_integer_value(layer) < MAX_LAYERS)
            hparams->moe_layer[json_integer_value(layer)] = false;
    }
    return 0;
}

/* A window, if used, is every layer's. */
static int read_window(struct hparams *hparams, const json_t *config, struct error *err)
{
    bool use = false;

    if (json_get_bool(config, "use_sliding_window", &use, err))
        return -1;
    return use ? windows_read_uniform(hparams, config, err) : 0;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    return decoder_read_attention_bias(hparams, config, err) || read_window(hparams, config, err) ||
                   config_read_int(config, "moe_intermediate_size", &hparams->n_ff_expert, err) ||
                   json_get_bool(config, "norm_topk_prob", &hparams->norm_topk, err) ||
                   read_dense_layers(hparams, config, err)
               ? -1
               : 0;
}

/* llama.cpp normalizes always, and has no dense layers. */
static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    hparams->norm_topk = true;
    for (int l = 0; l < hparams->n_layers && l < MAX_LAYERS; l++)
        hparams->moe_layer[l] = true;
    if (hparams->n_ff == 0)
        hparams->n_ff = hparams->n_ff_expert;
    return gguf_get_bool(gguf, "qwen3moe.expert_weights_norm", &hparams->norm_topk, err);
}

static void bind_fused(struct binder *b, struct layer_weights *w)
{
    size_t n = (size_t)w->n_experts, width = (size_t)b->model->hparams.n_embd;
    size_t ff = (size_t)b->model->hparams.n_ff_expert;
    const struct tensor *gate_up = bind_shared(b, "mlp.experts.gate_up_proj", NULL, "", n * 2 * ff, width);
    const struct tensor *down = bind_shared(b, "mlp.experts.down_proj", NULL, "", n * width, ff);

    experts_bind_pairs(b, w, gate_up, down, EXPERTS_HALVES);
}

static void bind_separate(struct binder *b, struct layer_weights *w)
{
    size_t width = (size_t)b->model->hparams.n_embd, ff = (size_t)b->model->hparams.n_ff_expert;
    char name[64];

    for (int e = 0; e < w->n_experts; e++) {
        snprintf(name, sizeof name, "mlp.experts.%d.gate_proj", e);
        bind_linear(b, &w->experts[e].gate, name, NULL, ff, width, false);
        snprintf(name, sizeof name, "mlp.experts.%d.up_proj", e);
        bind_linear(b, &w->experts[e].up, name, NULL, ff, width, false);
        snprintf(name, sizeof name, "mlp.experts.%d.down_proj", e);
        bind_linear(b, &w->experts[e].down, name, NULL, width, ff, false);
    }
}

static void bind_experts(struct binder *b, struct layer_weights *w)
{
    experts_begin(b, w, "mlp.gate", false);
    if (b->gguf)
        experts_bind_gguf(b, w);
    else if (bind_optional(b, "mlp.experts.gate_up_proj", NULL, ""))
        bind_fused(b, w);
    else
        bind_separate(b, w);
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
    if (model->hparams.moe_layer[layer])
        bind_experts(&b, w);
    else
        decoder_bind_mlp(&b, w);
    return bind_end(&b);
}

const struct family family_qwen3moe = {
    .architecture = "Qwen3MoeForCausalLM",
    .gguf_architecture = "qwen3moe",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = decoder_bind_ends,
};
