/* How the flat arrays of a unit file divide into samples, tokens, records and rows:
 * read and checked before anything is allocated by it. */
#ifndef SINKGRID_STORE_DIVISIONS_H
#define SINKGRID_STORE_DIVISIONS_H

#include <stddef.h>
#include <stdint.h>

#include "store/ncfile.h"
#include "store/store.h"

struct divisions {
    size_t n_samples, n_tokens, n_records, n_rows, n_candidates, n_heads;
    int32_t *sample, *n_sample_tokens, *candidates, *token_count, *record_count; /* (n_samples) */
    int32_t *record_layer, *row_count;                                           /* (n_records) */
    int32_t *candidate_position;                                                 /* (n_samples, n_candidates) */
};

/* Failures are the reader's. divisions_clear frees in any case. */
void divisions_read(struct divisions *divisions, struct ncreader *reader, const struct unit_info *info);
void divisions_clear(struct divisions *divisions);

#endif
