/* Arithmetic of a bfloat16 forward pass: every result that the reference holds in
 * bfloat16 is rounded to it, products and reductions are summed in float32 as its
 * matrix products are. */
#ifndef SINKGRID_KERNEL_ROUNDED_H
#define SINKGRID_KERNEL_ROUNDED_H

#include "kernel/kernel.h"
#include "kernel/pairs.h"

/* `exact` with results rounded, `round` set. Linear maps are `products`, or exact's
 * where that is NULL. The kernel lasts until the next call. */
const struct kernel *kernel_rounded(const struct kernel *exact, const struct pair_products *products);

#endif
