/* A unit's samples -> the chunks that travel through its pipeline. Pure, so every
 * stage derives the same list from the samples' lengths. */
#ifndef SINKGRID_RUN_CHUNKING_H
#define SINKGRID_RUN_CHUNKING_H

#include <stdbool.h>
#include <stdint.h>

#include "model/chunk.h"

struct chunk_list {
    struct chunk *chunks; /* (n), in the order of travel */
    int n;
    int max_tokens; /* of the largest chunk */
    struct segment *segments;
};

/* Samples in order, packed into chunks of at most `chunk_tokens`. Long samples are
 * cut over several chunks; with `whole` they are not: then a chunk ends where the
 * next sample would not fit, and a longer sample has a chunk of its own. Samples
 * without tokens take no part. */
void chunk_list_build(struct chunk_list *list, const int32_t *sample_tokens, int n_samples, int chunk_tokens,
                      bool whole);
void chunk_list_clear(struct chunk_list *list);

/* Number of chunks, without building the list. */
int chunk_count(const int32_t *sample_tokens, int n_samples, int chunk_tokens, bool whole);

#endif
