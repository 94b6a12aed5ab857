/* GGUF version 3 (github.com/ggml-org/ggml, docs/gguf.md), without a tokenizer. */
#include "variant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ALIGNMENT = 32, MAX_NAME = 96, GGUF_UINT32 = 4, GGUF_FLOAT32 = 6, GGUF_STRING = 8 };

/* Names in a Hugging Face folder and in GGUF; a layer's follow "model.layers.N." and "blk.N.". */
static const char *const layer_names[][2] = {
    {"input_layernorm", "attn_norm"},      {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},        {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},   {"post_attention_layernorm", "ffn_norm"},
    {"mlp.gate_proj", "ffn_gate"},         {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
static const char *const outer_names[][2] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
};

struct item {
    char name[MAX_NAME];
    const struct tensor *tensor;
    const struct dtype *dtype;
    size_t size; /* bytes in dtype, unpadded */
};

static size_t padded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- what is written ---- */

static int add_item(struct item *items, size_t *n, const struct model *model, const char *prefix, const char *hf,
                    const char *gguf_prefix, const char *gguf, const struct dtype *dtype, struct error *err)
{
    struct item *item = &items[(*n)++];
    char name[MAX_NAME];

    snprintf(name, sizeof name, "%s%s.weight", prefix, hf);
    snprintf(item->name, sizeof item->name, "%s%s.weight", gguf_prefix, gguf);
    item->tensor = weights_find(model->weights, name);
    if (!item->tensor || strcmp(item->tensor->dtype->name, "F32") != 0)
        return fail(err, "%s: not there in F32", name);
    item->dtype = item->tensor->n_dims == 1 || prefix[0] == '\0' ? item->tensor->dtype : dtype;
    if (!tensor_bytes(item->dtype, item->tensor->n_dims, item->tensor->shape, &item->size))
        return fail(err, "%s: rows of %zu are no whole blocks of %s", name, tensor_columns(item->tensor), dtype->name);
    return 0;
}

static int list_items(struct item *items, size_t *n, const struct model *model, const struct dtype *dtype,
                      struct error *err)
{
    char prefix[MAX_NAME / 2], gguf_prefix[MAX_NAME / 2];

    for (size_t i = 0; i < sizeof outer_names / sizeof *outer_names; i++)
        if (add_item(items, n, model, "", outer_names[i][0], "", outer_names[i][1], dtype, err))
            return -1;
    for (int l = 0; l < model->hparams.n_layers; l++) {
        snprintf(prefix, sizeof prefix, "model.layers.%d.", l);
        snprintf(gguf_prefix, sizeof gguf_prefix, "blk.%d.", l);
        for (size_t i = 0; i < sizeof layer_names / sizeof *layer_names; i++)
            if (add_item(items, n, model, prefix, layer_names[i][0], gguf_prefix, layer_names[i][1], dtype, err))
                return -1;
    }
    return 0;
}

/* ---- the file ---- */

static void put(FILE *out, const void *bytes, size_t n)
{
    fwrite(bytes, 1, n, out); /* the caller asks ferror() */
}

static void put_u32(FILE *out, uint32_t value)
{
    put(out, &value, sizeof value);
}

static void put_u64(FILE *out, uint64_t value)
{
    put(out, &value, sizeof value);
}

static void put_string(FILE *out, const char *text)
{
    put_u64(out, strlen(text));
    put(out, text, strlen(text));
}

static void put_padding(FILE *out, size_t size)
{
    static const char zeros[ALIGNMENT];

    put(out, zeros, padded(size) - size);
}

static void put_metadata(FILE *out, const struct hparams *p)
{
    const struct {
        const char *key;
        int value;
    } numbers[] = {{"llama.block_count", p->n_layers},          {"llama.context_length", p->n_positions},
                   {"llama.embedding_length", p->n_embd},       {"llama.feed_forward_length", p->n_ff},
                   {"llama.attention.head_count", p->n_heads},  {"llama.attention.head_count_kv", p->n_kv_heads},
                   {"llama.attention.key_length", p->head_dim}, {"llama.vocab_size", p->n_vocab}};
    const struct {
        const char *key;
        float value;
    } reals[] = {{"llama.attention.layer_norm_rms_epsilon", (float)p->norm_eps},
                 {"llama.rope.freq_base", (float)p->rope.theta}};
    size_t n_numbers = sizeof numbers / sizeof *numbers, n_reals = sizeof reals / sizeof *reals;

    put_u64(out, 1 + n_numbers + n_reals);
    put_string(out, "general.architecture");
    put_u32(out, GGUF_STRING);
    put_string(out, "llama");
    for (size_t i = 0; i < n_numbers; i++) {
        put_string(out, numbers[i].key);
        put_u32(out, GGUF_UINT32);
        put_u32(out, (uint32_t)numbers[i].value);
    }
    for (size_t i = 0; i < n_reals; i++) {
        put_string(out, reals[i].key);
        put_u32(out, GGUF_FLOAT32);
        put(out, &reals[i].value, sizeof reals[i].value);
    }
}

static void put_table(FILE *out, const struct item *items, size_t n)
{
    uint64_t offset = 0;

    for (size_t i = 0; i < n; i++) {
        const struct tensor *t = items[i].tensor;
        put_string(out, items[i].name);
        put_u32(out, (uint32_t)t->n_dims);
        for (int d = t->n_dims - 1; d >= 0; d--) /* innermost first */
            put_u64(out, t->shape[d]);
        put_u32(out, (uint32_t)items[i].dtype->gguf_type);
        put_u64(out, offset);
        offset += padded(items[i].size);
    }
    put_padding(out, (size_t)ftell(out));
}

static void put_tensor(FILE *out, const struct item *item)
{
    encode_function *encode = variant_encoder(item->dtype->name);
    void *bytes = xcalloc(item->size, 1);

    encode(item->tensor->data, bytes, tensor_elements(item->tensor));
    put(out, bytes, item->size);
    put_padding(out, item->size);
    free(bytes);
}

int variant_write(const char *path, const struct model *model, const char *dtype_name, struct error *err)
{
    const struct dtype *dtype = dtype_by_name(dtype_name);
    size_t n = 0, capacity = 3 + 9 * (size_t)model->hparams.n_layers;
    struct item *items = xcalloc(capacity, sizeof *items);
    FILE *out = NULL;
    int rc = -1;

    if (!variant_encoder(dtype_name)) {
        fail(err, "%s is not among the types that can be written", dtype_name);
        goto done;
    }
    if (list_items(items, &n, model, dtype, err))
        goto done;
    if (!(out = fopen(path, "wb"))) {
        fail(err, "%s: %s", path, strerror(errno));
        goto done;
    }
    put(out, "GGUF", 4);
    put_u32(out, 3);
    put_u64(out, n);
    put_metadata(out, &model->hparams);
    put_table(out, items, n);
    for (size_t i = 0; i < n; i++)
        put_tensor(out, &items[i]);
    rc = ferror(out) ? fail(err, "%s: %s", path, strerror(errno)) : 0;
done:
    if (out && fclose(out) != 0 && rc == 0)
        rc = fail(err, "%s: %s", path, strerror(errno));
    free(items);
    return rc;
}
