/* Prompts for planted models: made-up text in which the marked characters stand at
 * known positions. A byte is a token, so that the ids follow from the text. */
#ifndef SINKGRID_PLANT_PROMPTS_H
#define SINKGRID_PLANT_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct plant_prompt_settings {
    int n_samples, n_tokens; /* n_tokens: mean length of a sample, BOS included */
    int n_levels, n_strays;  /* whose characters occur: those of the largest model of a family */
    bool primary_like;
    double mark_share; /* of tokens; below 0.01 the sinks alone do not look like anisotropy */
    uint64_t seed;
};

struct plant_sample {
    int *ids; /* (n) BOS first; no mark before position 4 */
    int n;
};

struct plant_prompts {
    struct plant_sample *samples;
    int n;
};

/* Each level's characters occur in turn, a share of all tokens; each stray's once. */
void plant_prompts_make(struct plant_prompts *prompts, const struct plant_prompt_settings *settings);
void plant_prompts_clear(struct plant_prompts *prompts);

/* Three prompt files of the same samples: prompts.jsonl (input_ids), texts.jsonl
 * (text; the tokenizer puts BOS before it), nobos.jsonl (input_ids less BOS). */
int plant_prompts_write(const struct plant_prompts *prompts, const char *folder, struct error *err);

#endif
