/* A prompt set: samples as token ids, in the order of the file. Formats: JSON
 * lines with `prompt` (+ `output`), `text`, `messages` or `input_ids`; plain text,
 * one sample a file; a study's output file. */
#ifndef SINKGRID_GRID_PROMPTS_H
#define SINKGRID_GRID_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "grid/experiment.h"
#include "text/tokenizer.h"

struct sample {
    int32_t *ids; /* (n_tokens), after max_tokens */
    int32_t n_tokens;
    bool truncated;
    bool templated;                    /* a chat template was applied: decides the default candidates */
    char fingerprint[SHA256_HEX_SIZE]; /* SHA-256 of the ids as little-endian int32 */
};

struct samples {
    struct sample *items;
    int n;
};

/* Reads and encodes a prompt set for one model. `tokenizer` may be NULL where
 * every sample is input_ids. n_positions, n_vocab: the model's, for max_tokens and
 * the check of ids. Errors name file and line. samples_clear frees. */
int samples_load(struct samples *samples, const struct experiment_prompt_set *set, const struct tokenizer *tokenizer,
                 int n_positions, int n_vocab, struct error *err);
void samples_clear(struct samples *samples);

/* Positions of the primary's candidates in a sample of n_tokens: the settings' or
 * the default of the rule; those >= n_tokens are dropped. Returns their number. */
int sample_candidates(const struct detect_settings *detect, bool templated, int n_tokens,
                      int candidates[MAX_CANDIDATES]);

#endif
