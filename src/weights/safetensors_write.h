/* Writes a safetensors file of float32 tensors: the header from a table of names
 * and shapes, then each tensor's data in the table's order. The file appears under
 * its name when it is whole. */
#ifndef SINKGRID_WEIGHTS_SAFETENSORS_WRITE_H
#define SINKGRID_WEIGHTS_SAFETENSORS_WRITE_H

#include <stddef.h>

#include "base/error.h"

struct safetensors_entry {
    const char *name;
    size_t rows, columns; /* columns 0: one dimension */
};

struct safetensors_writer;

/* Writes the header. The entries are borrowed until the writer is finished or
 * discarded. NULL on failure. */
struct safetensors_writer *safetensors_create(const char *path, const struct safetensors_entry *entries, size_t n,
                                              struct error *err);

/* The next tensor in the table's order: max(columns, 1) * rows floats. */
int safetensors_put(struct safetensors_writer *writer, const float *data, struct error *err);

/* Syncs and renames once every tensor is written; frees the writer in any case. */
int safetensors_finish(struct safetensors_writer *writer, struct error *err);

/* Removes the unfinished file; accepts NULL. */
void safetensors_discard(struct safetensors_writer *writer);

#endif
