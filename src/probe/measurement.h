/* What a unit yields: for every sample and measured layer the recorded rows
 * (tokens), the statistics over all tokens, and the learned sink; packed to bytes
 * for the way to the master, joined over layer ranges there.
 *
 * Missing values (a cosine of a zero vector, a quantity that the family lacks, the
 * fields of the final row) are NaN. */
#ifndef SINKGRID_PROBE_MEASUREMENT_H
#define SINKGRID_PROBE_MEASUREMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "probe/quantity.h"

/* Why a row was kept; bits, several may be set. */
enum row_reason {
    ROW_COSINE = 1,    /* |cos_primary| > record_cosine for some candidate */
    ROW_NORM = 2,      /* hidden_norm > norm ratio x the layer's median */
    ROW_FIRST = 4,     /* positions 0 ... 7 */
    ROW_CONTROL = 8,   /* one of the control tokens drawn by seed */
    ROW_FULL = 16,     /* record = "full" */
};

/* Over all tokens of a sample at one layer, one per column: relative columns by
 * absolute value over t > c, the others over all t; missing values left out. */
struct column_summary {
    int32_t count;
    float mean, sd;                 /* n - 1; missing if count < 2 */
    float q01, q25, q50, q75, q99;  /* linear interpolation, numpy's default */
};

struct layer_record {
    int32_t layer;       /* n_layers of the model: h[L-1] after the final norm, cos_primary and hidden_norm only */
    int32_t n_rows;
    int32_t *position;   /* (n_rows), ascending */
    uint8_t *reason;     /* (n_rows) */
    float *values;       /* (n_rows, n_columns) */
    float *alpha;        /* (n_rows, n_heads) sink score a head; not in the final row's record (NULL) */
    float *learned_sink; /* (n_heads), NULL where the family has none */
    struct column_summary *summary; /* (n_columns) */
};

struct sample_record {
    int32_t sample;      /* number in its prompt set */
    int32_t n_tokens;
    int32_t n_candidates;
    int32_t candidate[MAX_CANDIDATES]; /* positions, each < n_tokens */
    int32_t n_layers;
    struct layer_record *layers; /* ascending by layer */
};

struct measurement {
    int32_t n_heads;
    int32_t n_samples;
    struct sample_record *samples;
};

void measurement_init(struct measurement *measurement, int n_heads, int n_samples);
void measurement_clear(struct measurement *measurement);

/* Allocates the arrays of a layer record for n_rows rows; values are NaN. */
void layer_record_init(struct layer_record *record, int layer, int n_rows, int n_columns, int n_alpha_heads,
                       int n_learned_heads);
void layer_record_clear(struct layer_record *record);

/* Row of a position, -1 if it was not kept. */
int layer_record_find(const struct layer_record *record, int32_t position);

/* Bytes for a message: little-endian, fixed layout, checked on the way back
 * (a wrong size, count or order fails). The caller frees *bytes. */
void measurement_pack(const struct measurement *measurement, uint8_t **bytes, size_t *size);
int measurement_unpack(struct measurement *measurement, const uint8_t *bytes, size_t size, struct error *err);

/* Moves the layers of `part` (same samples, another layer range) into `whole`;
 * `part` is empty after it. Fails if samples differ or a layer is there twice. */
int measurement_join(struct measurement *whole, struct measurement *part, struct error *err);

#endif
