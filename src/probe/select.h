/* Which rows of a (sample, layer) are kept, and the record made of them. */
#ifndef SINKGRID_PROBE_SELECT_H
#define SINKGRID_PROBE_SELECT_H

#include "probe/recorder.h"

/* The control tokens of a sample: up to n of the positions 8 ... n_tokens - 1, drawn
 * without replacement by seed and fingerprint alone, ascending. Returns their number. */
int control_positions(const char *fingerprint, int n_tokens, int n, uint64_t seed, int32_t *positions);

/* What a sample's layer has measured, complete. */
struct layer_columns {
    int layer, n_tokens, n_heads;
    const struct recorder_sample *sample;
    const float *values;   /* (n_columns, n_tokens) */
    const float *alpha;    /* (n_heads, n_tokens), NULL in the final row */
    const float *learned;  /* (n_heads), or NULL */
    const int32_t *control;
    int n_control;
};

int layer_record_build(struct layer_record *record, const struct layer_columns *columns,
                       const struct recorder_settings *settings, struct error *err);

#endif
