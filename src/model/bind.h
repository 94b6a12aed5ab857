/* Finding a family's tensors by name in either format, with shapes checked. The
 * binder remembers the first failure, so that a family's list of bind calls reads
 * as a table; bind_end reports it.
 *
 * With sums.counting the calls count what they bind and read nothing: for sizes and
 * costs. There, config.json may stand alone: no tensors are found then, and what it
 * says of biases counts. */
#ifndef SINKGRID_MODEL_BIND_H
#define SINKGRID_MODEL_BIND_H

#include "model/family.h"

struct binder {
    const struct model *model;
    bool gguf;
    bool unfiled;       /* config.json alone: there are no tensors */
    char prefix[64];    /* "model.layers.3." or "blk.3." */
    struct weight_sums *sums;
    struct error *err;
    bool failed;
};

/* hf_layers is "model.layers." or "transformer.h.". Folders are also published
 * without its first part ("layers.", "h."), and inside a model of several modes
 * ("language_model.model.layers."): that is found. The first is for the names of
 * one layer, the second for those beside the layers. */
struct binder bind_layer_begin(const struct model *model, const char *hf_layers, int layer, struct weight_sums *sums,
                               struct error *err);
struct binder bind_root_begin(const struct model *model, const char *hf_layers, struct weight_sums *sums,
                              struct error *err);
int bind_end(const struct binder *binder);

/* Names are given without prefix and ".weight" / ".bias", one a format; NULL where
 * the format has none. A missing tensor fails (unfiled: NULL); an optional one is NULL. */
const struct tensor *bind_tensor(struct binder *binder, const char *hf, const char *gguf, const char *suffix);
const struct tensor *bind_optional(struct binder *binder, const char *hf, const char *gguf, const char *suffix);

/* A tensor of rows x columns whose parts are bound one by one, and counted there. */
const struct tensor *bind_shared(struct binder *binder, const char *hf, const char *gguf, const char *suffix,
                                 size_t rows, size_t columns);

/* The table "<name>.weight" of (at least n_rows, n_columns), such as an embedding. */
const struct tensor *bind_table(struct binder *binder, const char *hf, const char *gguf, size_t n_rows,
                                size_t n_columns);

/* weight (n_out, n_in), and the bias if there is one (unfiled: if `bias`). */
void bind_linear(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, size_t n_out,
                 size_t n_in, bool bias);

/* Where a map's features lie in a tensor that holds several maps: group features at
 * a time from `row` on, the groups group_stride rows apart; group 0: one after the other. */
struct part {
    size_t n_total; /* rows of the tensor */
    size_t row, group, group_stride;
};
void bind_part(struct binder *binder, struct linear *linear, const char *hf, const char *gguf, struct part part,
               size_t n_out, size_t n_in, bool bias);
/* The same where a folder has the transpose, (n_in, n_total). */
void bind_transposed(struct binder *binder, struct linear *linear, const char *hf, const char *gguf,
                     struct part part, size_t n_out, size_t n_in, bool bias);

/* A map whose features are the rows row, row + step, ... of a tensor that bind_shared found. */
void bind_rows(struct binder *binder, struct linear *linear, const struct tensor *tensor, size_t row, size_t step,
               size_t n_out, size_t n_in);

/* A norm of n features, with weight and, if of kind NORM_LAYER, bias. If hparams has
 * no norm_affine and the file no weight, they are 1 and 0. */
void bind_norm(struct binder *binder, struct norm *norm, const char *hf, const char *gguf, enum norm_kind kind,
               size_t n, float offset);

/* A whole tensor of n values (NULL: unfiled) widened to floats that the caller owns; NULL on failure. */
float *bind_vector(struct binder *binder, const struct tensor *tensor, size_t n);

/* Elements [first, first + n), step elements apart, of a (rows, columns) tensor counted as one row; owned. */
float *bind_slice(struct binder *binder, const struct tensor *tensor, size_t first, size_t step, size_t n);

/* Counts n elements of a tensor (NULL: unfiled) that are bound by hand, or not needed. */
void bind_count(struct binder *binder, const struct tensor *tensor, size_t n);

/* Query and key rows of GGUF's Llama are permuted; call after the map is bound. */
void bind_rope_pairs(struct binder *binder, struct linear *linear, size_t head_dim);

#endif
