#include "kernel/openblas_core.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char guard[] = "SINKGRID_OPENBLAS_CHOSEN"; /* set by the first run for the second */

struct cpu_features cpu_features(void)
{
    struct cpu_features cpu = {false, false};

#if defined(__x86_64__)
    cpu.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl");
    cpu.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return cpu;
}

const char *openblas_better_core(const char *core, struct cpu_features cpu)
{
    /* Cores without AVX-512, then those without AVX2, as OpenBLAS names them. */
    static const char *const avx2_cores[] = {"Haswell", "Zen", "Excavator", NULL};
    static const char *const older_cores[] = {"Prescott", "Core2",     "Nehalem",    "Sandybridge", "Barcelona",
                                              "Bulldozer", "Piledriver", "Steamroller", "Generic",    NULL};

    for (int i = 0; cpu.avx512 && avx2_cores[i]; i++)
        if (strcasecmp(core, avx2_cores[i]) == 0)
            return "SKYLAKEX";
    for (int i = 0; (cpu.avx512 || cpu.avx2) && older_cores[i]; i++)
        if (strcasecmp(core, older_cores[i]) == 0)
            return cpu.avx512 ? "SKYLAKEX" : "HASWELL";
    return NULL;
}

void openblas_choose_core(char **argv)
{
    const char *kernel = getenv("SINKGRID_KERNEL"), *better;

    if (!kernel || strcmp(kernel, "openblas") != 0 || getenv("OPENBLAS_CORETYPE") || getenv(guard))
        return;
    better = openblas_better_core(openblas_get_corename(), cpu_features());
    if (!better)
        return;
    if (setenv("OPENBLAS_CORETYPE", better, 1) == 0 && setenv(guard, "1", 1) == 0)
        execv("/proc/self/exe", argv);
    unsetenv("OPENBLAS_CORETYPE"); /* exec failed: go on as before */
}
