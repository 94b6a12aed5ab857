/* Random weights without a file, for benches and dry runs: a model of the Llama
 * family whose proportions stand in its path:
 *
 *     synthetic:llama?layers=4&embd=4096&heads=32&kv_heads=8&mlp=14336&vocab=32000&dtype=BF16&seed=1
 *
 * Names, shapes and configuration are those of a Hugging Face folder; there is no
 * tokenizer. A linear map of n inputs is uniform with variance 1 / n, so that states
 * keep their size. With header_only nothing is generated. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "weights/format.h"

static const char PREFIX[] = "synthetic:llama";

enum { MAX_NAME = 96, STRIP = 4096 /* elements that one thread makes at a time */ };

struct proportions {
    long layers, embd, heads, kv_heads, head_dim, mlp, vocab, context, seed;
    const struct dtype *dtype;
};

/* Numbers of the path. 0 as default: derived from others. */
static const struct {
    const char *key;
    size_t offset;
    long fallback, least;
} settings[] = {
    {"layers", offsetof(struct proportions, layers), 2, 1},
    {"embd", offsetof(struct proportions, embd), 256, 1},
    {"heads", offsetof(struct proportions, heads), 4, 1},
    {"kv_heads", offsetof(struct proportions, kv_heads), 0, 1}, /* heads */
    {"head_dim", offsetof(struct proportions, head_dim), 0, 2}, /* embd / heads */
    {"mlp", offsetof(struct proportions, mlp), 0, 1},           /* 4 embd */
    {"vocab", offsetof(struct proportions, vocab), 1000, 1},
    {"context", offsetof(struct proportions, context), 4096, 1},
    {"seed", offsetof(struct proportions, seed), 1, 0},
};

enum { MAX_SETTING = 1 << 30 };

/* ---- the path ---- */

static int set_number(struct proportions *p, const char *key, const char *text, struct error *err)
{
    char *end;
    long value = strtol(text, &end, 10);

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(settings[i].key, key) != 0)
            continue;
        if (end == text || *end || value < settings[i].least || value > MAX_SETTING)
            return fail(err, "%s=%.40s: not a number from %ld to %d", key, text, settings[i].least, MAX_SETTING);
        memcpy((char *)p + settings[i].offset, &value, sizeof value);
        return 0;
    }
    return fail(err,
                "unknown setting \"%.40s\" (layers, embd, heads, kv_heads, head_dim, mlp, vocab, context, seed, dtype)",
                key);
}

static int set_dtype(struct proportions *p, const char *text, struct error *err)
{
    if (strcmp(text, "F32") != 0 && strcmp(text, "BF16") != 0)
        return fail(err, "dtype=%.40s: neither F32 nor BF16", text);
    p->dtype = dtype_by_name(text);
    return 0;
}

/* `query` is KEY=VALUE&KEY=VALUE ..., and is written to. */
static int parse_query(struct proportions *p, char *query, struct error *err)
{
    char *rest = query, *key;

    while ((key = strsep(&rest, "&"))) {
        char *value = strchr(key, '=');
        if (!value)
            return fail(err, "\"%.40s\" is not KEY=VALUE", key);
        *value++ = '\0';
        if (strcmp(key, "dtype") == 0 ? set_dtype(p, value, err) : set_number(p, key, value, err))
            return -1;
    }
    return 0;
}

static int parse_path(const char *path, struct proportions *p, struct error *err)
{
    const char *query = path + sizeof PREFIX - 1;
    int rc = 0;

    *p = (struct proportions){.dtype = dtype_by_name("F32")};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        memcpy((char *)p + settings[i].offset, &settings[i].fallback, sizeof(long));
    if (*query == '?') {
        char *copy = xstrdup(query + 1);
        rc = parse_query(p, copy, err);
        free(copy);
    } else if (*query) {
        rc = fail(err, "settings follow a question mark");
    }
    p->kv_heads = p->kv_heads ? p->kv_heads : p->heads;
    p->head_dim = p->head_dim ? p->head_dim : p->embd / p->heads;
    p->mlp = p->mlp ? p->mlp : 4 * p->embd;
    if (rc == 0 && (p->heads % p->kv_heads || p->head_dim < 2 || p->head_dim % 2))
        rc = fail(err, "heads is no multiple of kv_heads, or head_dim is not even");
    return rc;
}

