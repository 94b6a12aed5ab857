/* Measurements whose sinks are known by construction: dense arrays are drawn, sinks
 * planted in them, and rows kept as the recorder keeps them (DESIGN: "Kept, key
 * record"). Ordinary tokens have norms near 10 and small cosines. */
#ifndef SINKGRID_TESTS_UNIT_PLANTED_H
#define SINKGRID_TESTS_UNIT_PLANTED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* cmocka compares as float. */
#define assert_near(value, expected, tolerance) assert_true(fabs((value) - (expected)) <= (tolerance))

struct planted_sink {
    int position, token_id;
    int l_start, lifetime;      /* consecutive layers, but for a gap */
    int gap;                    /* a layer left out, 0: none; the lifetime counts it not */
    double cosine, norm, score; /* while it lives */
    double mlp_norm, cos_mlp;   /* at l_start */
};

struct planted_sample {
    int n_tokens;
    bool templated;
    int primary, start, end; /* position; layers [start, end) with a great norm */
    double score;            /* of the primary in [start, end) ... */
    double weakened;         /* ... times this for each sink that lives there */
    double least_background; /* ordinary tokens have |cosine|s from this ... */
    double background;       /* ... to this, of either sign */
    const struct planted_sink *sinks;
    int n_sinks;
};

struct planted_model {
    const char *model, *family, *prompt_set;
    uint64_t n_params;
    int n_layers, n_heads;
    bool record_full;
    double record_cosine;
    int layer_begin, layer_end; /* 0, 0: all */
    uint64_t seed;
};

/* Samples are numbered from first_sample. unit_clear frees. */
void planted_unit(struct unit *unit, const struct planted_model *model, const struct planted_sample *samples, int n,
                  int first_sample);

/* The same as a file of a results folder. */
int planted_store(const char *results, const struct planted_model *model, const struct planted_sample *samples, int n,
                  int first_sample, struct error *err);

#endif
