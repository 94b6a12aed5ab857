/* Arithmetic of a bfloat16 forward pass, emulated: every result that the reference
 * holds in bfloat16 is rounded to it, products and reductions are summed in float32
 * as its matrix products are. For CPUs without bfloat16 instructions, and the same
 * bits on all. */
#ifndef SINKGRID_KERNEL_ROUNDED_H
#define SINKGRID_KERNEL_ROUNDED_H

#include "kernel/kernel.h"

/* `exact` with results rounded, `round` set. One exact kernel a process. */
const struct kernel *kernel_rounded(const struct kernel *exact);

#endif
