/* Products by OpenBLAS, on shapes that never vary: row panels of the sample,
 * padded with zeros where a chunk begins or ends inside one. */
#ifndef SINKGRID_KERNEL_OPENBLAS_H
#define SINKGRID_KERNEL_OPENBLAS_H

#include "kernel/kernel.h"

/* `rows` with its products replaced by OpenBLAS's; row operations stay. */
struct kernel openblas_kernel(const struct kernel *rows);

/* One thread a call: ours run outside. "0.3.21 Zen": version and core, static storage. */
void openblas_start(void);
const char *openblas_description(void);

#endif
