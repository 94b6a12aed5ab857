/* What the formats share behind weights.h. Private to the room. */
#ifndef SINKGRID_WEIGHTS_FORMAT_H
#define SINKGRID_WEIGHTS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "weights/cursor.h"
#include "weights/gguf.h"
#include "weights/map.h"
#include "weights/tensor.h"
#include "weights/weights.h"

/* A mapped weight file: [0, header_size) describes the tensors, whose bytes follow. */
struct weights_file {
    struct map map;
    size_t header_size;
    bool has_data; /* false: the file ends with its header (a fixture) */
};

struct weights {
    char *path;
    const struct weights_format *format;
    bool header_only;

    struct weights_file *files;
    size_t n_files, files_capacity;
    struct map config_map; /* config.json as it stands in the folder */
    json_t *config;
    struct gguf *gguf;

    struct tensor *tensors; /* in file order; names are owned */
    size_t n_tensors, tensors_capacity;
    const struct tensor **by_name; /* the same, sorted by name */
    struct tensor *scales;         /* what tensors[].scales points at */
    size_t n_scales;
};

struct weights_format {
    const char *name;
    bool (*recognizes)(const char *path);
    /* Fills files, tensors and config or gguf of a zeroed weights with its path;
     * what it has filled is released by weights_close if it fails. */
    int (*load)(struct weights *weights, struct error *err);
};

extern const struct weights_format gguf_format;
extern const struct weights_format safetensors_format;
extern const struct weights_format synthetic_format;

bool weights_path_ends(const char *path, const char *end);

/* Appends a mapped file; the pointer is good until the next call. */
struct weights_file *weights_add_file(struct weights *weights, const char *path, struct error *err);

/* Appends a tensor of n_dims dimensions (shape outermost first) of `file`, whose
 * bytes begin at `offset`; checks that shape, dtype and the file's size agree. The
 * name need not end with a zero and may not contain one. Returns NULL on failure. */
struct tensor *weights_add_tensor(struct weights *weights, const struct weights_file *file, struct gguf_string name,
                                  const struct dtype *dtype, int n_dims, const size_t *shape, size_t offset,
                                  struct error *err);

/* gguf.c: reads n_pairs pairs at the cursor, as views of its bytes, and moves it behind
 * them. gguf_destroy accepts NULL. */
struct gguf *gguf_parse(struct cursor *cursor, uint64_t n_pairs, struct error *err);
void gguf_destroy(struct gguf *gguf);

/* scales.c: gives tensors whose block scales are tensors of their own those
 * scales, and takes the scales off the list. Names are sorted before, and anew after. */
int scales_attach(struct weights *weights, struct error *err);

#endif
