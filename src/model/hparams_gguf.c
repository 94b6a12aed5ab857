/* GGUF metadata: "<architecture>.<key>". */
#include <stdio.h>
#include <string.h>

#include "model/hparams_read.h"

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
    {offsetof(struct hparams, n_ff_expert), "expert_feed_forward_length"},
    {offsetof(struct hparams, n_experts), "expert_count"},
    {offsetof(struct hparams, n_experts_used), "expert_used_count"},
    {offsetof(struct hparams, n_positions), "context_length"},
    {offsetof(struct hparams, n_vocab), "vocab_size"},
};

int metadata_read_int(const struct gguf *gguf, const char *architecture, const char *key, int *value,
                      struct error *err)
{
    char name[128];
    long number = *value;

    snprintf(name, sizeof name, "%s.%s", architecture, key);
    if (gguf_get_long(gguf, name, &number, err))
        return -1;
    if (number < INT32_MIN || number > INT32_MAX)
        return fail(err, "metadata key %s is out of range", name);
    *value = (int)number;
    return 0;
}

int metadata_read_double(const struct gguf *gguf, const char *architecture, const char *key, double *value,
                         struct error *err)
{
    char name[128];

    snprintf(name, sizeof name, "%s.%s", architecture, key);
    return gguf_get_double(gguf, name, value, err);
}

/* -1 where the file has none; some write that as 2^32 - 1. */
static int read_special_id(const struct gguf *gguf, const char *key, int *id, struct error *err)
{
    long number = -1;

    if (gguf_get_long(gguf, key, &number, err))
        return -1;
    *id = number < 0 || number > INT32_MAX ? -1 : (int)number;
    return 0;
}

int hparams_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, struct error *err)
{
    for (size_t i = 0; i < sizeof int_keys / sizeof *int_keys; i++) {
        int *field = (int *)((char *)hparams + int_keys[i].offset);
        if (metadata_read_int(gguf, architecture, int_keys[i].name, field, err))
            return -1;
    }
    if (metadata_read_double(gguf, architecture, "attention.layer_norm_epsilon", &hparams->norm_eps, err) ||
        metadata_read_double(gguf, architecture, "attention.layer_norm_rms_epsilon", &hparams->norm_eps, err))
        return -1;
    if (hparams->n_kv_heads == 0)
        hparams->n_kv_heads = hparams->n_heads;
    if (hparams->head_dim == 0 && hparams->n_heads > 0)
        hparams->head_dim = hparams->n_embd / hparams->n_heads;
    if (read_special_id(gguf, "tokenizer.ggml.bos_token_id", &hparams->bos, err) ||
        read_special_id(gguf, "tokenizer.ggml.eos_token_id", &hparams->eos, err))
        return -1;
    return rope_read_gguf(hparams, gguf, architecture, err);
}
