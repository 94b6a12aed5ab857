/* What layers of a model cost in arithmetic and memory for given samples. */
#ifndef SINKGRID_GRID_FOOTPRINT_H
#define SINKGRID_GRID_FOOTPRINT_H

#include <stdint.h>

#include "grid/experiment.h"
#include "model/model.h"

struct footprint {
    const struct model *model;
    const uint64_t *bytes_before; /* (n_layers + 1) bytes of the files' layers before each */
    int64_t n_tokens;             /* of all samples */
    int longest;                  /* tokens of the longest */
    int chunk_tokens;
    struct layer_range measured; /* whose quantities a stage records */
    uint64_t token_bytes;        /* quantities of one token at one layer, while the layer is under way */
    uint64_t layer_record_bytes; /* what is kept of one measured layer until the end, all samples */
    const int32_t *lengths;      /* (n_samples) borrowed */
    int n_samples;
};

/* The prefix sums that bytes_before wants; the caller frees. */
uint64_t *footprint_layer_bytes(const struct model *model);

/* Sets model, bytes_before, lengths and what follows from them; the rest is zero. */
void footprint_init(struct footprint *footprint, const struct model *model, const uint64_t *bytes_before,
                    const int32_t *lengths, int n_samples);

/* FLOP of one layer over all samples. The embedding counts with the first layer, the final norm with the last. */
double footprint_layer_flop(const struct footprint *footprint, int layer);

/* Memory of a stage that holds layers [begin, end): mapped weights, what the forward
 * pass allocates, records. In the form that struct partition wants; of the embedding
 * only the rows of the samples' tokens are touched: next to nothing. */
uint64_t footprint_bytes(const void *footprint, int begin, int end);

/* token_bytes for so many candidates. */
uint64_t footprint_token_bytes(const struct model *model, int n_candidates);

/* Tokens that travel together through n_stages stages, of a unit's n_tokens > 0.
 * stream_tokens >= n_tokens counts the units that follow each other through the same
 * ranks, too: the pipeline fills once for all of them. */
int footprint_chunk(int n_stages, int64_t stream_tokens, int64_t n_tokens, int longest);

#endif