/* ---- the layout ---- */

/* A tensor to be; norms have one dimension. */
struct planned {
    char name[MAX_NAME];
    int n_dims;
    size_t shape[2], offset, size;
};

struct layout {
    struct planned *items;
    size_t n, capacity, size;
    const struct dtype *dtype;
    bool overflows;
};

/* rows 0: a norm of `columns` numbers. */
static void plan_tensor(struct layout *layout, const char *prefix, const char *name, long rows, long columns)
{
    struct planned item = {.n_dims = rows ? 2 : 1, .offset = layout->size};

    item.shape[0] = (size_t)(rows ? rows : columns);
    item.shape[1] = (size_t)columns;
    snprintf(item.name, sizeof item.name, "%s%s.weight", prefix, name);
    if (!tensor_bytes(layout->dtype, item.n_dims, item.shape, &item.size) ||
        !size_add(layout->size, (item.size + 63) / 64 * 64, &layout->size))
        layout->overflows = true;
    layout->items = array_grow(layout->items, layout->n, &layout->capacity, sizeof *layout->items);
    layout->items[layout->n++] = item;
}

static void plan_layer(struct layout *layout, const struct proportions *p, long layer)
{
    char prefix[64];
    long q = p->heads * p->head_dim, kv = p->kv_heads * p->head_dim;

    snprintf(prefix, sizeof prefix, "model.layers.%ld.", layer);
    plan_tensor(layout, prefix, "input_layernorm", 0, p->embd);
    plan_tensor(layout, prefix, "self_attn.q_proj", q, p->embd);
    plan_tensor(layout, prefix, "self_attn.k_proj", kv, p->embd);
    plan_tensor(layout, prefix, "self_attn.v_proj", kv, p->embd);
    plan_tensor(layout, prefix, "self_attn.o_proj", p->embd, q);
    plan_tensor(layout, prefix, "post_attention_layernorm", 0, p->embd);
    plan_tensor(layout, prefix, "mlp.gate_proj", p->mlp, p->embd);
    plan_tensor(layout, prefix, "mlp.up_proj", p->mlp, p->embd);
    plan_tensor(layout, prefix, "mlp.down_proj", p->embd, p->mlp);
}

static void plan_model(struct layout *layout, const struct proportions *p)
{
    plan_tensor(layout, "model.", "embed_tokens", p->vocab, p->embd);
    for (long layer = 0; layer < p->layers && !layout->overflows; layer++)
        plan_layer(layout, p, layer);
    plan_tensor(layout, "model.", "norm", 0, p->embd);
    plan_tensor(layout, "", "lm_head", p->vocab, p->embd);
}

/* ---- the numbers ---- */

static void store(const struct dtype *dtype, uint8_t *bytes, size_t index, float value)
{
    if (dtype->block_bytes == sizeof value)
        memcpy(bytes + index * sizeof value, &value, sizeof value);
    else /* BF16: the upper half; what is lost is of no interest */
        memcpy(bytes + index * 2, (const char *)&value + 2, 2);
}

/* Elements [begin, end) of tensor number `stream`: uniform in centre +- half_width, two from a draw. */
static void fill(const struct dtype *dtype, uint8_t *bytes, size_t begin, size_t end, uint64_t seed, uint64_t stream,
                 float centre, float half_width)
{
    for (size_t i = begin; i < end; i++) {
        uint64_t bits = random_u64(seed, stream, i / 2) >> i % 2 * 32;
        float unit = (float)(int32_t)(uint32_t)bits * 0x1p-31f; /* [-1, 1] */
        store(dtype, bytes, i, centre + half_width * unit);
    }
}

