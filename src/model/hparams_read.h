/* The readers of one format each; hparams.c joins and checks them. */
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

/* One rotary embedding from `rope_parameters` (transformers 5) or `rope_scaling`;
 * members that are absent leave *rope as it is. */
int rope_read_config(struct rope *rope, const json_t *parameters, struct error *err);

/* "silu", "gelu_pytorch_tanh", ... */
int activation_by_name(const char *name, enum activation *activation, struct error *err);

#endif
