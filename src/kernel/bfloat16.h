/* The kernel of a bfloat16 forward pass. */
#ifndef SINKGRID_KERNEL_BFLOAT16_H
#define SINKGRID_KERNEL_BFLOAT16_H

#include "kernel/kernel.h"
#include "kernel/pairs.h"

/* *products: what SINKGRID_BFLOAT16 asks for: the CPU's own if it is "hardware", checked
 * once against plain C; NULL for emulated ones, which give the same bits on every CPU, if
 * it is unset or "emulated". Fails if it holds anything else, the CPU has none or they
 * fail the check. */
int bfloat16_products(const struct pair_products **products, struct error *err);

/* kernel_select's with results rounded (kernel/rounded.h) and those products. NULL and
 * an error where either cannot be had. */
const struct kernel *bfloat16_kernel(struct error *err);

/* Products that this CPU has, or NULL. */
const struct pair_products *bfloat16_hardware(void);

/* For provenance; the error where bfloat16_products fails. Static storage. */
const char *bfloat16_description(void);

#endif