/* A norm's weights lie in [0.9, 1.1]; an embedding has variance 1. */
static void generate(const struct planned *item, const struct dtype *dtype, uint8_t *bytes, uint64_t seed,
                     uint64_t stream)
{
    bool is_norm = item->n_dims == 1, is_embedding = strcmp(item->name, "model.embed_tokens.weight") == 0;
    size_t n = item->size / dtype->block_bytes;
    float centre = is_norm ? 1.0f : 0.0f;
    float half_width = is_norm ? 0.1f : sqrtf(3.0f / (is_embedding ? 1.0f : (float)item->shape[1]));

#pragma omp parallel for schedule(static)
    for (size_t begin = 0; begin < n; begin += STRIP)
        fill(dtype, bytes, begin, begin + STRIP < n ? begin + STRIP : n, seed, stream, centre, half_width);
}

/* ---- the model ---- */

/* The configuration as a file would hold it, so that it counts in the fingerprint. */
static int make_config(struct weights *weights, const struct proportions *p, struct error *err)
{
    uint8_t *bytes;
    char *text =
        xasprintf("{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\", \"hidden_act\": \"silu\", "
                  "\"num_hidden_layers\": %ld, \"hidden_size\": %ld, \"num_attention_heads\": %ld, "
                  "\"num_key_value_heads\": %ld, \"head_dim\": %ld, \"intermediate_size\": %ld, "
                  "\"vocab_size\": %ld, \"max_position_embeddings\": %ld, \"rms_norm_eps\": 1e-05, "
                  "\"rope_theta\": 10000.0, \"tie_word_embeddings\": false, \"bos_token_id\": 0}",
                  p->layers, p->embd, p->heads, p->kv_heads, p->head_dim, p->mlp, p->vocab, p->context);
    int rc = map_memory(&weights->config_map, strlen(text), weights->path, &bytes, err);

    if (rc == 0) {
        memcpy(bytes, text, strlen(text));
        weights->config = json_read_text(text, strlen(text), weights->path, err);
        rc = weights->config ? 0 : -1;
    }
    free(text);
    return rc;
}

/* Memory for the tensors in place of a file. */
static struct weights_file *make_file(struct weights *weights, size_t size, uint8_t **bytes, struct error *err)
{
    struct map map;

    if (map_memory(&map, size, weights->path, bytes, err))
        return NULL;
    weights->files = array_grow(weights->files, weights->n_files, &weights->files_capacity, sizeof *weights->files);
    weights->files[weights->n_files] = (struct weights_file){.map = map, .has_data = true};
    return &weights->files[weights->n_files++];
}

static int make_tensors(struct weights *weights, const struct layout *layout, uint64_t seed, struct error *err)
{
    uint8_t *bytes = NULL;
    struct weights_file none = {0}, *file = &none;

    if (!weights->header_only && !(file = make_file(weights, layout->size, &bytes, err)))
        return -1;
    for (size_t i = 0; i < layout->n; i++) {
        const struct planned *item = &layout->items[i];
        struct gguf_string name = {item->name, strlen(item->name)};
        if (!weights_add_tensor(weights, file, name, layout->dtype, item->n_dims, item->shape, item->offset, err))
            return -1;
        if (bytes)
            generate(item, layout->dtype, bytes + item->offset, seed, i);
    }
    return 0;
}

static int synthetic_load(struct weights *weights, struct error *err)
{
    struct proportions p;
    struct layout layout = {0};

    if (parse_path(weights->path, &p, err))
        return fail_prefix(err, "%s", weights->path);
    layout.dtype = p.dtype;
    plan_model(&layout, &p);
    int rc = layout.overflows ? fail(err, "%s: the tensors' sizes overflow", weights->path)
                              : make_tensors(weights, &layout, (uint64_t)p.seed, err);
    if (rc == 0)
        rc = make_config(weights, &p, err);
    free(layout.items);
    return rc;
}

static bool synthetic_recognizes(const char *path)
{
    return strncmp(path, PREFIX, sizeof PREFIX - 1) == 0;
}

const struct weights_format synthetic_format = {
    .name = "synthetic", .recognizes = synthetic_recognizes, .load = synthetic_load};
