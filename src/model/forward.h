/* Forward pass through a layer range, chunk by chunk, showing every intermediate
 * to a tap. Results do not depend on chunks, packing, threads or the range's cut:
 * see kernel/kernel.h. */
#ifndef SINKGRID_MODEL_FORWARD_H
#define SINKGRID_MODEL_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/profile.h"
#include "model/chunk.h"
#include "model/model.h"
#include "model/tap.h"

enum precision { PRECISION_FLOAT32, PRECISION_BFLOAT16 };

struct forward;

struct forward_settings {
    int layer_begin, layer_end;    /* what this stage computes */
    int n_samples;                 /* slots */
    const int32_t *sample_tokens;  /* (n_samples) length of each sample */
    const int32_t *sample_numbers; /* (n_samples) what errors call a sample, borrowed; NULL: its slot */
    int max_chunk_tokens;
    enum precision precision;
    bool allow_nonfinite;          /* else a NaN or Inf fails, naming layer, sample, token, sublayer */
    bool final_norm;               /* show TAP_HIDDEN_FINAL after the last layer of the model */
    const struct tap *tap;         /* borrowed, may be NULL */
    struct profile *profile;       /* borrowed, may be NULL: time by phase is added to it */
};

/* Allocates the workspace; caches are allocated as samples arrive and released
 * when their last token is through. forward_destroy accepts NULL. */
struct forward *forward_create(const struct model *model, const struct forward_settings *settings, struct error *err);
void forward_destroy(struct forward *forward);

/* Bytes that a forward pass over layers [begin, end) allocates beside the mapped
 * weights, for samples of at most max_tokens and chunks of chunk_tokens. */
uint64_t forward_bytes(const struct model *model, int begin, int end, int max_tokens, int chunk_tokens);

/* Runs one chunk. At layer 0 `ids` (n_tokens) are embedded into `hidden` first;
 * elsewhere ids may be NULL and `hidden` (n_tokens, D) holds the upstream stage's
 * output. On return `hidden` holds the residual stream after layer_end - 1. */
int forward_chunk(struct forward *forward, const struct chunk *chunk, const int32_t *ids, float *hidden,
                  struct error *err);

#endif
