/* Finding a family's tensors by name in either format, with shapes checked. The
 * binder remembers the first failure, so that a family's list of bind calls reads
 * as a table; bind_end reports it. */
#ifndef SINKGRID_MODEL_BIND_H
#define SINKGRID_MODEL_BIND_H

#include "model/family.h"

struct binder {
    const struct model *model;
    bool gguf;
    char prefix[64];    /* "model.layers.3." or "blk.3." */
    struct error *err;
    bool failed;
};

/* For the names of one layer: hf_layers is "model.layers." or "transformer.h."; where
 * a folder was published without the first part ("layers.", "h."), that is found. */
struct binder bind_layer_begin(const struct model *model, const char *hf_layers, int layer, struct error *err);
/* For names outside the layers; hf_root is "model." or "transformer.". */
struct binder bind_root_begin(const struct model *model, const char *hf_root, struct error *err);
int bind_end(const struct binder *binder);

/* Names are given without prefix and ".weight" / ".bias", one a format; NULL where
 * the format has none. A missing tensor fails; an optional one is NULL. */
const struct tensor *bind_tensor(struct binder *binder, const char *hf, const char *gguf, const char *suffix);
const struct tensor *bind_optional(struct binder *binder, const char *hf, const char *gguf, const char *suffix);

/* The table "<name>.weight" of (at least n_rows, n_columns), such as an embedding. */
const struct tensor *bind_table(struct binder *binder, const char *hf, const char *gguf, size_t n_rows,
                                size_t n_columns);

/* weight (n_out, n_in), and the bias if there is one. */
void bind_linear(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_out,
                 size_t n_in);
/* Rows [row, row + n_out) of a fused weight (and bias) of n_total rows. */
void bind_rows(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t row,
               size_t n_out, size_t n_in, size_t n_total);
/* The bias that belongs to an already bound map, from the (n_total) vector hf/gguf ".bias", row order as the weight's. */
void bind_bias(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_total);

/* A required norm of n features; the bias is taken if kind is NORM_LAYER and there is one. */
void bind_norm(struct binder *binder, struct norm *norm, const char *hf, const char *gguf, enum norm_kind kind,
               size_t n, float offset);

/* A whole tensor of n values widened to floats that the caller owns; NULL on failure. */
float *bind_vector(struct binder *binder, const struct tensor *tensor, size_t n);

/* Query and key rows of GGUF's Llama are permuted; call after bind_linear. */
void bind_rope_pairs(struct binder *binder, struct linear *linear, size_t head_dim);

#endif
