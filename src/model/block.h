/* One transformer layer over a block of rows: attention and MLP with the norms and
 * residual wiring that the layer's weights and the hyper-parameters ask for. */
#ifndef SINKGRID_MODEL_BLOCK_H
#define SINKGRID_MODEL_BLOCK_H

#include "base/profile.h"
#include "kernel/kernel.h"
#include "model/attention.h"
#include "model/cache.h"
#include "model/family.h"
#include "model/rope.h"
#include "model/tap.h"

/* Rows [begin, end) of one sample, standing at row `row` of the block. */
struct block_segment {
    int sample;
    int begin, end;
    size_t row;
    struct cache *cache;
    const struct rope_table *rope; /* NULL: no rotary embedding */
};

struct block_rows {
    const struct block_segment *segments;
    size_t n_segments, n_rows;
    float *hidden; /* (n_rows, D) residual stream, stride D */
};

struct moe_space;

/* Buffers for blocks of up to max_rows rows. */
struct workspace {
    size_t max_rows;
    size_t ldx, ldq, ldk, ldf;        /* row strides */
    float *input, *output;            /* (max_rows, ldx) */
    float *query, *attended;          /* (max_rows, ldq) */
    float *key, *value;               /* (max_rows, ldk) */
    float *gate, *up, *act, *product; /* (max_rows, ldf) */
    float *packed;                    /* (max_rows, widest input of a linear map) in the kernel's order */
    struct row_span *spans;           /* (max_rows) */
    struct attention_rows *attention_rows; /* (max_rows) */
    struct attention *attention;
    struct moe_space *moe;            /* NULL where there are no experts */
};

int workspace_init(struct workspace *workspace, const struct hparams *hparams, size_t max_rows, size_t max_tokens,
                   struct error *err);
void workspace_clear(struct workspace *workspace);
size_t workspace_bytes(const struct hparams *hparams, size_t max_rows, size_t max_tokens);

struct block_context {
    const struct kernel *kernel;
    const struct hparams *hparams;
    const struct rounding *rounding;
    const struct tap *tap; /* may be NULL */
    struct workspace *workspace;
    struct profile *profile; /* may be NULL */
    bool allow_nonfinite;
    const int32_t *sample_numbers; /* as in struct forward_settings */
};

/* Replaces rows->hidden by the layer's output and shows the tap what passes. A NaN
 * or Inf fails, naming layer, sample, token and sublayer, unless it is allowed. */
int block_apply(const struct block_context *context, int layer, const struct layer_weights *weights,
                const struct block_rows *rows, struct error *err);

/* The block's rows as linear maps want to be told of them, in the workspace's spans. */
struct rows block_spans(const struct kernel *kernel, const struct workspace *workspace, const struct block_rows *rows);

/* Shows rows of a block to the tap, a call a segment. */
void block_show(const struct block_context *context, enum tap_site site, int layer, const struct block_rows *rows,
                const float *values, size_t width, size_t stride);

/* linear_apply, timed. */
void block_linear(const struct block_context *context, const struct linear_job *jobs, size_t n_jobs,
                  const struct rows *rows);

#endif
