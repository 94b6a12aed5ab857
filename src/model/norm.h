/* RMSNorm (Zhang and Sennrich 2019) and LayerNorm (Ba et al. 2016) of rows. */
#ifndef SINKGRID_MODEL_NORM_H
#define SINKGRID_MODEL_NORM_H

#include "kernel/kernel.h"
#include "model/family.h"

/* y (norm->n) from x; x and y may be the same. The norm is there: not NORM_NONE. */
void norm_row(const struct kernel *kernel, const struct norm *norm, const float *x, float *y);

void norm_clear(struct norm *norm);

#endif
