/* The readers of one format each, and the pieces that families read their own keys
 * with; hparams.c joins and checks them. */
#ifndef SINKGRID_MODEL_HPARAMS_READ_H
#define SINKGRID_MODEL_HPARAMS_READ_H

#include "model/hparams.h"

/* What all architectures share, in config.json's old and new spelling, or GGUF's
 * keys. `config` is the text model's object. */
int hparams_read_config(struct hparams *hparams, const json_t *config, struct error *err);
int hparams_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, struct error *err);

/* The object of config.json that describes the text model: text_config where a
 * model of several modes wraps it. */
const json_t *config_text_part(const json_t *config);

/* An integer member; one that is absent leaves *value as it is. */
int config_read_int(const json_t *config, const char *name, int *value, struct error *err);

/* "silu", "gelu_pytorch_tanh", ... */
int activation_by_name(const char *name, enum activation *activation, struct error *err);

/* "<architecture>.<key>" of GGUF metadata; one that is absent leaves *value as it is. */
int metadata_read_int(const struct gguf *gguf, const char *architecture, const char *key, int *value,
                      struct error *err);
int metadata_read_double(const struct gguf *gguf, const char *architecture, const char *key, double *value,
                         struct error *err);

/* ---- rotary embedding: hparams_rope.c ---- */

/* transformers' defaults. */
struct rope rope_default(void);
/* The model's one rotary embedding over whole heads: base, scaling, original positions. */
int rope_read_top(struct hparams *hparams, const json_t *config, struct error *err);
/* One object of `rope_parameters` (transformers 5) or `rope_scaling`; members that
 * are absent leave *rope as it is. */
int rope_read_config(struct rope *rope, const json_t *parameters, struct error *err);
/* Rotary dimensions as a share of head_dim: by any of its names, else `share`. */
int rope_read_share(struct hparams *hparams, const json_t *config, double share, struct error *err);
int rope_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, struct error *err);
/* GGUF: factors that stand in tensors. */
int rope_read_tensors(struct rope *rope, const struct weights *weights, struct error *err);
/* Settles what a file left open, for a model of n_positions. */
void rope_resolve(struct rope *rope, int n_positions);
int rope_check(const struct rope *rope, int head_dim, struct error *err);

/* ---- sliding windows: hparams_window.c ---- */

/* Every layer has the window `sliding_window`, if there is one. */
int windows_read_uniform(struct hparams *hparams, const json_t *config, struct error *err);
/* Layers by "layer_types"; where that is absent, every period-th layer (from 1) is full. */
int windows_read_alternating(struct hparams *hparams, const json_t *config, int period, struct error *err);
/* Qwen: only with use_sliding_window; layers by "layer_types", else from max_window_layers on. */
int windows_read_qwen(struct hparams *hparams, const json_t *config, struct error *err);
/* GGUF: as windows_read_alternating. */
int windows_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, int period,
                      struct error *err);

#endif
