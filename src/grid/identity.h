/* What names a unit's result file: a hash of everything that can change its
 * content, so that a changed model, prompt or probe is never mixed with an older
 * one, and never of what cannot: ranks, stages, threads, thresholds, paths. */
#ifndef SINKGRID_GRID_IDENTITY_H
#define SINKGRID_GRID_IDENTITY_H

#include <stdint.h>

#include "base/sha256.h"
#include "grid/experiment.h"

struct identity_sample {
    int number; /* in its prompt set */
    const char *fingerprint;
    bool truncated, templated;
    const int *candidates;
    int n_candidates;
};

struct identity {
    const char *model, *prompt_set; /* labels: one file content for each, also where two arms come to the same ids */
    const char *model_fingerprint;
    struct layer_range measured; /* end 0 resolved */
    const struct record_settings *record;
    double epsilon;
    uint64_t seed;
    enum precision precision;
    int numerics_version;
    const struct identity_sample *samples;
    int n_samples;
};

void identity_hash(const struct identity *identity, char hex[SHA256_HEX_SIZE]);

/* Stands for all units of a pair whose model cannot be opened: their own identities are unknown. */
void identity_hash_pair(const char *model, const char *prompt_set, char hex[SHA256_HEX_SIZE]);

#endif
