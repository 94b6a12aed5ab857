#include "model/bind.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { NAME_SIZE = 192 };

static bool any_tensor_begins(const struct weights *weights, const char *prefix)
{
    size_t n = strlen(prefix);

    for (size_t i = 0; i < weights_count(weights); i++)
        if (strncmp(weights_at(weights, i)->name, prefix, n) == 0)
            return true;
    return false;
}

/* "model.layers." as it is, or without its first part where the file lacks that. */
static const char *published_prefix(const struct model *model, const char *prefix)
{
    const char *dot = strchr(prefix, '.');

    if (!dot || any_tensor_begins(model->weights, prefix) || !any_tensor_begins(model->weights, dot + 1))
        return prefix;
    return dot + 1;
}

static struct binder begin(const struct model *model, struct error *err)
{
    return (struct binder){.model = model, .gguf = weights_gguf(model->weights) != NULL, .err = err};
}

struct binder bind_layer_begin(const struct model *model, const char *hf_layers, int layer, struct error *err)
{
    struct binder binder = begin(model, err);

    snprintf(binder.prefix, sizeof binder.prefix, "%s%d.",
             binder.gguf ? "blk." : published_prefix(model, hf_layers), layer);
    return binder;
}

struct binder bind_root_begin(const struct model *model, const char *hf_root, struct error *err)
{
    struct binder binder = begin(model, err);

    if (!binder.gguf && any_tensor_begins(model->weights, hf_root))
        snprintf(binder.prefix, sizeof binder.prefix, "%s", hf_root);
    return binder;
}

int bind_end(const struct binder *binder)
{
    return binder->failed ? -1 : 0;
}

static void set_failed(struct binder *binder)
{
    binder->failed = true;
}

static const struct tensor *find(const struct binder *binder, const char *hf, const char *gguf, const char *suffix,
                                 char name[NAME_SIZE])
{
    const char *stem = binder->gguf ? gguf : hf;

    name[0] = '\0';
    if (!stem || binder->failed)
        return NULL;
    snprintf(name, NAME_SIZE, "%s%s%s", binder->prefix, stem, suffix);
    return weights_find(binder->model->weights, name);
}

const struct tensor *bind_optional(struct binder *binder, const char *hf, const char *gguf, const char *suffix)
{
    char name[NAME_SIZE];

    return find(binder, hf, gguf, suffix, name);
}

const struct tensor *bind_tensor(struct binder *binder, const char *hf, const char *gguf, const char *suffix)
{
    char name[NAME_SIZE];
    const struct tensor *tensor = find(binder, hf, gguf, suffix, name);

    if (!tensor && !binder->failed) {
        fail(binder->err, "%s: no tensor \"%s\"", weights_path(binder->model->weights), name);
        set_failed(binder);
    }
    return tensor;
}

static void check_shape(struct binder *binder, const struct tensor *tensor, size_t rows, size_t columns)
{
    if (!tensor || binder->failed)
        return;
    if (tensor_rows(tensor) == rows && tensor_columns(tensor) == columns)
        return;
    fail(binder->err, "%s: tensor \"%s\" is %zu x %zu, its metadata say %zu x %zu",
         weights_path(binder->model->weights), tensor->name, tensor_rows(tensor), tensor_columns(tensor), rows,
         columns);
    set_failed(binder);
}

const struct tensor *bind_table(struct binder *binder, const char *hf, const char *gguf, size_t n_rows,
                                size_t n_columns)
{
    const struct tensor *tensor = bind_tensor(binder, hf, gguf, ".weight");

    if (tensor && tensor_rows(tensor) > n_rows) /* padded to a round number of rows */
        n_rows = tensor_rows(tensor);
    check_shape(binder, tensor, n_rows, n_columns);
    return tensor;
}

float *bind_vector(struct binder *binder, const struct tensor *tensor, size_t n)
{
    float *values;

    if (!tensor || binder->failed)
        return NULL;
    check_shape(binder, tensor, 1, n);
    if (binder->failed || !(values = float_alloc(n, tensor->name, binder->err))) {
        set_failed(binder);
        return NULL;
    }
    if (tensor->data)
        tensor_widen(tensor, 0, 0, n, values);
    return values;
}

void bind_bias(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_total)
{
    float *all = bind_vector(binder, bind_optional(binder, hf, gguf, ".bias"), n_total);

    if (!all)
        return;
    linear->bias = float_alloc(linear->n_out, "bias", binder->err);
    if (!linear->bias)
        set_failed(binder);
    for (size_t r = 0; linear->bias && r < linear->n_out; r++)
        linear->bias[r] = all[linear_row(linear, r)];
    float_free(all);
}

void bind_rows(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t row,
               size_t n_out, size_t n_in, size_t n_total)
{
    const struct tensor *tensor = bind_tensor(binder, hf, gguf, ".weight");

    check_shape(binder, tensor, n_total, n_in);
    linear_init(linear, tensor, row, n_out, n_in);
    bind_bias(binder, linear, hf, gguf, n_total);
}

void bind_linear(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_out,
                 size_t n_in)
{
    bind_rows(binder, linear, hf, gguf, 0, n_out, n_in, n_out);
}

void bind_norm(struct binder *binder, struct norm *norm, const char *hf, const char *gguf, enum norm_kind kind,
               size_t n, float offset)
{
    *norm = (struct norm){.kind = kind, .eps = (float)binder->model->hparams.norm_eps, .n = n,
                          .offset = binder->gguf ? 0.0f : offset};
    norm->weight = bind_vector(binder, bind_tensor(binder, hf, gguf, ".weight"), n);
    if (kind == NORM_LAYER)
        norm->bias = bind_vector(binder, bind_optional(binder, hf, gguf, ".bias"), n);
}

static void reorder_bias(struct binder *binder, struct linear *linear)
{
    float *stored = linear->bias;

    linear->bias = float_alloc(linear->n_out, "bias", binder->err);
    if (!linear->bias)
        set_failed(binder);
    for (size_t r = 0; linear->bias && r < linear->n_out; r++)
        linear->bias[r] = stored[linear_row(linear, r)];
    float_free(stored);
}

void bind_rope_pairs(struct binder *binder, struct linear *linear, size_t head_dim)
{
    if (!binder->gguf || !binder->model->hparams.interleaved_rope)
        return;
    linear->group = head_dim;
    linear->group_stride = head_dim;
    linear->rope_pairs = true;
    if (linear->bias)
        reorder_bias(binder, linear);
}
