/* config.json. */
#include <stdlib.h>
#include <string.h>

#include "model/hparams_read.h"

/* A member that goes by several names in published files; the first that is there wins. */
struct int_key {
    size_t offset;
    const char *names[4];
};

static const struct int_key int_keys[] = {
    {offsetof(struct hparams, n_layers), {"num_hidden_layers", "n_layer", NULL}},
    {offsetof(struct hparams, n_embd), {"hidden_size", "n_embd", NULL}},
    {offsetof(struct hparams, n_heads), {"num_attention_heads", "n_head", NULL}},
    {offsetof(struct hparams, n_kv_heads), {"num_key_value_heads", NULL}},
    {offsetof(struct hparams, head_dim), {"head_dim", NULL}},
    {offsetof(struct hparams, n_ff), {"intermediate_size", "n_inner", "ffn_dim", NULL}},
    {offsetof(struct hparams, n_vocab), {"vocab_size", NULL}},
    {offsetof(struct hparams, n_positions), {"max_position_embeddings", "n_positions", "n_ctx", NULL}},
    {offsetof(struct hparams, n_experts), {"num_local_experts", "num_experts", NULL}},
    {offsetof(struct hparams, n_experts_used), {"num_experts_per_tok", NULL}},
    {offsetof(struct hparams, bos), {"bos_token_id", NULL}},
    {offsetof(struct hparams, eos), {"eos_token_id", NULL}},
};

static const char *const norm_eps_keys[] = {"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", NULL};
static const char *const activation_keys[] = {"hidden_act", "activation_function", NULL};

const json_t *config_text_part(const json_t *config)
{
    const json_t *text = json_member(config, "text_config");
    return text ? text : config;
}

int activation_by_name(const char *name, enum activation *activation, struct error *err)
{
    static const struct {
        const char *name;
        enum activation activation;
    } table[] = {
        {"silu", ACTIVATION_SILU},
        {"swish", ACTIVATION_SILU},
        {"gelu", ACTIVATION_GELU_ERF},
        {"gelu_python", ACTIVATION_GELU_ERF},
        {"gelu_new", ACTIVATION_GELU_NEW},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
        {"gelu_python_tanh", ACTIVATION_GELU_TANH},
        {"gelu_accurate", ACTIVATION_GELU_TANH},
        {"gelu_fast", ACTIVATION_GELU_TANH},
        {"relu", ACTIVATION_RELU},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) {
            *activation = table[i].activation;
            return 0;
        }
    return fail(err, "activation \"%s\" is not supported", name);
}

int config_read_int(const json_t *config, const char *name, int *value, struct error *err)
{
    long number = *value;

    if (json_get_long(config, name, &number, err))
        return -1;
    if (number < INT32_MIN || number > INT32_MAX)
        return fail(err, "\"%s\" is out of range", name);
    *value = (int)number;
    return 0;
}

static int read_int(struct hparams *hparams, const struct int_key *key, const json_t *config, struct error *err)
{
    for (int i = 0; key->names[i]; i++) {
        const json_t *member = json_member(config, key->names[i]);
        if (member && !json_is_array(member)) /* eos_token_id may be a list; none is needed */
            return config_read_int(config, key->names[i], (int *)((char *)hparams + key->offset), err);
    }
    return 0;
}

static int read_norm_eps(struct hparams *hparams, const json_t *config, struct error *err)
{
    for (int i = 0; norm_eps_keys[i]; i++)
        if (json_get_double(config, norm_eps_keys[i], &hparams->norm_eps, err))
            return -1;
    return 0;
}

static int read_activation(struct hparams *hparams, const json_t *config, struct error *err)
{
    const char *name = NULL;

    for (int i = 0; activation_keys[i] && !name; i++)
        if (json_get_string(config, activation_keys[i], &name, err))
            return -1;
    return name ? activation_by_name(name, &hparams->activation, err) : 0;
}

int hparams_read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    for (size_t i = 0; i < sizeof int_keys / sizeof *int_keys; i++)
        if (read_int(hparams, &int_keys[i], config, err))
            return -1;
    if (hparams->n_kv_heads == 0)
        hparams->n_kv_heads = hparams->n_heads;
    if (hparams->head_dim == 0 && hparams->n_heads > 0)
        hparams->head_dim = hparams->n_embd / hparams->n_heads;
    if (read_norm_eps(hparams, config, err) || read_activation(hparams, config, err) ||
        json_get_bool(config, "tie_word_embeddings", &hparams->tied_embedding, err))
        return -1;
    return rope_read_top(hparams, config, err);
}
