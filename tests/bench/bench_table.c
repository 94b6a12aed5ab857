/* Rounds, limits and rows. */
#include "bench.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/profile.h"

enum { LIMIT_SIZE = 1024 };

static bool as_csv;

double bench_sgemm_rate(int n_threads)
{
    static float *a, *b, *c; /* kept: a limit is measured many times */
    int own_threads = omp_get_max_threads();
    double best = 0;

    if (!a) {
        a = float_alloc(3 * LIMIT_SIZE * LIMIT_SIZE, "limit", NULL);
        b = a + LIMIT_SIZE * LIMIT_SIZE;
        c = b + LIMIT_SIZE * LIMIT_SIZE;
        for (int i = 0; i < 2 * LIMIT_SIZE * LIMIT_SIZE; i++)
            a[i] = (float)(i % 1000) * 1e-3f;
    }
    openblas_set_num_threads(n_threads);
    for (int i = 0; i < 3; i++) {
        double start = profile_now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, LIMIT_SIZE, LIMIT_SIZE, LIMIT_SIZE, 1, a, LIMIT_SIZE, b,
                    LIMIT_SIZE, 0, c, LIMIT_SIZE);
        double rate = 2.0 * LIMIT_SIZE * LIMIT_SIZE * LIMIT_SIZE / (profile_now() - start);
        best = rate > best ? rate : best;
    }
    openblas_set_num_threads(1);
    omp_set_num_threads(own_threads); /* the call before sets these, too */
    return best;
}

static double limit_seconds(const struct bench *b)
{
    switch (b->limit) {
    case LIMIT_SGEMM:
        return b->flop / bench_sgemm_rate(omp_get_max_threads());
    case LIMIT_SGEMM1:
        return b->flop / bench_sgemm_rate(1);
    case LIMIT_STATED:
        return b->limit_seconds;
    case LIMIT_NONE:
        break;
    }
    return 0;
}

/* ---- rows ---- */

void bench_begin(bool csv)
{
    as_csv = csv;
    if (csv)
        puts("name,measured,unit,limit,ratio,ratio_least,ratio_greatest,rounds,flop,bytes,goal");
    else
        printf("%-44s %10s %-4s %10s %7s %7s %7s  %s\n", "measurement", "measured", "unit", "limit", "ratio", "least",
               "most", "goal");
}

void bench_print(const struct bench_row *r)
{
    const char *goal = r->goal ? r->goal : "";

    if (as_csv)
        printf("\"%s\",%.6g,%s,%.6g,%.4f,%.4f,%.4f,%d,%.6g,%.6g,%s\n", r->name, r->measured, r->unit, r->limit,
               r->ratio, r->least, r->greatest, r->rounds, r->flop, r->bytes, goal);
    else
        printf("%-44s %10.4g %-4s %10.4g %7.3f %7.3f %7.3f  %s\n", r->name, r->measured, r->unit, r->limit, r->ratio,
               r->least, r->greatest, goal);
    fflush(stdout);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of numerator / denominator, round by round. */
static void set_ratios(struct bench_row *row, const double *numerator, const double *denominator, int n)
{
    double ratios[MAX_ROUNDS];

    for (int i = 0; i < n; i++)
        ratios[i] = denominator[i] > 0 ? numerator[i] / denominator[i] : 0;
    qsort(ratios, (size_t)n, sizeof *ratios, compare_doubles);
    row->ratio = 0.5 * (ratios[n / 2] + ratios[(n - 1) / 2]);
    row->least = ratios[0];
    row->greatest = ratios[n - 1];
    row->rounds = n;
}

static double median(const double *values, int n)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_doubles);
    return 0.5 * (sorted[n / 2] + sorted[(n - 1) / 2]);
}

static void print_bench(const struct bench *b, const double *seconds, const double *limits, int n)
{
    struct bench_row row = {.name = b->name,
                            .unit = "s",
                            .goal = b->goal,
                            .measured = median(seconds, n),
                            .limit = median(limits, n),
                            .flop = b->flop,
                            .bytes = b->bytes};

    set_ratios(&row, limits, seconds, n);
    bench_print(&row);
}

static void print_comparison(const struct bench *b, const double *seconds, const double *first, int n)
{
    struct bench_row row = {.name = b->compared,
                            .unit = "s",
                            .goal = b->compared_goal,
                            .measured = median(seconds, n),
                            .limit = median(first, n),
                            .flop = b->flop,
                            .bytes = b->bytes};

    set_ratios(&row, seconds, first, n);
    bench_print(&row);
}

/* ---- rounds ---- */

void bench_in_turn(const struct bench *benches, int n, int rounds)
{
    double seconds[MAX_IN_TURN][MAX_ROUNDS], limits[MAX_IN_TURN][MAX_ROUNDS];

    for (int b = 0; b < n; b++)
        benches[b].run(benches[b].context); /* warm-up: pages, caches, threads */
    for (int i = 0; i < rounds; i++) {
        for (int b = 0; b < n; b++) {
            double before = limit_seconds(&benches[b]), start = profile_now();
            benches[b].run(benches[b].context);
            seconds[b][i] = profile_now() - start;
            limits[b][i] = 0.5 * (before + limit_seconds(&benches[b]));
        }
    }
    for (int b = 0; b < n; b++) {
        print_bench(&benches[b], seconds[b], limits[b], rounds);
        if (benches[b].compared[0])
            print_comparison(&benches[b], seconds[b], seconds[0], rounds);
    }
}

void bench_measure(const struct bench *bench, int rounds)
{
    bench_in_turn(bench, 1, rounds);
}
