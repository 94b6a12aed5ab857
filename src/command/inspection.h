/* What `inspect` finds out about a model, whether or not it can be run. */
#ifndef SINKGRID_COMMAND_INSPECTION_H
#define SINKGRID_COMMAND_INSPECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "grid/experiment.h"
#include "model/model.h"
#include "text/tokenizer.h"
#include "weights/weights.h"

enum { INSPECT_STAGES = 8, INSPECT_NOTES = 16 };

struct dtype_tally {
    const struct dtype *dtype;
    size_t n_tensors;
    uint64_t n_elements, bytes;
};

/* The best cut into n_stages stages. */
struct stage_split {
    int n_stages;
    int cut[INSPECT_STAGES + 1];
    uint64_t bytes; /* of the largest stage */
    double share;   /* of the most expensive stage's arithmetic in all */
};

struct inspection {
    const char *path;
    struct weights *weights;     /* headers */
    struct model *model;         /* NULL: not supported */
    struct tokenizer *tokenizer; /* NULL: none, or not supported */
    bool renders;                /* its chat template does */
    char architecture[64];
    bool has_data;
    struct dtype_tally *tallies; /* by falling bytes */
    int n_tallies;
    int n_tokens; /* that the splits are for */
    struct stage_split splits[INSPECT_STAGES];
    int n_splits;
    struct error obstacles[INSPECT_NOTES]; /* why it cannot be run */
    int n_obstacles;
    struct error notes[INSPECT_NOTES]; /* what is missing otherwise: weights, tokenizer, template */
    int n_notes;
};

/* n_tokens 0: 4096, or the model's positions if fewer. Fails only where the files
 * cannot be read as a model's at all. `path` is borrowed. */
int inspection_init(struct inspection *inspection, const char *path, int n_tokens, struct error *err);
void inspection_clear(struct inspection *inspection);

#endif
