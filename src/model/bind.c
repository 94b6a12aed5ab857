#include "model/bind.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum {
    NAME_SIZE = 192,
    PREFIX_SIZE = 64,
    ASSUMED_BYTES = 2, /* of a weight, where no file says: as published, BF16 */
};

/* ---- prefixes ---- */

static bool any_tensor_begins(const struct weights *weights, const char *prefix)
{
    size_t n = strlen(prefix);

    for (size_t i = 0; i < weights_count(weights); i++)
        if (strncmp(weights_at(weights, i)->name, prefix, n) == 0)
            return true;
    return false;
}

/* Writes the one of the spellings of "model.layers." that the file has, else that. */
static void published_prefix(const struct model *model, const char *prefix, char found[PREFIX_SIZE])
{
    const char *rest = strchr(prefix, '.') + 1;
    int first = (int)(rest - prefix);
    char spellings[4][PREFIX_SIZE];

    snprintf(spellings[0], PREFIX_SIZE, "%s", prefix);
    snprintf(spellings[1], PREFIX_SIZE, "language_model.%s", prefix);
    snprintf(spellings[2], PREFIX_SIZE, "%.*slanguage_model.%s", first, prefix, rest);
    snprintf(spellings[3], PREFIX_SIZE, "%s", rest);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (any_tensor_begins(model->weights, spellings[i])) {
            memcpy(found, spellings[i], PREFIX_SIZE);
            return;
        }
    memcpy(found, spellings[0], PREFIX_SIZE);
}

static struct binder begin(const struct model *model, struct weight_sums *sums, struct error *err)
{
    return (struct binder){.model = model, .gguf = weights_gguf(model->weights) != NULL, .sums = sums,
                           .unfiled = sums->counting && weights_count(model->weights) == 0, .err = err};
}

struct binder bind_layer_begin(const struct model *model, const char *hf_layers, int layer, struct weight_sums *sums,
                               struct error *err)
{
    struct binder binder = begin(model, sums, err);
    char prefix[PREFIX_SIZE] = "blk.";

    if (!binder.gguf)
        published_prefix(model, hf_layers, prefix);
    snprintf(binder.prefix, sizeof binder.prefix, "%.48s%d.", prefix, layer);
    return binder;
}

/* The layers' prefix without its last part. */
struct binder bind_root_begin(const struct model *model, const char *hf_layers, struct weight_sums *sums,
                              struct error *err)
{
    struct binder binder = begin(model, sums, err);

    if (binder.gguf)
        return binder;
    published_prefix(model, hf_layers, binder.prefix);
    binder.prefix[strlen(binder.prefix) - 1] = '\0';
    char *dot = strrchr(binder.prefix, '.');
    *(dot ? dot + 1 : binder.prefix) = '\0';
    return binder;
}

int bind_end(const struct binder *binder)
{
    return binder->failed ? -1 : 0;
}

