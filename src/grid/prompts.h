/* A prompt set: samples as token ids, in the order of the file. Formats, by the
 * path: a file *.jsonl, *.ndjson or *.json holds JSON lines, one sample each, a
 * folder its *.txt files in the order of their names, any other file is one sample
 * of plain text. A JSON line is of the first of these kinds whose field it has:
 *
 *     input_ids   token ids, taken as they are
 *     messages    [{"role", "content"}, ...], wants a chat template; `output` follows it
 *     prompt      one user message where a template applies; `output` follows it
 *     text        never templated
 *     problem, question    as prompt (fields of the study's data sets)
 *
 * The study's own output files have prompt and output, and are read as they are. */
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
 * every sample is input_ids. n_positions (0: unlimited), n_vocab: the model's, for
 * max_tokens and the check of ids. Errors name file and line: text that is not
 * UTF-8, a sample without tokens, ids out of range, an empty set. samples_clear frees. */
int samples_load(struct samples *samples, const struct experiment_prompt_set *set, const struct tokenizer *tokenizer,
                 int n_positions, int n_vocab, struct error *err);
void samples_clear(struct samples *samples);

/* Positions of the primary's candidates in a sample of n_tokens: the settings' or
 * the default of the rule; those >= n_tokens are dropped. Returns their number. */
int sample_candidates(const struct detect_settings *detect, bool templated, int n_tokens,
                      int candidates[MAX_CANDIDATES]);

#endif
