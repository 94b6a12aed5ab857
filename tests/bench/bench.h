/* The benchmark program: rows of a table, each measured several times beside the
 * machine's limit at that moment, so that a noisy machine slows both. */
#ifndef SINKGRID_TESTS_BENCH_H
#define SINKGRID_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

enum bench_limit {
    LIMIT_SGEMM,  /* FLOP at the best rate of OpenBLAS's sgemm, all threads */
    LIMIT_SGEMM1, /* the same, one thread */
    LIMIT_NONE,
};

struct bench {
    const char *name;    /* "forward 2048" */
    const char *unit;    /* of `work`: "FLOP", "byte", "element", "token" */
    double work;         /* per run */
    double flop;         /* per run, what the limit counts; 0: none */
    enum bench_limit limit;
    void (*run)(void *context);
    void *context;
};

/* Runs a bench `repeats` times in turn with the limit and prints its row. */
void bench_measure(const struct bench *bench, int repeats);

/* Seconds for that many FLOP at the limit's rate, measured now. */
double bench_limit_seconds(enum bench_limit limit, double flop);

/* Table or CSV on standard output. */
void bench_begin(bool csv);

/* bench_kernel.c, bench_forward.c */
void bench_kernels(int repeats);
void bench_forward(const char *model, int n_tokens, int n_samples, int repeats);

#endif
