/* Turns what a tap shows into a measurement: norms, cosines, sink scores for every
 * token and layer, then the rows that are kept. One recorder a stage. */
#ifndef SINKGRID_PROBE_RECORDER_H
#define SINKGRID_PROBE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"
#include "model/tap.h"
#include "probe/measurement.h"

struct recorder_sample {
    int32_t sample;      /* number in its prompt set */
    int32_t n_tokens;
    int32_t n_candidates;
    int32_t candidate[MAX_CANDIDATES];
    const char *fingerprint; /* keys the control tokens; borrowed */
};

struct recorder_settings {
    int layer_begin, layer_end; /* layers to record: the stage's part of the measured range */
    bool final_row;             /* the last layer is among them: record the final norm, too */
    int n_samples;
    const struct recorder_sample *samples; /* copied */
    bool record_full;
    double record_cosine, norm_ratio, epsilon;
    int n_control;
    uint64_t seed;
};

struct recorder;

struct recorder *recorder_create(const struct hparams *hparams, const struct recorder_settings *settings,
                                 struct error *err);
void recorder_destroy(struct recorder *recorder);

/* The observer to hand to forward_create; lives as long as the recorder. */
const struct tap *recorder_tap(struct recorder *recorder);

/* Moves the finished records out; every sample must have gone through. */
int recorder_finish(struct recorder *recorder, struct measurement *measurement, struct error *err);

#endif
