/* Safetensors files and Hugging Face folders. Format: github.com/huggingface/safetensors:
 * a length (64 bits), a JSON object of that length that maps names to dtype, shape
 * and data_offsets, then the data. As the reference reader does, this one insists
 * that the tensors' bytes follow each other without gaps up to the file's end. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/folder.h"
#include "weights/format.h"

enum {
    LENGTH_SIZE = 8,
    MAX_HEADER = 100000000 /* of the reference reader */
};

/* One member of the header. */
struct header_entry {
    const char *name;
    const struct dtype *dtype;
    int n_dims;
    size_t shape[TENSOR_MAX_DIMS];
    size_t begin, end; /* from the beginning of the data */
};

static int get_size(const json_t *value, const char *what, size_t *size, struct error *err)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fail(err, "%s is not a number of elements or bytes", what);
    *size = (size_t)json_integer_value(value);
    return 0;
}

static int parse_dtype(const json_t *member, struct header_entry *entry, struct error *err)
{
    const json_t *dtype = json_object_get(member, "dtype");

    if (!json_is_string(dtype))
        return fail(err, "no dtype");
    entry->dtype = dtype_of_safetensors(json_string_value(dtype));
    return entry->dtype ? 0 : fail(err, "unknown data type %.32s", json_string_value(dtype));
}

static int parse_shape(const json_t *member, struct header_entry *entry, struct error *err)
{
    const json_t *shape = json_object_get(member, "shape");

    if (!json_is_array(shape))
        return fail(err, "no shape");
    if (json_array_size(shape) > TENSOR_MAX_DIMS)
        return fail(err, "%zu dimensions; at most %d are supported", json_array_size(shape), TENSOR_MAX_DIMS);
    entry->n_dims = (int)json_array_size(shape);
    for (int i = 0; i < entry->n_dims; i++)
        if (get_size(json_array_get(shape, (size_t)i), "an extent in shape", &entry->shape[i], err))
            return -1;
    return 0;
}

static int parse_offsets(const json_t *member, struct header_entry *entry, struct error *err)
{
    const json_t *offsets = json_object_get(member, "data_offsets");

    if (!json_is_array(offsets) || json_array_size(offsets) != 2)
        return fail(err, "data_offsets are not two numbers");
    if (get_size(json_array_get(offsets, 0), "an offset", &entry->begin, err) ||
        get_size(json_array_get(offsets, 1), "an offset", &entry->end, err))
        return -1;
    return entry->begin <= entry->end ? 0 : fail(err, "data_offsets end before they begin");
}

static int parse_entry(const char *name, const json_t *member, struct header_entry *entry, struct error *err)
{
    entry->name = name;
    if (!json_is_object(member))
        return fail(err, "tensor %.80s: not an object", name);
    if (parse_dtype(member, entry, err) || parse_shape(member, entry, err) || parse_offsets(member, entry, err))
        return fail_prefix(err, "tensor %.80s", name);
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct header_entry *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end); /* an empty tensor precedes the one that begins there */
}

/* The header's tensors in the order of their bytes, xcalloc'd; names are borrowed from the header. */
static struct header_entry *parse_entries(const json_t *header, size_t *n, struct error *err)
{
    struct header_entry *entries = xcalloc(json_object_size(header), sizeof *entries);
    const char *name;
    json_t *member;

    *n = 0;
    json_object_foreach((json_t *)header, name, member)
    {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        if (parse_entry(name, member, &entries[(*n)++], err)) {
            free(entries);
            return NULL;
        }
    }
    qsort(entries, *n, sizeof *entries, by_offset);
    return entries;
}

static int add_entry(struct weights *weights, const struct weights_file *file, const struct header_entry *entry,
                     size_t expected, struct error *err)
{
    struct gguf_string name = {entry->name, strlen(entry->name)};
    size_t offset;

    if (entry->begin != expected)
        return fail(err, "tensor %.80s: bytes begin at %zu, not at %zu where those before it end", entry->name,
                    entry->begin, expected);
    if (!size_add(file->header_size, entry->begin, &offset))
        return fail(err, "tensor %.80s: offset overflows", entry->name);
    const struct tensor *tensor =
        weights_add_tensor(weights, file, name, entry->dtype, entry->n_dims, entry->shape, offset, err);
    if (!tensor)
        return -1;
    if (tensor->size != entry->end - entry->begin)
        return fail(err, "tensor %.80s: data_offsets span %zu bytes, dtype and shape need %zu", entry->name,
                    entry->end - entry->begin, tensor->size);
    return 0;
}

static int add_entries(struct weights *weights, struct weights_file *file, const json_t *header, struct error *err)
{
    size_t n, expected = 0;
    struct header_entry *entries = parse_entries(header, &n, err);
    int rc = entries ? 0 : -1;

    file->has_data = file->map.size > file->header_size || n == 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = add_entry(weights, file, &entries[i], expected, err);
        expected = entries[i].end;
    }
    free(entries);
    if (rc == 0 && file->has_data && expected != file->map.size - file->header_size)
        rc = fail(err, "%zu bytes of data, but the tensors need %zu", file->map.size - file->header_size, expected);
    return rc;
}

static int read_header(struct weights_file *file, json_t **header, struct error *err)
{
    struct cursor cursor = {.data = file->map.data, .size = file->map.size};
    uint64_t length;

    if (!cursor_u64(&cursor, &length))
        return fail(err, "the file ends inside its header");
    if (length > MAX_HEADER)
        return fail(err, "a header of %llu bytes is not supported (not a safetensors file?)",
                    (unsigned long long)length);
    if (length > cursor_left(&cursor))
        return fail(err, "a header of %llu bytes exceeds the file", (unsigned long long)length);
    file->header_size = LENGTH_SIZE + (size_t)length;
    *header = json_read_text_unique((const char *)cursor.data + LENGTH_SIZE, (size_t)length, "header", err);
    return *header ? 0 : -1;
}

int safetensors_load_file(struct weights *weights, const char *path, struct error *err)
{
    struct weights_file *file = weights_add_file(weights, path, err);
    json_t *header = NULL;

    if (!file)
        return -1;
    int rc = read_header(file, &header, err);
    if (rc == 0 && !json_is_object(header))
        rc = fail(err, "the header is not a JSON object");
    if (rc == 0)
        rc = add_entries(weights, file, header, err);
    json_decref(header);
    return rc ? fail_prefix(err, "%s", path) : 0;
}
