/* Rotary position embedding (Su et al. 2021), halves convention: dimension i of a
 * head pairs with i + half. Angles are rounded to float32 where the reference
 * rounds them. */
#ifndef SINKGRID_MODEL_ROPE_H
#define SINKGRID_MODEL_ROPE_H

#include <stdbool.h>

#include "base/error.h"
#include "model/hparams.h"

struct rope_table {
    int n_positions, half; /* half: pairs of dimensions, n_dims / 2 */
    float *cosine, *sine;  /* (n_positions, half), times the attention factor; owned */
};

/* Whether the frequencies depend on the sequence's length, so that a table serves
 * one length only (dynamic, longrope). */
bool rope_depends_on_length(const struct rope *rope);

/* Table for the first n_positions positions of a sequence of that length. */
int rope_table_init(struct rope_table *table, const struct rope *rope, int n_positions, struct error *err);
void rope_table_clear(struct rope_table *table);

/* Rotates the heads of one row at a position and multiplies all of it by scale. */
void rope_rotate(const struct rope_table *table, int position, int n_heads, int head_dim, float scale, float *row);

/* The same in bfloat16, unscaled: cos, sin, both products and their sum are rounded, or
 * the sum alone, once. */
void rope_rotate_rounded(const struct rope_table *table, int position, int n_heads, int head_dim, bool once,
                         float *row);

/* Inverse frequencies (a pair) and the factor on cos and sin, for a sequence of n_positions. */
void rope_frequencies(const struct rope *rope, int n_positions, float *frequencies, float *factor);

#endif
