#include "grid/calibrate.h"

#include <omp.h>
#include <stdbool.h>
#include <time.h>

#include "base/memory.h"
#include "kernel/kernel.h"

enum { ROWS = 96, COLUMNS = 256, DEPTH = KERNEL_DEPTH };

struct blocks {
    float *a, *b, *slab, *c; /* (ROWS, DEPTH), (COLUMNS, DEPTH), packed b, (ROWS, COLUMNS) */
};

static bool blocks_init(struct blocks *blocks, const struct kernel *kernel)
{
    blocks->a = float_alloc((size_t)ROWS * DEPTH, "calibration", NULL);
    blocks->b = float_alloc((size_t)COLUMNS * DEPTH, "calibration", NULL);
    blocks->slab = float_alloc(kernel_slab_floats(COLUMNS, DEPTH), "calibration", NULL);
    blocks->c = float_alloc((size_t)ROWS * COLUMNS, "calibration", NULL);
    if (!blocks->a || !blocks->b || !blocks->slab || !blocks->c)
        return false;
    for (size_t i = 0; i < (size_t)ROWS * DEPTH; i++)
        blocks->a[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < (size_t)COLUMNS * DEPTH; i++)
        blocks->b[i] = (float)(i % 5) - 2;
    kernel->pack(COLUMNS, DEPTH, blocks->b, DEPTH, blocks->slab);
    return true;
}

static void blocks_clear(struct blocks *blocks)
{
    float_free(blocks->a);
    float_free(blocks->b);
    float_free(blocks->slab);
    float_free(blocks->c);
}

static double thread_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Products of one thread until `end`; returns its FLOP per second of processor time:
 * what others take of the machine now, they will not take from a run's own cores. */
static double multiply_until(const struct kernel *kernel, const struct blocks *blocks, double end)
{
    double flop = 0, begin = thread_seconds();

    while (omp_get_wtime() < end) {
        for (int i = 0; i < 8; i++)
            kernel->multiply(0, ROWS, COLUMNS, DEPTH, blocks->a, DEPTH, blocks->slab, blocks->c, COLUMNS, false);
        flop += 8.0 * 2 * ROWS * COLUMNS * DEPTH;
    }
    return flop > 0 ? flop / (thread_seconds() - begin) : 0;
}

/* FLOP/s of all threads for so many seconds; negative if a thread had no memory. */
static double measure(const struct kernel *kernel, int threads, double seconds)
{
    double rate = 0, end = omp_get_wtime() + seconds;
    int n_failed = 0;

#pragma omp parallel num_threads(threads) reduction(+ : rate, n_failed)
    {
        struct blocks blocks = {0};
        if (blocks_init(&blocks, kernel))
            rate += multiply_until(kernel, &blocks, end);
        else
            n_failed++;
        blocks_clear(&blocks);
    }
    return n_failed ? -1 : rate;
}

double calibrate_flop_rate(int threads, struct error *err)
{
    const struct kernel *kernel = kernel_select(err);

    if (!kernel)
        return -1;
    measure(kernel, threads, 0.02); /* wakes the threads, raises the clock */
    double rate = measure(kernel, threads, 0.1);
    if (rate < 0)
        fail(err, "calibration: no memory");
    return rate;
}
