#include "weights/safetensors_write.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"

struct safetensors_writer {
    struct output output;
    const struct safetensors_entry *entries;
    size_t n, next;
};

static size_t elements(const struct safetensors_entry *entry)
{
    return entry->rows * (entry->columns ? entry->columns : 1);
}

/* {"name": {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}, ...} */
static json_t *header_object(const struct safetensors_entry *entries, size_t n)
{
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    size_t offset = 0;

    for (size_t i = 0; i < n; i++) {
        size_t end = offset + elements(&entries[i]) * sizeof(float);
        json_t *shape = json_pack("[I]", (json_int_t)entries[i].rows);
        if (entries[i].columns)
            json_array_append_new(shape, json_integer((json_int_t)entries[i].columns));
        json_object_set_new(header, entries[i].name,
                            json_pack("{s:s,s:o,s:[I,I]}", "dtype", "F32", "shape", shape, "data_offsets",
                                      (json_int_t)offset, (json_int_t)end));
        offset = end;
    }
    return header;
}

/* The header's length as 8 little-endian bytes, then the header, padded with
 * spaces to a multiple of 8 (safetensors README, "Format"). */
static int write_header(struct safetensors_writer *writer, struct error *err)
{
    json_t *header = header_object(writer->entries, writer->n);
    char *text = json_dumps(header, JSON_COMPACT);
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    uint8_t prefix[8];

    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)((uint64_t)padded >> 8 * i);
    FILE *stream = writer->output.stream;
    bool written = fwrite(prefix, sizeof prefix, 1, stream) == 1 && fwrite(text, length, 1, stream) == 1 &&
                   fprintf(stream, "%*s", (int)(padded - length), "") >= 0;
    int rc = written ? 0 : fail(err, "%s: %s", writer->output.path, strerror(errno));
    free(text);
    json_decref(header);
    return rc;
}

struct safetensors_writer *safetensors_create(const char *path, const struct safetensors_entry *entries, size_t n,
                                              struct error *err)
{
    struct safetensors_writer *writer = xcalloc(1, sizeof *writer);

    writer->entries = entries;
    writer->n = n;
    if (output_open(&writer->output, path, err) != 0) {
        free(writer);
        return NULL;
    }
    if (write_header(writer, err) == 0)
        return writer;
    safetensors_discard(writer);
    return NULL;
}

int safetensors_put(struct safetensors_writer *writer, const float *data, struct error *err)
{
    const char *path = writer->output.path;

    if (writer->next >= writer->n)
        return fail(err, "%s: more tensors than its header names", path);
    size_t n = elements(&writer->entries[writer->next++]);
    if (fwrite(data, sizeof *data, n, writer->output.stream) != n)
        return fail(err, "%s: %s", path, strerror(errno));
    return 0;
}

int safetensors_finish(struct safetensors_writer *writer, struct error *err)
{
    if (writer->next != writer->n) {
        fail(err, "%s: tensor %s was not written", writer->output.path, writer->entries[writer->next].name);
        safetensors_discard(writer);
        return -1;
    }
    int rc = output_commit(&writer->output, err);
    free(writer);
    return rc;
}

void safetensors_discard(struct safetensors_writer *writer)
{
    if (!writer)
        return;
    output_discard(&writer->output);
    free(writer);
}
