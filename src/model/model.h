/* A model: its files, hyper-parameters and family. Read-only once open; shared by
 * all stages of a rank. */
#ifndef SINKGRID_MODEL_MODEL_H
#define SINKGRID_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/hparams.h"
#include "weights/weights.h"

struct family;

struct model {
    struct weights *weights;
    struct hparams hparams;
    const struct family *family; /* architecture: families/<name>.c */
};

/* An architecture or data type that is not supported fails, naming it. With
 * `header_only` a fixture without tensor data opens, for plan and inspect. */
struct model *model_open(const char *path, bool header_only, struct error *err);
void model_close(struct model *model);

/* Whether every tensor that the forward pass wants is there, in the shape that the
 * metadata say; reads no weights. Where config.json stands alone there is nothing to
 * check. */
int model_check(const struct model *model, struct error *err);

/* Facts for plan and inspect. Bytes are those of the files; FLOP are 2 per
 * multiply-add, per token, without attention over the keys. */
uint64_t model_parameters(const struct model *model);
uint64_t model_layer_bytes(const struct model *model, int layer);
double model_layer_flop(const struct model *model, int layer);
double model_attention_flop(const struct model *model, int layer, int n_tokens); /* whole sample, causal */

#endif
