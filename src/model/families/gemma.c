#include "model/families/gemma.h"

#include <math.h>

#include "model/hparams_read.h"

static const float norm_offset = 1;

void gemma_set_defaults(struct hparams *hparams)
{
    hparams->n_embd = 2304;
    hparams->n_layers = 26;
    hparams->n_heads = 8;
    hparams->n_kv_heads = 4;
    hparams->head_dim = 256;
    hparams->n_ff = 9216;
    hparams->tied_embedding = true;
    hparams->window[0] = 4096;
}

int gemma_read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    const char *activation = "gelu_pytorch_tanh";
    double scalar = 256;
    bool bidirectional = false;

    if (json_get_string(config, "hidden_activation", &activation, err) ||
        activation_by_name(activation, &hparams->activation, err) ||
        json_get_double(config, "query_pre_attn_scalar", &scalar, err) ||
        json_get_bool(config, "use_bidirectional_attention", &bidirectional, err))
        return -1;
    if (!(scalar > 0))
        return fail(err, "\"query_pre_attn_scalar\" %g is not positive", scalar);
    if (bidirectional)
        return fail(err, "bidirectional attention is not supported");
    hparams->attention_scale = 1 / sqrt(scalar);
    hparams->embedding_scale = sqrt(hparams->n_embd);
    return decoder_read_attention_bias(hparams, config, err);
}

void gemma_set_gguf_facts(struct hparams *hparams, int layers_of_27b)
{
    hparams->activation = ACTIVATION_GELU_TANH;
    hparams->embedding_scale = sqrt(hparams->n_embd);
    if (hparams->n_layers == layers_of_27b && hparams->n_heads > 0)
        hparams->attention_scale = 1 / sqrt(hparams->n_embd / hparams->n_heads);
}

int gemma_bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);

    bind_norm(&b, &w->attention_norm, "input_layernorm", "attn_norm", NORM_RMS, width, norm_offset);
    decoder_bind_qkv(&b, w);
    decoder_bind_output(&b, w);
    bind_norm(&b, &w->attention_post_norm, "post_attention_layernorm", "post_attention_norm", NORM_RMS, width,
              norm_offset);
    bind_norm(&b, &w->mlp_norm, "pre_feedforward_layernorm", "ffn_norm", NORM_RMS, width, norm_offset);
    decoder_bind_mlp(&b, w);
    bind_norm(&b, &w->mlp_post_norm, "post_feedforward_layernorm", "post_ffw_norm", NORM_RMS, width, norm_offset);
    return bind_end(&b);
}

int gemma_bind_ends(const struct model *model, struct end_weights *w, struct error *err)
{
    size_t width = (size_t)model->hparams.n_embd;
    struct binder b = bind_root_begin(model, "model.layers.", &w->sums, err);

    w->embedding = bind_table(&b, "embed_tokens", "token_embd", (size_t)model->hparams.n_vocab, width);
    bind_norm(&b, &w->final_norm, "norm", "output_norm", NORM_RMS, width, norm_offset);
    return bind_end(&b);
}
