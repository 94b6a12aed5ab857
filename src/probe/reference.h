/* The candidates' rows at every tap site of one (sample, layer), against which the
 * other rows' cosines are taken. Rows before the last candidate are kept as well:
 * their cosine to it can be taken only when it has come. */
#ifndef SINKGRID_PROBE_REFERENCE_H
#define SINKGRID_PROBE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/kernel.h"
#include "model/tap.h"

struct reference_set;

struct reference_set *reference_set_create(const int32_t *candidates, int n_candidates);
void reference_set_destroy(struct reference_set *set);

/* Keeps the view's rows up to the last candidate. */
int reference_keep(struct reference_set *set, const struct kernel *kernel, const struct tap_rows *view,
                   struct error *err);

/* A kept row of a site and its l2 norm; NULL if it has not come yet. */
const float *reference_row(const struct reference_set *set, enum tap_site site, int position, double *norm);

/* From x . y, |x| and |y|; NaN where a norm is 0. */
float cosine(float dot, double x_norm, double y_norm);

#endif
