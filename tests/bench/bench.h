/* The benchmark program: rows of a table. What is measured runs in turn with its
 * limit, or with what it is compared with, so that a noisy machine slows both; a
 * row's ratio is the median over rounds, with its range. */
#ifndef SINKGRID_TESTS_BENCH_H
#define SINKGRID_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_ROUNDS = 99, MAX_IN_TURN = 8, NAME_SIZE = 64 };

enum bench_limit {
    LIMIT_NONE,
    LIMIT_SGEMM,  /* `flop` at the best rate of OpenBLAS's sgemm at that moment, all threads */
    LIMIT_SGEMM1, /* the same, one thread */
    LIMIT_STATED, /* limit_seconds */
};

struct bench {
    char name[NAME_SIZE];
    double flop, bytes; /* per run, as the limit counts them; 0: not counted */
    enum bench_limit limit;
    double limit_seconds;
    const char *goal; /* of limit over measured seconds, ">= 0.85"; NULL: none */
    void (*run)(void *context);
    void *context;
    char compared[NAME_SIZE]; /* names a row of its own: seconds over those of the first bench; "": none */
    const char *compared_goal;
};

/* Runs the benches in turn, `rounds` times after a warm-up, each beside its limit, and
 * prints a row for each and for each comparison. At most MAX_IN_TURN. */
void bench_in_turn(const struct bench *benches, int n, int rounds);
void bench_measure(const struct bench *bench, int rounds); /* one alone */

/* A row of the table. measured and limit are in `unit`; ratio, least and greatest are
 * what the goal is about. */
struct bench_row {
    const char *name, *unit, *goal; /* goal may be NULL */
    double measured, limit;         /* limit 0: none */
    double ratio, least, greatest;
    int rounds;
    double flop, bytes;
};
void bench_begin(bool csv);
void bench_print(const struct bench_row *row);

/* FLOP a second of one large sgemm, the best of three. */
double bench_sgemm_rate(int n_threads);

/* ---- the parts, a file each ---- */

struct bench_options {
    bool csv;
    int rounds;
    const char *model;
    const char *ids; /* file of token ids; NULL: random ones */
    int n_threads;
    const int *tokens; /* text lengths */
    int n_tokens;
};

void bench_products(const struct bench_options *options);
void bench_attention(const struct bench_options *options);
void bench_widening(const struct bench_options *options);
void bench_tokenizer(const struct bench_options *options);
void bench_forward(const struct bench_options *options);
void bench_short(const struct bench_options *options);
void bench_dtypes(const struct bench_options *options);
void bench_memory(const struct bench_options *options);
void bench_serve(const struct bench_options *options);

#endif
