/* Sink rate of Gu et al. (arXiv 2410.10781, equation 7): Sink_k = mean over samples,
 * layers and heads of [alpha(l, h, k - 1) > epsilon], k from 1, where alpha is the
 * attention that the k-th token receives. Their setting cuts the input to 64 tokens
 * before the forward pass (experiments/sink_rate.cfg). */
#ifndef SINKGRID_SUMMARY_SINK_RATE_H
#define SINKGRID_SUMMARY_SINK_RATE_H

#include <stdint.h>

#include "store/store.h"

enum { SINK_RATE_MAX_K = 64 };

struct sink_rate {
    int64_t hits[SINK_RATE_MAX_K];  /* (layer, head) pairs above epsilon at position k - 1 */
    int64_t pairs[SINK_RATE_MAX_K]; /* ... of so many */
    int64_t samples[SINK_RATE_MAX_K];
    int32_t most_tokens; /* of a sample that counted */
};

/* Adds the positions that a sample recorded at every layer, whatever they are: 0 ... 7
 * and the control tokens, which are all of a text of 64 tokens; or all. */
void sink_rate_add(struct sink_rate *rate, const struct unit *unit, int sample, double epsilon);

/* Missing where no sample is as long, or none recorded the position. k from 1. */
double sink_rate_value(const struct sink_rate *rate, int k);

#endif
