/* What has changed between two runs of an experiment: pipelines of the same model,
 * prompt set, samples and layers whose identity is another one, and why. */
#ifndef SINKGRID_GRID_CHANGES_H
#define SINKGRID_GRID_CHANGES_H

#include "grid/manifest.h"

enum change_reason {
    CHANGE_MODEL,    /* its files */
    CHANGE_PROMPTS,  /* the samples' token ids: texts, template, tokenizer */
    CHANGE_SETTINGS, /* what is measured: record, candidates, epsilon, seed, precision, numerics version */
    N_CHANGE_REASONS
};
extern const char *const change_texts[N_CHANGE_REASONS];

struct change {                         /* of one (model, prompt set), for one reason */
    const struct manifest_entry *entry; /* the first such, of the newer list */
    enum change_reason reason;
    int n_pipelines;
};

/* The entry of `before` about the same model, prompt set, samples and layers as each of
 * `now`, (now->n_entries), NULL where there is none. What `before` keeps of earlier runs
 * counts, too. The caller frees the array. */
const struct manifest_entry **changes_match(const struct manifest *before, const struct manifest *now);

/* Fills *changes (the caller frees); borrows from `now`. Returns their number. */
int changes_find(const struct manifest *before, const struct manifest *now, struct change **changes);

#endif
