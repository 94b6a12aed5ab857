/* The plan of a planted model: its sizes, where in the residual stream each
 * reserved direction lies, and which tokens become sinks at which layer, with which
 * MLP norm and for how long. circuit.h turns it into weights, truth.h into the
 * expected results.
 *
 * Lengths in the residual stream are given in units of r = sqrt(D), the norm of an
 * embedding, so that RMSNorm (gain 1) leaves an ordinary token's state as it is.
 * The norms in `struct planted_group` and `primary_norm` are absolute. */
#ifndef SINKGRID_PLANT_CONSTRUCTION_H
#define SINKGRID_PLANT_CONSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    PLANT_BYTES = 256, /* token id = byte */
    PLANT_BOS = 256,
    PLANT_EOS = 257,
    PLANT_USER = 258,
    PLANT_ASSISTANT = 259,
    PLANT_VOCAB = 260,
    PLANT_CODE_BITS = 12, /* words with six bits set: 924 >= PLANT_VOCAB, any two differ in at least two bits */
    PLANT_MAX_LEVELS = 6,
    PLANT_GROUPS_A_LEVEL = 2,
    PLANT_IDS_A_GROUP = 2,
    PLANT_MAX_STRAYS = 8,
    PLANT_MAX_GROUPS = PLANT_MAX_LEVELS * PLANT_GROUPS_A_LEVEL + PLANT_MAX_STRAYS + 1,
    PLANT_MIN_WIDTH = 64,
};

/* Reserved residual dimensions; the rest carries noise. */
enum {
    DIM_SINK = 0,     /* the direction of the primary: massive while a token is a sink */
    DIM_CONSTANT = 1, /* the same in every embedding: the bias of every gate and query */
    DIM_BOS = 2,      /* set in the embedding of BOS alone */
    DIM_LATER = 3,    /* written by layer 0: zero as long as all tokens so far are the same one */
    DIM_CODE = 4,     /* PLANT_CODE_BITS dimensions: which token this is */
    DIM_MARKER = DIM_CODE + PLANT_CODE_BITS, /* one dimension a group, the first free one after them: n_reserved */
};

struct plant_level {
    int l_start, lifetime;
};

struct plant_settings {
    int n_layers, n_embd, n_heads, n_kv_heads, n_ff; /* n_heads, n_kv_heads, n_ff 0: by n_embd */
    int n_levels;
    struct plant_level levels[PLANT_MAX_LEVELS]; /* lifetime 0: chosen by construction */
    int n_strays;                                /* token ids with an (l_start, lifetime) of their own */
    bool primary_like;                           /* plant a group that lives as long as the primary */
    double norm;                                 /* least MLP norm at l_start, in units of r */
    double norm_slope; /* relative growth of the norm from one lifetime to the next longer one; may be negative */
    double attraction; /* attention logit of the primary's key */
    bool no_weakening; /* secondary sinks' keys draw no attention */
    double noise;      /* norm that a noisy sublayer adds, in units of r */
    uint64_t seed;
};

struct planted_group { /* token ids that share a marker, hence l_start, lifetime and norm */
    int level;         /* index of its level; -1: a stray, -2: primary-like */
    int l_start, lifetime;
    double norm; /* of the MLP's output at l_start */
    int n_ids;
    int ids[PLANT_IDS_A_GROUP];
    int dim; /* its marker's residual dimension */
};

struct construction {
    struct plant_settings settings; /* every 0 replaced */
    int head_dim;
    int start, end;      /* the primary is massive after layers start ... end - 1 */
    double primary_norm; /* of the MLP's output at `start` */
    struct planted_group groups[PLANT_MAX_GROUPS];
    int n_groups;
    int n_reserved;
};

extern const struct plant_settings plant_defaults;

/* Errors name the setting that does not fit and what would. */
int construction_make(struct construction *construction, const struct plant_settings *settings, struct error *err);

/* The group whose marker a token id carries, NULL if none. */
const struct planted_group *construction_group(const struct construction *construction, int id);

/* Expected norm of an ordinary state after `layer`, -1 the embedding, in units of r. */
double construction_scale(const struct construction *construction, int layer);

/* The `index`-th id that may carry a marker, whether or not this model uses it: levels first, then strays. */
int plant_level_id(int level, int group, int index);
int plant_stray_id(int stray);
int plant_primary_like_id(void);

#endif
