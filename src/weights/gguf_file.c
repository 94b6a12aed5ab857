/* GGUF files, one or a split set: header, metadata, table of tensors, data.
 * Format: github.com/ggml-org/ggml, docs/gguf.md. As ggml does, the reader insists
 * that the tensors' bytes follow each other, each padded to the alignment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "weights/format.h"

enum {
    MIN_TENSOR = 8 + 4 + 4 + 8, /* bytes of the smallest tensor entry: name length, dimensions, type, offset */
    MAX_DIMS = 4,               /* of ggml */
    DEFAULT_ALIGNMENT = 32,
    SPLIT_SUFFIX = 20 /* characters of "-00001-of-00003.gguf" */
};

/* A file being read. */
struct reader {
    struct cursor cursor;
    uint64_t n_tensors;
    size_t alignment;
    struct gguf *gguf;
    struct tensor_entry *entries;
};

/* One row of the table of tensors. */
struct tensor_entry {
    struct gguf_string name;
    const struct dtype *dtype;
    int n_dims;
    size_t shape[MAX_DIMS]; /* outermost first */
    uint64_t offset;        /* from the beginning of the data */
};

/* By its name, or else (the hub's cache has blobs without suffix) by its first bytes. */
static bool gguf_recognizes(const char *path)
{
    char magic[4] = "";
    struct stat info;

    if (weights_path_ends(path, ".gguf"))
        return true;
    if (stat(path, &info) || !S_ISREG(info.st_mode)) /* opening a FIFO would wait for its writer */
        return false;
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(magic, 1, sizeof magic, file) : 0;
    if (file)
        fclose(file);
    return n == sizeof magic && memcmp(magic, "GGUF", sizeof magic) == 0;
}

/* ---- one file ---- */

static int read_header(struct reader *reader, uint64_t *n_pairs, struct error *err)
{
    struct cursor *cursor = &reader->cursor;
    uint32_t magic, version;

    if (!cursor_u32(cursor, &magic) || memcmp(&magic, "GGUF", sizeof magic) != 0)
        return fail(err, "not a GGUF file");
    if (!cursor_u32(cursor, &version))
        return fail(err, "the file ends inside its header");
    if (version != 2 && version != 3 && (version & 0xffff) == 0)
        return fail(err, "GGUF in big-endian byte order is not supported");
    if (version != 2 && version != 3)
        return fail(err, "GGUF version %u is not supported (2 and 3 are)", version);
    if (!cursor_u64(cursor, &reader->n_tensors) || !cursor_u64(cursor, n_pairs))
        return fail(err, "the file ends inside its header");
    return 0;
}

static int read_alignment(struct reader *reader, struct error *err)
{
    long alignment = DEFAULT_ALIGNMENT;

    if (gguf_get_long(reader->gguf, "general.alignment", &alignment, err))
        return -1;
    if (alignment <= 0 || alignment > 1 << 30 || (alignment & (alignment - 1)))
        return fail(err, "general.alignment is %ld, not a power of two", alignment);
    reader->alignment = (size_t)alignment;
    return 0;
}

/* Dimensions stand innermost first in the file. */
static int read_shape(struct cursor *cursor, struct tensor_entry *entry, struct error *err)
{
    uint32_t n_dims;
    uint64_t extent;

    if (!cursor_u32(cursor, &n_dims))
        return fail(err, "the file ends inside the table of tensors");
    if (n_dims > MAX_DIMS)
        return fail(err, "%u dimensions; at most %d are supported", n_dims, MAX_DIMS);
    entry->n_dims = (int)n_dims;
    for (int i = entry->n_dims - 1; i >= 0; i--) {
        if (!cursor_u64(cursor, &extent))
            return fail(err, "the file ends inside the table of tensors");
        entry->shape[i] = (size_t)extent;
    }
    return 0;
}

static int read_type_and_offset(struct cursor *cursor, struct tensor_entry *entry, struct error *err)
{
    uint32_t type;

    if (!cursor_u32(cursor, &type) || !cursor_u64(cursor, &entry->offset))
        return fail(err, "the file ends inside the table of tensors");
    entry->dtype = dtype_of_gguf(type);
    return entry->dtype ? 0 : fail(err, "unknown data type %u", type);
}

static int read_tensor_entry(struct cursor *cursor, size_t index, struct tensor_entry *entry, struct error *err)
{
    if (!cursor_text(cursor, &entry->name.text, &entry->name.length))
        return fail(err, "the name of tensor %zu exceeds the file", index);
    if (read_shape(cursor, entry, err) || read_type_and_offset(cursor, entry, err)) {
        int width = entry->name.length < 80 ? (int)entry->name.length : 80;
        return fail_prefix(err, "tensor %.*s", width, entry->name.text);
    }
    return 0;
}

static int read_tensor_entries(struct reader *reader, struct error *err)
{
    if (reader->n_tensors > cursor_left(&reader->cursor) / MIN_TENSOR)
        return fail(err, "a table of %llu tensors exceeds the file", (unsigned long long)reader->n_tensors);
    reader->entries = xcalloc((size_t)reader->n_tensors, sizeof *reader->entries);
    for (size_t i = 0; i < reader->n_tensors; i++)
        if (read_tensor_entry(&reader->cursor, i, &reader->entries[i], err))
            return -1;
    return 0;
}

