/* Sizes and costs of a model, from its tensors where the files hold them, else from
 * its hyper-parameters. */
#include "model/model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static uint64_t square(const struct hparams *p, int out)
{
    return (uint64_t)p->n_embd * (uint64_t)out;
}

static uint64_t attention_weights(const struct hparams *p)
{
    return 2 * square(p, p->n_heads * p->head_dim) + 2 * square(p, p->n_kv_heads * p->head_dim);
}

/* Of one MLP or one expert. */
static uint64_t mlp_weights(const struct hparams *p)
{
    return (p->gated_mlp ? 3 : 2) * square(p, p->n_ff);
}

static bool is_moe(const struct hparams *p, int layer)
{
    return p->n_experts > 0 && p->moe_layer[layer];
}

static uint64_t layer_weights_of(const struct hparams *p, int layer, int n_experts)
{
    uint64_t router = is_moe(p, layer) ? square(p, p->n_experts) : 0;
    return attention_weights(p) + router + mlp_weights(p) * (uint64_t)(is_moe(p, layer) ? n_experts : 1);
}

/* Elements of all tensors that are weights: buffers of older files, such as masks
 * and rotary frequencies, are not. */
static bool is_weight(const char *name)
{
    static const char *const buffers[] = {"rotary_emb.inv_freq", ".attn.bias", ".masked_bias", "rope_freqs",
                                          "attention.bias", "rope_factors"};

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (strstr(name, buffers[i]) && !strstr(name, "c_attn.bias"))
            return false;
    return true;
}

static uint64_t stored_parameters(const struct model *model)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < weights_count(model->weights); i++) {
        const struct tensor *tensor = weights_at(model->weights, i);
        bool copy = model->hparams.tied_embedding && strcmp(tensor->name, "lm_head.weight") == 0;
        if (is_weight(tensor->name) && !copy)
            sum += tensor_elements(tensor);
    }
    return sum;
}

uint64_t model_parameters(const struct model *model)
{
    const struct hparams *p = &model->hparams;
    uint64_t sum = square(p, p->n_vocab) * (p->tied_embedding ? 1 : 2);

    if (weights_count(model->weights) > 0)
        return stored_parameters(model);
    for (int l = 0; l < p->n_layers; l++)
        sum += layer_weights_of(p, l, p->n_experts);
    return sum;
}

/* "blk.7.attn_q.weight", "model.layers.7.mlp...", "transformer.h.7...." */
static int layer_of_tensor(const char *name)
{
    static const char *const marks[] = {"blk.", "layers.", "h."};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *at = strstr(name, marks[i]);
        if (at && (at == name || at[-1] == '.') && isdigit((unsigned char)at[strlen(marks[i])]))
            return atoi(at + strlen(marks[i]));
    }
    return -1;
}

uint64_t model_layer_bytes(const struct model *model, int layer)
{
    enum { ASSUMED_BYTES = 2 }; /* of a weight, where no file says: as published, BF16 */
    const struct hparams *p = &model->hparams;
    uint64_t sum = 0;

    if (weights_count(model->weights) == 0)
        return ASSUMED_BYTES * layer_weights_of(p, layer, p->n_experts);
    for (size_t i = 0; i < weights_count(model->weights); i++) {
        const struct tensor *tensor = weights_at(model->weights, i);
        if (layer_of_tensor(tensor->name) == layer)
            sum += tensor->size;
    }
    return sum;
}

double model_layer_flop(const struct model *model, int layer)
{
    return 2.0 * (double)layer_weights_of(&model->hparams, layer, model->hparams.n_experts_used);
}

double model_attention_flop(const struct model *model, int layer, int n_tokens)
{
    const struct hparams *p = &model->hparams;
    double n = n_tokens, window = p->window[layer] > 0 && p->window[layer] < n ? p->window[layer] : n;
    double pairs = window * (window + 1) / 2 + (n - window) * window; /* visible (row, key) */

    return 4.0 * p->n_heads * p->head_dim * pairs;
}
