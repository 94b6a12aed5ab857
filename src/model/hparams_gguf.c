/* GGUF metadata: "<architecture>.<key>". */
#include "model/hparams_read.h"

#include <stdio.h>
#include <string.h>

struct int_key {
    size_t offset;
    const char *name;
};

static const struct int_key int_keys[] = {
    {offsetof(struct hparams, n_layers), "block_count"},
    {offsetof(struct hparams, n_embd), "embedding_length"},
    {offsetof(struct hparams, n_heads), "attention.head_count"},
    {offsetof(struct hparams, n_kv_heads), "attention.head_count_kv"},
    {offsetof(struct hparams, head_dim), "attention.key_length"},
    {offsetof(struct hparams, n_ff), "feed_forward_length"},
    {offsetof(struct hparams, n_positions), "context_length"},
    {offsetof(struct hparams, rope.n_dims), "rope.dimension_count"},
    {offsetof(struct hparams, rope.original_positions), "rope.scaling.original_context_length"},
    {offsetof(struct hparams, n_vocab), "vocab_size"},
};

struct double_key {
    size_t offset;
    const char *name;
};

static const struct double_key double_keys[] = {
    {offsetof(struct hparams, norm_eps), "attention.layer_norm_epsilon"},
    {offsetof(struct hparams, norm_eps), "attention.layer_norm_rms_epsilon"},
    {offsetof(struct hparams, rope.theta), "rope.freq_base"},
    {offsetof(struct hparams, rope.factor), "rope.scaling.factor"},
    {offsetof(struct hparams, rope.attention_factor), "rope.scaling.attn_factor"},
    {offsetof(struct hparams, rope.beta_fast), "rope.scaling.yarn_beta_fast"},
    {offsetof(struct hparams, rope.beta_slow), "rope.scaling.yarn_beta_slow"},
};

static const char *key_name(char name[128], const char *architecture, const char *key)
{
    snprintf(name, 128, "%s.%s", architecture, key);
    return name;
}

static int read_int(struct hparams *hparams, const struct int_key *key, const struct gguf *gguf,
                    const char *architecture, struct error *err)
{
    int *field = (int *)((char *)hparams + key->offset);
    long value = *field;
    char name[128];

    if (gguf_get_long(gguf, key_name(name, architecture, key->name), &value, err))
        return -1;
    if (value < INT32_MIN || value > INT32_MAX)
        return fail(err, "\"%s\" is out of range", name);
    *field = (int)value;
    return 0;
}

static int read_rope_scaling(struct rope *rope, const struct gguf *gguf, const char *architecture, struct error *err)
{
    char name[128];
    struct gguf_string type = {0};

    if (gguf_get_string(gguf, key_name(name, architecture, "rope.scaling.type"), &type, err))
        return -1;
    if (type.length == 6 && memcmp(type.text, "linear", 6) == 0)
        rope->scaling = ROPE_SCALING_LINEAR;
    else if (type.length == 4 && memcmp(type.text, "yarn", 4) == 0)
        rope->scaling = ROPE_SCALING_YARN;
    else if (type.length == 8 && memcmp(type.text, "longrope", 8) == 0)
        rope->scaling = ROPE_SCALING_LONGROPE;
    return 0;
}

static int read_special_ids(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    long bos = hparams->bos, eos = hparams->eos;

    if (gguf_get_long(gguf, "tokenizer.ggml.bos_token_id", &bos, err) ||
        gguf_get_long(gguf, "tokenizer.ggml.eos_token_id", &eos, err))
        return -1;
    hparams->bos = (int)bos;
    hparams->eos = (int)eos;
    return 0;
}

int hparams_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, struct error *err)
{
    for (size_t i = 0; i < sizeof int_keys / sizeof *int_keys; i++)
        if (read_int(hparams, &int_keys[i], gguf, architecture, err))
            return -1;
    for (size_t i = 0; i < sizeof double_keys / sizeof *double_keys; i++) {
        double *field = (double *)((char *)hparams + double_keys[i].offset);
        char name[128];
        if (gguf_get_double(gguf, key_name(name, architecture, double_keys[i].name), field, err))
            return -1;
    }
    if (hparams->n_kv_heads == 0)
        hparams->n_kv_heads = hparams->n_heads;
    if (hparams->head_dim == 0 && hparams->n_heads > 0)
        hparams->head_dim = hparams->n_embd / hparams->n_heads;
    if (hparams->rope.n_dims == 0)
        hparams->rope.n_dims = hparams->head_dim;
    if (hparams->rope.original_positions == 0)
        hparams->rope.original_positions = hparams->n_positions;
    return read_rope_scaling(&hparams->rope, gguf, architecture, err) || read_special_ids(hparams, gguf, err) ? -1
                                                                                                             : 0;
}
