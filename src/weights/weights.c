#include "weights/weights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "weights/format.h"

/* Tried in this order. */
static const struct weights_format *const formats[] = {&synthetic_format, &safetensors_format, &gguf_format};

/* ---- what the formats call ---- */

bool weights_path_ends(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

struct weights_file *weights_add_file(struct weights *weights, const char *path, struct error *err)
{
    struct map map;

    if (map_open(&map, path, err))
        return NULL;
    weights->files = array_grow(weights->files, weights->n_files, &weights->files_capacity, sizeof *weights->files);
    weights->files[weights->n_files] = (struct weights_file){.map = map};
    return &weights->files[weights->n_files++];
}

static int check_tensor(const struct weights *weights, const struct weights_file *file, const struct tensor *tensor,
                        size_t offset, struct error *err)
{
    size_t end;

    if (!size_add(offset, tensor->size, &end))
        return fail(err, "its end overflows");
    if (!file->has_data && !weights->header_only)
        return fail(err, "the file ends with its header, without the tensors' data");
    if (file->has_data && end > file->map.size)
        return fail(err, "ends at byte %zu, the file at %zu (truncated?)", end, file->map.size);
    if (!tensor->dtype->widen && !weights->header_only)
        return fail(err, "data type %s is not supported", tensor->dtype->name);
    return 0;
}

struct tensor *weights_add_tensor(struct weights *weights, const struct weights_file *file, struct gguf_string name,
                                  const struct dtype *dtype, int n_dims, const size_t *shape, size_t offset,
                                  struct error *err)
{
    struct tensor tensor = {.dtype = dtype, .n_dims = n_dims};
    int width = name.length < 80 ? (int)name.length : 80;

    if (name.length == 0 || memchr(name.text, '\0', name.length))
        return fail_null(err, "a tensor's name is empty or holds a zero");
    for (int i = 0; i < n_dims; i++)
        tensor.shape[i] = shape[i];
    if (!tensor_bytes(dtype, n_dims, shape, &tensor.size))
        return fail_null(err, "tensor %.*s: impossible shape for data type %s", width, name.text, dtype->name);
    if (check_tensor(weights, file, &tensor, offset, err)) {
        fail_prefix(err, "tensor %.*s", width, name.text);
        return NULL;
    }
    tensor.name = xstrndup(name.text, name.length);
    tensor.data = file->has_data ? file->map.data + offset : NULL;
    weights->tensors =
        array_grow(weights->tensors, weights->n_tensors, &weights->tensors_capacity, sizeof *weights->tensors);
    weights->tensors[weights->n_tensors] = tensor;
    return &weights->tensors[weights->n_tensors++];
}

/* ---- open and close ---- */

static int select_format(struct weights *weights, struct error *err)
{
    struct stat info;

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!formats[i]->recognizes(weights->path))
            continue;
        weights->format = formats[i];
        return 0;
    }
    if (stat(weights->path, &info))
        return fail(err, "%s: %s", weights->path, strerror(errno));
    return fail(err, "%s: neither a folder with config.json and *.safetensors nor a GGUF file", weights->path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct tensor *const *)a)->name, (*(const struct tensor *const *)b)->name);
}

static int sort_names(struct weights *weights, struct error *err)
{
    free(weights->by_name);
    weights->by_name = xcalloc(weights->n_tensors, sizeof *weights->by_name);
    for (size_t i = 0; i < weights->n_tensors; i++)
        weights->by_name[i] = &weights->tensors[i];
    qsort(weights->by_name, weights->n_tensors, sizeof *weights->by_name, compare_names);
    for (size_t i = 1; i < weights->n_tensors; i++)
        if (compare_names(&weights->by_name[i - 1], &weights->by_name[i]) == 0)
            return fail(err, "%s: tensor %.80s occurs twice", weights->path, weights->by_name[i]->name);
    return 0;
}

/* Small tensors, samples of large ones, rows of the embedding. */
static void expect_scattered(const struct weights *weights)
{
    for (size_t i = 0; i < weights->n_files; i++) {
        const struct weights_file *file = &weights->files[i];
        if (file->has_data)
            map_expect(file->map.data + file->header_size, file->map.size - file->header_size, MAP_SCATTERED);
    }
}

struct weights *weights_open(const char *path, bool header_only, struct error *err)
{
    struct weights *weights = xcalloc(1, sizeof *weights);

    weights->path = xstrdup(path);
    weights->header_only = header_only;
    if (select_format(weights, err) || weights->format->load(weights, err) || sort_names(weights, err) ||
        scales_attach(weights, err) || (weights->n_scales > 0 && sort_names(weights, err))) {
        weights_close(weights);
        return NULL;
    }
    expect_scattered(weights);
    return weights;
}

static void free_tensors(struct tensor *tensors, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((char *)tensors[i].name);
    free(tensors);
}

void weights_close(struct weights *weights)
{
    if (!weights)
        return;
    free_tensors(weights->tensors, weights->n_tensors);
    free_tensors(weights->scales, weights->n_scales);
    free(weights->by_name);
    gguf_destroy(weights->gguf);
    json_decref(weights->config);
    map_close(&weights->config_map);
    for (size_t i = 0; i < weights->n_files; i++)
        map_close(&weights->files[i].map);
    free(weights->files);
    free(weights->path);
    free(weights);
}

/* ---- access ---- */

const char *weights_path(const struct weights *weights)
{
    return weights->path;
}

const char *weights_format(const struct weights *weights)
{
    return weights->format->name;
}

const json_t *weights_config(const struct weights *weights)
{
    return weights->config;
}

const struct gguf *weights_gguf(const struct weights *weights)
{
    return weights->gguf;
}

const struct tensor *weights_find(const struct weights *weights, const char *name)
{
    const struct tensor key = {.name = name}, *wanted = &key;
    const struct tensor **found =
        bsearch(&wanted, weights->by_name, weights->n_tensors, sizeof *weights->by_name, compare_names);

    return found ? *found : NULL;
}

size_t weights_count(const struct weights *weights)
{
    return weights->n_tensors;
}

const struct tensor *weights_at(const struct weights *weights, size_t index)
{
    return &weights->tensors[index];
}