/* `offset` padded to the alignment, a power of two; false on overflow. */
static bool pad(size_t offset, size_t alignment, size_t *padded)
{
    if (!size_add(offset, alignment - 1, padded))
        return false;
    *padded &= ~(alignment - 1);
    return true;
}

/* Adds the tensors of the table, whose data begins where the cursor stands (padded). */
static int add_tensors(struct weights *weights, struct weights_file *file, const struct reader *reader,
                       struct error *err)
{
    size_t begin, at;

    file->header_size = reader->cursor.at;
    if (!pad(file->header_size, reader->alignment, &begin))
        return fail(err, "the header's size overflows");
    file->has_data = file->map.size > begin || reader->n_tensors == 0;
    at = begin;
    for (size_t i = 0; i < reader->n_tensors; i++) {
        const struct tensor_entry *entry = &reader->entries[i];
        if (entry->offset != at - begin)
            return fail(err, "tensor %.*s: offset %llu, not %zu where the tensor before it ends",
                        (int)(entry->name.length < 80 ? entry->name.length : 80), entry->name.text,
                        (unsigned long long)entry->offset, at - begin);
        const struct tensor *tensor =
            weights_add_tensor(weights, file, entry->name, entry->dtype, entry->n_dims, entry->shape, at, err);
        if (!tensor)
            return -1;
        if (!size_add(at, tensor->size, &at) || !pad(at, reader->alignment, &at))
            return fail(err, "the tensors' sizes overflow");
    }
    return 0;
}

static int read_file(struct weights *weights, struct weights_file *file, struct reader *reader, struct error *err)
{
    uint64_t n_pairs = 0;

    reader->cursor = (struct cursor){.data = file->map.data, .size = file->map.size};
    if (read_header(reader, &n_pairs, err))
        return -1;
    reader->gguf = gguf_parse(&reader->cursor, n_pairs, err);
    if (!reader->gguf || read_alignment(reader, err) || read_tensor_entries(reader, err))
        return -1;
    return add_tensors(weights, file, reader, err);
}

/* Reads one file and adds its tensors. Returns its metadata, the caller's to
 * destroy, or NULL. */
static struct gguf *load_file(struct weights *weights, const char *path, struct error *err)
{
    struct weights_file *file = weights_add_file(weights, path, err);
    struct reader reader = {0};

    if (!file)
        return NULL;
    int rc = read_file(weights, file, &reader, err);
    free(reader.entries);
    if (rc == 0)
        return reader.gguf;
    gguf_destroy(reader.gguf);
    fail_prefix(err, "%s", path);
    return NULL;
}

/* ---- split sets: NAME-00001-of-0000N.gguf, each with a part of the tensors ---- */

/* The path of part `number` (from 1) of n, NULL if `path` is not that of a part. */
static char *part_path(const char *path, long number, long n)
{
    char suffix[64];
    size_t length = strlen(path);

    if (length <= SPLIT_SUFFIX)
        return NULL;
    snprintf(suffix, sizeof suffix, "-%05ld-of-%05ld.gguf", number, n);
    return xasprintf("%.*s%s", (int)(length - SPLIT_SUFFIX), path, suffix);
}

static int check_part(const struct gguf *gguf, long number, long n, struct error *err)
{
    long no = -1, count = -1;

    if (gguf_get_long(gguf, "split.no", &no, err) || gguf_get_long(gguf, "split.count", &count, err))
        return -1;
    if (no != number - 1 || count != n)
        return fail(err, "split.no %ld and split.count %ld, but this should be part %ld of %ld", no, count, number, n);
    return 0;
}

static int load_part(struct weights *weights, long number, long n, struct error *err)
{
    char *path = part_path(weights->path, number, n);
    struct gguf *gguf = load_file(weights, path, err);
    int rc = gguf ? check_part(gguf, number, n, err) : -1;

    if (gguf && rc)
        fail_prefix(err, "%s", path);
    gguf_destroy(gguf);
    free(path);
    return rc;
}

/* The first part is loaded; its name must be that of part 1 of n. */
static int load_parts(struct weights *weights, long n, struct error *err)
{
    char *first = part_path(weights->path, 1, n);
    bool is_first = first && strcmp(first, weights->path) == 0;
    long total = -1;

    free(first);
    if (n > 99999 || check_part(weights->gguf, 1, n, err))
        return fail(err, "%s: a part of a split set; give the first part, -00001-of-%05ld.gguf", weights->path, n);
    if (!is_first)
        return fail(err, "%s: the first part of a split set, but its name does not end with -00001-of-%05ld.gguf",
                    weights->path, n);
    for (long number = 2; number <= n; number++)
        if (load_part(weights, number, n, err))
            return -1;
    if (gguf_get_long(weights->gguf, "split.tensors.count", &total, err))
        return fail_prefix(err, "%s", weights->path);
    if (total >= 0 && (size_t)total != weights->n_tensors)
        return fail(err, "%s: the split set should hold %ld tensors, not %zu", weights->path, total,
                    weights->n_tensors);
    return 0;
}

static int gguf_load(struct weights *weights, struct error *err)
{
    long n_parts = 1;

    weights->gguf = load_file(weights, weights->path, err);
    if (!weights->gguf)
        return -1;
    if (gguf_get_long(weights->gguf, "split.count", &n_parts, err))
        return fail_prefix(err, "%s", weights->path);
    return n_parts > 1 ? load_parts(weights, n_parts, err) : 0;
}

const struct weights_format gguf_format = {.name = "gguf", .recognizes = gguf_recognizes, .load = gguf_load};
