#include "base/profile.h"

#include <time.h>

double profile_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double profile_add(struct profile *profile, enum phase phase, double start)
{
    double now = profile_now();

    if (profile)
        profile->seconds[phase] += now - start;
    return now;
}

void profile_sum(struct profile *sum, const struct profile *part)
{
    for (int p = 0; p < N_PHASES; p++)
        sum->seconds[p] += part->seconds[p];
}

const char *phase_name(enum phase phase)
{
    static const char *const names[N_PHASES] = {
        [PHASE_READ] = "read",
        [PHASE_GEMM] = "gemm",
        [PHASE_ATTENTION] = "attention",
        [PHASE_ELEMENTWISE] = "elementwise",
        [PHASE_STATISTICS] = "statistics",
        [PHASE_WAIT_UPSTREAM] = "wait upstream",
        [PHASE_WAIT_DOWNSTREAM] = "wait downstream",
        [PHASE_STORE] = "store",
    };

    return names[phase];
}
