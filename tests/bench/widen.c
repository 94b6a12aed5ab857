/* Speed of widening to float32, per data type: GB of floats a second on one thread, and that over what memcpy of
 * the floats takes (1: as fast as a copy). Stated limit: 1 GB/s for every type of published weights. CPU time, the
 * median of interleaved rounds. Usage: tests/bench/widen */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/random.h"
#include "weights/dtype.h"

enum { N = 4096 /* a row: source and floats stay in the first cache */, REPEATS = 500, ROUNDS = 9, MAX_TYPES = 64 };

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double time_type(const struct dtype *dtype, const uint8_t *src, float *dst)
{
    double start = cpu_seconds();

    for (int i = 0; i < REPEATS; i++) {
        dtype->widen(src, dst, N);
        __asm__ volatile("" ::: "memory"); /* each repetition counts */
    }
    return cpu_seconds() - start;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *seconds)
{
    qsort(seconds, ROUNDS, sizeof *seconds, compare_doubles);
    return seconds[ROUNDS / 2];
}

int main(void)
{
    static double seconds[MAX_TYPES][ROUNDS];
    uint64_t *src = xcalloc(N, sizeof *src);
    float *dst = xcalloc(N, sizeof *dst);
    const double bytes = (double)N * sizeof *dst * REPEATS;

    for (uint64_t i = 0; i < N; i++)
        src[i] = random_u64(1, 2, i) & 0x3b3b3b3b3b3b3b3b; /* scales neither infinite nor NaN */
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < dtype_count() && i < MAX_TYPES; i++)
            if (dtype_at(i)->widen)
                seconds[i][round] = time_type(dtype_at(i), (const uint8_t *)src, dst);
    double copy = median(seconds[0]); /* F32 is a copy */
    printf("type         GB/s  of a copy\n");
    for (size_t i = 0; i < dtype_count() && i < MAX_TYPES; i++) {
        if (!dtype_at(i)->widen)
            continue;
        double middle = median(seconds[i]);
        printf("%-11s %5.1f      %.2f\n", dtype_at(i)->name, bytes / middle * 1e-9, copy / middle);
    }
    free(src);
    free(dst);
    return 0;
}
