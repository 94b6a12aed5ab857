/* config.json. */
#include "model/hparams_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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
    {offsetof(struct hparams, bos), {"bos_token_id", NULL}},
    {offsetof(struct hparams, eos), {"eos_token_id", NULL}},
};

static const char *const norm_eps_keys[] = {"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", NULL};
static const char *const activation_keys[] = {"hidden_activation", "hidden_act", "activation_function", NULL};

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
        {"gelu_new", ACTIVATION_GELU_TANH},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
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

static int read_int(struct hparams *hparams, const struct int_key *key, const json_t *config, struct error *err)
{
    int *field = (int *)((char *)hparams + key->offset);

    for (int i = 0; key->names[i]; i++) {
        const json_t *member = json_member(config, key->names[i]);
        if (!member || json_is_array(member)) /* eos_token_id may be a list; none is needed */
            continue;
        if (!json_is_integer(member))
            return fail(err, "\"%s\" is not an integer", key->names[i]);
        json_int_t value = json_integer_value(member);
        if (value < INT32_MIN || value > INT32_MAX)
            return fail(err, "\"%s\" is out of range", key->names[i]);
        *field = (int)value;
        return 0;
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

static int rope_kind(const char *name, enum rope_scaling *scaling, struct error *err)
{
    static const struct {
        const char *name;
        enum rope_scaling scaling;
    } table[] = {
        {"default", ROPE_SCALING_NONE},   {"linear", ROPE_SCALING_LINEAR},     {"dynamic", ROPE_SCALING_DYNAMIC},
        {"llama3", ROPE_SCALING_LLAMA3},  {"longrope", ROPE_SCALING_LONGROPE}, {"su", ROPE_SCALING_LONGROPE},
        {"yarn", ROPE_SCALING_YARN},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) {
            *scaling = table[i].scaling;
            return 0;
        }
    return fail(err, "rotary embedding of type \"%s\" is not supported", name);
}

/* An array of n_dims / 2 factors; its length is checked when n_dims is known. */
static int read_factors(const json_t *parameters, const char *name, float **factors, int *n, struct error *err)
{
    const json_t *array = json_member(parameters, name);

    if (!array)
        return 0;
    if (!json_is_array(array))
        return fail(err, "\"%s\" is not an array", name);
    *n = (int)json_array_size(array);
    free(*factors);
    *factors = xcalloc((size_t)*n, sizeof **factors);
    for (int i = 0; i < *n; i++) {
        const json_t *item = json_array_get(array, (size_t)i);
        if (!json_is_number(item))
            return fail(err, "\"%s\"[%d] is not a number", name, i);
        (*factors)[i] = (float)json_number_value(item);
    }
    return 0;
}

int rope_read_config(struct rope *rope, const json_t *p, struct error *err)
{
    const char *kind = NULL;
    long original = rope->original_positions;

    if (json_get_string(p, "type", &kind, err) || json_get_string(p, "rope_type", &kind, err) ||
        json_get_double(p, "rope_theta", &rope->theta, err) || json_get_double(p, "factor", &rope->factor, err) ||
        json_get_long(p, "original_max_position_embeddings", &original, err) ||
        json_get_double(p, "low_freq_factor", &rope->low_freq_factor, err) ||
        json_get_double(p, "high_freq_factor", &rope->high_freq_factor, err) ||
        json_get_double(p, "beta_fast", &rope->beta_fast, err) ||
        json_get_double(p, "beta_slow", &rope->beta_slow, err) || json_get_double(p, "mscale", &rope->mscale, err) ||
        json_get_double(p, "mscale_all_dim", &rope->mscale_all_dim, err) ||
        json_get_bool(p, "truncate", &rope->truncate, err) ||
        json_get_double(p, "attention_factor", &rope->attention_factor, err) ||
        read_factors(p, "short_factor", &rope->short_factor, &rope->n_short, err) ||
        read_factors(p, "long_factor", &rope->long_factor, &rope->n_long, err))
        return -1;
    rope->original_positions = (int)original;
    return kind ? rope_kind(kind, &rope->scaling, err) : 0;
}

/* The rotary dimensions: a share of head_dim, by any of its names. */
static int read_rotary_share(const struct hparams *hparams, struct rope *rope, const json_t *config,
                             struct error *err)
{
    double share = 1;

    if (json_get_double(config, "rotary_pct", &share, err) ||
        json_get_double(config, "partial_rotary_factor", &share, err) ||
        json_get_double(config, "rope_parameters.partial_rotary_factor", &share, err))
        return -1;
    if (!(share > 0 && share <= 1))
        return fail(err, "partial_rotary_factor %g is not in (0, 1]", share);
    rope->n_dims = (int)(share * hparams->head_dim);
    return 0;
}

static int read_rope(struct hparams *hparams, const json_t *config, struct error *err)
{
    struct rope *rope = &hparams->rope;
    const json_t *scaling = json_member(config, "rope_scaling"), *parameters = json_member(config, "rope_parameters");
    long original = hparams->n_positions;

    if (json_get_long(config, "original_max_position_embeddings", &original, err))
        return -1;
    rope->original_positions = (int)original;
    if (json_get_double(config, "rotary_emb_base", &rope->theta, err) ||
        json_get_double(config, "rope_theta", &rope->theta, err))
        return -1;
    if (scaling && rope_read_config(rope, scaling, err))
        return -1;
    if (parameters && rope_read_config(rope, parameters, err))
        return -1;
    return read_rotary_share(hparams, rope, config, err);
}

/* sliding_window applies to all layers, but where layer_types says otherwise. */
static int read_windows(struct hparams *hparams, const json_t *config, struct error *err)
{
    const json_t *types = json_member(config, "layer_types");
    long window = 0;
    bool use = true;

    if (json_get_long(config, "sliding_window", &window, err) ||
        json_get_bool(config, "use_sliding_window", &use, err))
        return -1;
    for (int l = 0; l < hparams->n_layers && l < MAX_LAYERS; l++) {
        const char *type = json_string_value(json_array_get(types, (size_t)l));
        bool full = type && strcmp(type, "full_attention") == 0;
        hparams->window[l] = use && !full ? (int)window : 0;
    }
    return 0;
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
    return read_rope(hparams, config, err) || read_windows(hparams, config, err) ? -1 : 0;
}