/* ---- tensors ---- */

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

    if (!tensor && !binder->failed && !binder->unfiled) {
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

const struct tensor *bind_shared(struct binder *binder, const char *hf, const char *gguf, const char *suffix,
                                 size_t rows, size_t columns)
{
    const struct tensor *tensor = bind_tensor(binder, hf, gguf, suffix);

    check_shape(binder, tensor, rows, columns);
    return tensor;
}

void bind_count(struct binder *binder, const struct tensor *tensor, size_t n)
{
    struct weight_sums *sums = binder->sums;

    sums->n_elements += n;
    if (!tensor)
        sums->bytes += ASSUMED_BYTES * (uint64_t)n;
    else if (tensor_elements(tensor) > 0)
        sums->bytes += (uint64_t)((double)tensor->size * (double)n / (double)tensor_elements(tensor));
}

const struct tensor *bind_table(struct binder *binder, const char *hf, const char *gguf, size_t n_rows,
                                size_t n_columns)
{
    const struct tensor *tensor = bind_tensor(binder, hf, gguf, ".weight");

    if (tensor && tensor_rows(tensor) > n_rows) /* padded to a round number of rows */
        n_rows = tensor_rows(tensor);
    check_shape(binder, tensor, n_rows, n_columns);
    bind_count(binder, tensor, n_rows * n_columns);
    return tensor;
}

/* ---- vectors ---- */

float *bind_vector(struct binder *binder, const struct tensor *tensor, size_t n)
{
    check_shape(binder, tensor, 1, n);
    return bind_slice(binder, tensor, 0, 1, n);
}

/* Columns [first, first + n) of all rows as one; quantized rows begin at whole blocks. */
static void widen_elements(const struct tensor *tensor, size_t first, size_t step, size_t n, float *values)
{
    size_t columns = tensor_columns(tensor);

    if (step == 1 && first % columns == 0 && n == columns) {
        tensor_widen(tensor, first / columns, 0, columns, values);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = first + i * step;
        tensor_widen(tensor, at / columns, at % columns, at % columns + 1, values + i);
    }
}

float *bind_slice(struct binder *binder, const struct tensor *tensor, size_t first, size_t step, size_t n)
{
    if (binder->failed)
        return NULL;
    bind_count(binder, tensor, n);
    if (!tensor || binder->sums->counting)
        return NULL;
    if (tensor->dtype->block_elements > 1 && (step > 1 || n != tensor_columns(tensor))) {
        fail(binder->err, "%s: tensor \"%s\" of type %s cannot be cut", weights_path(binder->model->weights),
             tensor->name, tensor->dtype->name);
        set_failed(binder);
        return NULL;
    }
    float *values = float_alloc(n, tensor->name, binder->err);
    if (values)
        widen_elements(tensor, first, step, n, values);
    else
        set_failed(binder);
    return values;
}

/* The bias of a map, from a vector of n_total in the order of the tensor's rows. */
static void bind_bias(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_total,
                      bool bias)
{
    const struct tensor *tensor = bind_optional(binder, hf, gguf, ".bias");

    if (tensor || (binder->unfiled && bias))
        bind_count(binder, tensor, linear->n_out);
    check_shape(binder, tensor, 1, n_total);
    if (!tensor || binder->failed || binder->sums->counting)
        return;
    float *all = float_alloc(n_total, tensor->name, binder->err);
    linear->bias = all ? float_alloc(linear->n_out, tensor->name, binder->err) : NULL;
    if (!linear->bias)
        set_failed(binder);
    else
        tensor_widen(tensor, 0, 0, n_total, all);
    for (size_t r = 0; linear->bias && r < linear->n_out; r++)
        linear->bias[r] = all[linear_row(linear, r)];
    float_free(all);
}

/* ---- maps ---- */

void bind_rows(struct binder *binder, struct linear *linear, const struct tensor *tensor, size_t row, size_t step,
               size_t n_out, size_t n_in)
{
    linear_init(linear, tensor, row, n_out, n_in);
    linear->step = step;
    if (tensor) /* NULL where a header alone is described */
        tensor_expect_stream(tensor);
    bind_count(binder, tensor, n_out * n_in);
}

static void bind_map(struct binder *binder, struct linear *linear, const struct tensor *tensor, const struct part *part,
                     size_t n_out, size_t n_in)
{
    bind_rows(binder, linear, tensor, part->row, 1, n_out, n_in);
    if (part->group) {
        linear->group = part->group;
        linear->group_stride = part->group_stride;
    }
}

void bind_part(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, struct part part,
               size_t n_out, size_t n_in, bool bias)
{
    const struct tensor *tensor = bind_shared(binder, hf, gguf, ".weight", part.n_total, n_in);

    bind_map(binder, linear, tensor, &part, n_out, n_in);
    bind_bias(binder, linear, hf, gguf, part.n_total, bias);
}

void bind_transposed(struct binder *binder, struct linear *linear, const char *hf, const char *gguf,
                     struct part part, size_t n_out, size_t n_in, bool bias)
{
    if (binder->gguf) {
        bind_part(binder, linear, hf, gguf, part, n_out, n_in, bias);
        return;
    }
    const struct tensor *tensor = bind_shared(binder, hf, gguf, ".weight", n_in, part.n_total);
    bind_map(binder, linear, tensor, &part, n_out, n_in);
    linear->transposed = true;
    bind_bias(binder, linear, hf, gguf, part.n_total, bias);
}

void bind_linear(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_out,
                 size_t n_in, bool bias)
{
    bind_part(binder, linear, hf, gguf, (struct part){.n_total = n_out}, n_out, n_in, bias);
}

static void reorder_bias(struct binder *binder, struct linear *linear)
{
    float *stored = linear->bias;

    linear->bias = float_alloc(linear->n_out, "bias", binder->err);
    if (!linear->bias)
        set_failed(binder);
    for (size_t r = 0; linear->bias && r < linear->n_out; r++)
        linear->bias[r] = stored[linear_row(linear, r) - linear->row];
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

/* ---- norms ---- */

/* A norm without weights scales by 1: what is stored is 1 - offset. */
static float *plain_weight(struct binder *binder, size_t n, float offset)
{
    float *weight = binder->sums->counting ? NULL : float_alloc(n, "norm", binder->err);

    if (!weight && !binder->sums->counting)
        set_failed(binder);
    for (size_t i = 0; weight && i < n; i++)
        weight[i] = 1.0f - offset;
    return weight;
}

void bind_norm(struct binder *binder, struct norm *norm, const char *hf, const char *gguf, enum norm_kind kind,
               size_t n, float offset)
{
    bool affine = binder->model->hparams.norm_affine;

    *norm = (struct norm){.kind = kind, .eps = (float)binder->model->hparams.norm_eps, .n = n,
                          .offset = binder->gguf ? 0.0f : offset,
                          .round_once = offset != 0.0f || binder->model->family->rounding.norm_once};
    if (!affine && !bind_optional(binder, hf, gguf, ".weight")) {
        norm->weight = plain_weight(binder, n, norm->offset);
        return;
    }
    norm->weight = bind_vector(binder, bind_tensor(binder, hf, gguf, ".weight"), n);
    const struct tensor *bias = kind == NORM_LAYER ? bind_optional(binder, hf, gguf, ".bias") : NULL;
    if (bias || (binder->unfiled && kind == NORM_LAYER))
        norm->bias = bind_vector(binder, bias, n);
}
