#include "weights/safetensors_write.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

struct safetensors_writer {
    FILE *file;
    char *path, *temporary;
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
    int rc = fwrite(prefix, sizeof prefix, 1, writer->file) == 1 && fwrite(text, length, 1, writer->file) == 1 &&
                     fprintf(writer->file, "%*s", (int)(padded - length), "") >= 0
                 ? 0
                 : fail(err, "%s: %s", writer->temporary, strerror(errno));
    free(text);
    json_decref(header);
    return rc;
}

struct safetensors_writer *safetensors_create(const char *path, const struct safetensors_entry *entries, size_t n,
                                              struct error *err)
{
    struct safetensors_writer *writer = xcalloc(1, sizeof *writer);

    *writer = (struct safetensors_writer){
        .path = xstrdup(path), .temporary = xasprintf("%s.tmp", path), .entries = entries, .n = n};
    writer->file = fopen(writer->temporary, "wb");
    if (!writer->file)
        fail(err, "%s: %s", writer->temporary, strerror(errno));
    else if (write_header(writer, err) == 0)
        return writer;
    safetensors_discard(writer);
    return NULL;
}

int safetensors_put(struct safetensors_writer *writer, const float *data, struct error *err)
{
    if (writer->next >= writer->n)
        return fail(err, "%s: more tensors than its header names", writer->path);
    if (fwrite(data, sizeof *data, elements(&writer->entries[writer->next]), writer->file) !=
        elements(&writer->entries[writer->next]))
        return fail(err, "%s: %s", writer->temporary, strerror(errno));
    writer->next++;
    return 0;
}

int safetensors_finish(struct safetensors_writer *writer, struct error *err)
{
    int rc = -1;

    if (writer->next != writer->n)
        fail(err, "%s: tensor %s was not written", writer->path, writer->entries[writer->next].name);
    else if (fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0 ||
             rename(writer->temporary, writer->path) != 0)
        fail(err, "%s: %s", writer->path, strerror(errno));
    else
        rc = 0;
    safetensors_discard(writer);
    return rc;
}

void safetensors_discard(struct safetensors_writer *writer)
{
    if (!writer)
        return;
    if (writer->file) {
        fclose(writer->file);
        unlink(writer->temporary); /* gone already after a successful rename */
    }
    free(writer->path);
    free(writer->temporary);
    free(writer);
}
