/* Tokens that travel together. Segments are contiguous token ranges of samples;
 * short samples are packed into one chunk, long ones cut over several. Segments of
 * one sample arrive in order. */
#ifndef SINKGRID_MODEL_CHUNK_H
#define SINKGRID_MODEL_CHUNK_H

#include <stdint.h>

struct segment {
    int32_t sample;     /* slot: index of the sample in its unit */
    int32_t begin, end; /* token positions, half-open */
};

struct chunk {
    const struct segment *segments;
    int32_t n_segments;
    int32_t n_tokens; /* sum over segments */
};

#endif
