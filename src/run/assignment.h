/* What a worker needs to know to run one stage of one pipeline: it reads neither
 * experiment nor prompts. Packed to bytes for the way. */
#ifndef SINKGRID_RUN_ASSIGNMENT_H
#define SINKGRID_RUN_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/forward.h"
#include "probe/recorder.h"

/* The numbers, as they travel. */
struct assignment_numbers {
    int32_t pipeline, attempt; /* index in the plan; from 1 */
    int32_t stage, n_stages;
    int32_t upstream, downstream;     /* ranks, -1: none */
    int32_t layer_begin, layer_end;   /* computed */
    int32_t record_begin, record_end; /* recorded, within the computed ones; may be empty */
    int32_t final_row;                /* the final norm is recorded, too */
    int32_t n_embd;                   /* D: width of the hidden states between stages */
    int32_t chunk_tokens, whole;      /* see chunking.h */
    int32_t precision, allow_nonfinite;
    int32_t record_full, n_control;
    int32_t n_samples, n_ids; /* n_ids: 0 but in the first stage */
    int32_t n_threads, zero;  /* n_threads 0: as the environment has it */
    double record_cosine, norm_ratio, epsilon;
    uint64_t seed;
    uint64_t stamp; /* of the model's files as the master saw them: stamp.h */
};
_Static_assert(sizeof(struct assignment_numbers) == 22 * 4 + 3 * 8 + 2 * 8, "no padding in what travels");

struct assignment {
    struct assignment_numbers n;
    struct recorder_sample *samples;       /* (n.n_samples) */
    char (*fingerprints)[SHA256_HEX_SIZE]; /* (n.n_samples); samples[i].fingerprint points here */
    int32_t *ids;                          /* (n.n_ids) the samples' token ids, one after the other */
    char *model_path;
};

/* A new, empty assignment with room for so many samples and ids. */
void assignment_init(struct assignment *assignment, const struct assignment_numbers *numbers, const char *model_path);
void assignment_clear(struct assignment *assignment);

/* The caller frees *bytes. Unpacking checks every count against the size and fails
 * otherwise; the caller clears the assignment in any case. */
void assignment_pack(const struct assignment *assignment, uint8_t **bytes, size_t *size);
int assignment_unpack(struct assignment *assignment, const uint8_t *bytes, size_t size, struct error *err);

#endif
