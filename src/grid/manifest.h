/* The list of a run's pipelines, results/plan.jsonl: written by `run` at its start,
 * so that `status` need not open models nor tokenize to know what is missing. The
 * first line names the experiment, each further one a pipeline. After those of the
 * run come those of earlier runs that were about other models and prompt sets (--model
 * and the like), so that what changes in them is noticed when they are run again. */
#ifndef SINKGRID_GRID_MANIFEST_H
#define SINKGRID_GRID_MANIFEST_H

#include "base/error.h"
#include "base/sha256.h"
#include "grid/plan.h"

struct manifest_entry {
    char identity[SHA256_HEX_SIZE];
    char *model, *family, *prompt_set; /* labels; owned */
    char model_fingerprint[SHA256_HEX_SIZE];
    char samples_fingerprint[SHA256_HEX_SIZE]; /* of the samples' fingerprints */
    int sample_begin, sample_end;              /* both 0: all units of a model that cannot be opened */
    int layer_begin, layer_end;
    int n_stages;
    double flop;
};

struct manifest {
    char experiment[SHA256_HEX_SIZE]; /* manifest_experiment_key of what it was made from */
    struct manifest_entry *entries;   /* (n_entries + n_earlier) */
    int n_entries;
    int n_earlier; /* further ones, of earlier runs: models and prompt sets that this run left out */
};

/* A hash of the resolved experiment and of what --model and the like narrow it to. */
void manifest_experiment_key(const struct experiment *experiment, char key[SHA256_HEX_SIZE]);

void manifest_from_plan(struct manifest *manifest, const struct plan *plan);

/* Copies from an earlier list what it has on (model, prompt set) pairs that `manifest` lacks. */
void manifest_keep_earlier(struct manifest *manifest, const struct manifest *before);

/* Replaces the list in the results folder, which must exist. Master only. */
int manifest_write(const char *results, const struct manifest *manifest, struct error *err);

/* Fails where there is none, or a line is damaged. manifest_clear frees. */
int manifest_read(struct manifest *manifest, const char *results, struct error *err);
void manifest_clear(struct manifest *manifest);

#endif
