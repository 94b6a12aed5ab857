/* OpenBLAS fixes its core (instruction set) when the library is loaded. Versions
 * older than the CPU take a poorer one than it has: 0.3.21 takes Haswell on Zen 5,
 * where SkylakeX is twice as fast. The choice is an environment variable, so a
 * better one means running the program again. */
#ifndef SINKGRID_KERNEL_OPENBLAS_CORE_H
#define SINKGRID_KERNEL_OPENBLAS_CORE_H

#include <stdbool.h>

struct cpu_features {
    bool avx512; /* F, CD, BW, DQ and VL, which SkylakeX uses */
    bool avx2;   /* with FMA */
};
struct cpu_features cpu_features(void);

/* The core to ask for instead of `core` (openblas_get_corename()), NULL to stay:
 * it is as good as the CPU allows, or not one that we know. */
const char *openblas_better_core(const char *core, struct cpu_features cpu);

/* Call first in main, before MPI. Where SINKGRID_KERNEL asks for OpenBLAS and a better
 * core exists, runs the program again with OPENBLAS_CORETYPE set, once; a value that
 * the user has set wins. Returns if nothing is to be done, or it cannot be. */
void openblas_choose_core(char **argv);

#endif
