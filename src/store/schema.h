/* What a unit file holds: every dimension, variable, unit and attribute name. Flat
 * columns only (no groups, compound or variable-length types), so that ncdump and
 * xarray read it without a manual. Ragged arrays follow CF 9.3.3, "contiguous": a
 * count per sample (or record) says how many of the next level's elements are its own.
 *
 *     sample (S)       one text
 *     token  (N)       distinct recorded positions of a sample, ascending
 *     record (R)       one (sample, layer); layer n_layers: after the final norm
 *     row    (M)       recorded positions of a record, ascending
 *     candidate (C)    the most primary candidates that a sample has
 *     head (H), statistic (8)
 *
 * A column of probe/quantity.h is a variable (row) or, relative to a candidate,
 * (row, candidate); beside it <name>_background (record, [candidate,] statistic)
 * describes all tokens of the record. */
#ifndef SINKGRID_STORE_SCHEMA_H
#define SINKGRID_STORE_SCHEMA_H

#include "probe/quantity.h"
#include "store/ncfile.h"

/* Raised when a reader of the old layout would fail or misread. */
enum { SCHEMA_VERSION = 1 };

#define DIM_SAMPLE "sample"
#define DIM_TOKEN "token"
#define DIM_RECORD "record"
#define DIM_ROW "row"
#define DIM_CANDIDATE "candidate"
#define DIM_HEAD "head"
#define DIM_STATISTIC "statistic"

/* Members of struct column_summary in its order; the count is exact as a float below 2^24 tokens. */
enum { N_STATISTICS = 8 };
extern const char *const statistic_names[N_STATISTICS];

enum unit_variable {
    VAR_STATISTIC,
    /* (sample) */
    VAR_SAMPLE,
    VAR_N_TOKENS,
    VAR_TRUNCATED,
    VAR_TEMPLATED,
    VAR_SAMPLE_FINGERPRINT,
    VAR_N_CANDIDATES,
    VAR_CANDIDATE_POSITION, /* (sample, candidate) */
    VAR_TOKEN_COUNT,
    VAR_RECORD_COUNT,
    /* (token) */
    VAR_TOKEN_SAMPLE,
    VAR_TOKEN_POSITION,
    VAR_TOKEN_ID,
    VAR_TOKEN_OCCURRENCES,
    VAR_TOKEN_TEXT,
    /* (record) */
    VAR_RECORD_SAMPLE,
    VAR_RECORD_LAYER,
    VAR_ROW_COUNT,
    VAR_LEARNED_SINK, /* (record, head); only where the family has one */
    /* (row) */
    VAR_ROW_SAMPLE,
    VAR_ROW_LAYER,
    VAR_ROW_TOKEN,
    VAR_POSITION,
    VAR_REASON,
    VAR_ALPHA, /* (row, head) */
    N_UNIT_VARIABLES
};

extern const struct ncvar unit_variables[N_UNIT_VARIABLES];

/* The variables of one quantity. */
struct ncvar schema_quantity(enum quantity quantity);
struct ncvar schema_background(enum quantity quantity);

#endif
