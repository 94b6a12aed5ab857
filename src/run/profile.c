#include "run/profile.h"

#include <time.h>

const char *const phase_names[N_PHASES] = {
    "read", "forward", "gemm", "attention", "statistics", "wait upstream", "wait downstream", "store",
};

double profile_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void profile_add(struct profile *sum, const struct profile *part)
{
    for (int i = 0; i < N_PHASES; i++)
        sum->seconds[i] += part->seconds[i];
}
