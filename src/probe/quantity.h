/* The quantities that are measured for every layer and token (definitions:
 * README, "What is measured"), one table row each; order and names are those of
 * the columns of `sinkgrid measure` and of the result files. */
#ifndef SINKGRID_PROBE_QUANTITY_H
#define SINKGRID_PROBE_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

enum quantity {
    QUANTITY_HIDDEN_NORM,
    QUANTITY_KEY_NORM,
    QUANTITY_VALUE_NORM,
    QUANTITY_COS_PRIMARY,
    QUANTITY_SINK_SCORE,
    QUANTITY_SINK_SCORE_MAX,
    QUANTITY_SINK_HEADS,
    QUANTITY_MLP_NORM,
    QUANTITY_COS_MLP_HIDDEN,
    QUANTITY_COS_MLP_MLP,
    QUANTITY_MASSIVE,
    QUANTITY_MASSIVE_RATIO,
    QUANTITY_COS_MLP_INPUT,
    QUANTITY_COS_MLP_GATE,
    QUANTITY_COS_MLP_UP,
    QUANTITY_COS_MLP_ACT,
    QUANTITY_COS_MLP_PRODUCT,
    QUANTITY_COS_MLP_DOWN,
    N_QUANTITIES
};

struct quantity_info {
    const char *name;      /* "hidden_norm" */
    const char *long_name; /* for the NetCDF attribute */
    const char *units;     /* "1" where dimensionless */
    bool relative;         /* relative to a primary candidate: one column a candidate */
};

extern const struct quantity_info quantity_table[N_QUANTITIES];

enum { MAX_CANDIDATES = 8 };

/* Columns of a (layer, token) row: quantities in table order, a relative one
 * taking n_candidates adjacent columns. */
int quantity_columns(int n_candidates);
int quantity_column(enum quantity quantity, int candidate, int n_candidates);

#endif
