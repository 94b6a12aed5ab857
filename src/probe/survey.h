/* Forward and recorder over whole samples in one process: what `measure` and a
 * pipeline of one stage do. */
#ifndef SINKGRID_PROBE_SURVEY_H
#define SINKGRID_PROBE_SURVEY_H

#include "base/error.h"
#include "model/forward.h"
#include "probe/recorder.h"

struct survey {
    const struct model *model;
    int layer_begin, layer_end;      /* recorded; layers from 0 are computed */
    const int32_t *const *ids;       /* (n_samples) token ids of each sample */
    struct recorder_settings record; /* samples and n_samples set; the layer range is taken from above */
    enum precision precision;
    bool allow_nonfinite;
    /* Called after each chunk with the tokens done so far; may be NULL. */
    void (*progress)(void *context, long n_done, long n_tokens);
    void *context;
    struct profile *profile;         /* may be NULL */
};

/* Fills the measurement, which the caller clears. Short samples are packed, long
 * ones go through whole, layer by layer. */
int survey_run(const struct survey *survey, struct measurement *measurement, struct error *err);

#endif
