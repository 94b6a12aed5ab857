/* Usage: bench [--csv] [--repeats N] [--model PATH] [--tokens N,N,...] [kernels] [forward] [short] */
#include "bench.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/profile.h"
#include "kernel/kernel.h"

enum { MAX_REPEATS = 99, LIMIT_SIZE = 1024 };

static bool as_csv;

void bench_begin(bool csv)
{
    as_csv = csv;
    if (csv)
        puts("name,repeats,work,unit,seconds_min,seconds_median,seconds_max,rate_median,limit_seconds_median,ratio_min,"
             "ratio_median,ratio_max");
    else
        printf("%-34s %10s %10s %14s %8s %8s %8s\n", "measurement", "seconds", "limit", "rate", "ratio", "least",
               "greatest");
}

/* Rate of one large sgemm on n threads, the best of three. */
static double sgemm_rate(int n_threads)
{
    static float *a, *b, *c;
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
    return best;
}

double bench_limit_seconds(enum bench_limit limit, double flop)
{
    if (limit == LIMIT_NONE || flop == 0)
        return 0;
    return flop / sgemm_rate(limit == LIMIT_SGEMM ? omp_get_max_threads() : 1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static void print_row(const struct bench *b, int n, double *seconds, double *limits, double *ratios)
{
    double middle = median(seconds, n), limit = median(limits, n), ratio = median(ratios, n);

    if (as_csv) {
        printf("%s,%d,%.9g,%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.4f,%.4f,%.4f\n", b->name, n, b->work, b->unit, seconds[0], middle,
               seconds[n - 1], b->work / middle, limit, ratios[0], ratio, ratios[n - 1]);
        return;
    }
    printf("%-34s %10.4g %10.4g %8.4g G%s/s", b->name, middle, limit, b->work / middle * 1e-9, b->unit);
    if (limit > 0)
        printf(" %8.3f %8.3f %8.3f", ratio, ratios[0], ratios[n - 1]);
    putchar('\n');
    fflush(stdout);
}

void bench_measure(const struct bench *b, int repeats)
{
    double seconds[MAX_REPEATS], limits[MAX_REPEATS], ratios[MAX_REPEATS];

    b->run(b->context); /* warm-up: pages, caches, threads */
    for (int i = 0; i < repeats; i++) {
        double before = bench_limit_seconds(b->limit, b->flop), start = profile_now();
        b->run(b->context);
        seconds[i] = profile_now() - start;
        double after = bench_limit_seconds(b->limit, b->flop);
        limits[i] = 0.5 * (before + after);
        ratios[i] = limits[i] / seconds[i];
    }
    print_row(b, repeats, seconds, limits, ratios);
}

struct options {
    bool csv, kernels, forward, brief;
    int repeats;
    const char *model, *tokens;
};

static struct options parse(int argc, char **argv)
{
    struct options o = {.repeats = 7, .model = "synthetic:llama?layers=2&embd=2048&ff=5632&heads=32&kv_heads=4",
                        .tokens = "2048"};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--csv") == 0)
            o.csv = true;
        else if (strcmp(argv[i], "--repeats") == 0 && i + 1 < argc)
            o.repeats = atoi(argv[++i]);
        else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
            o.model = argv[++i];
        else if (strcmp(argv[i], "--tokens") == 0 && i + 1 < argc)
            o.tokens = argv[++i];
        else if (strcmp(argv[i], "kernels") == 0)
            o.kernels = true;
        else if (strcmp(argv[i], "forward") == 0)
            o.forward = true;
        else if (strcmp(argv[i], "short") == 0)
            o.brief = true;
        else {
            fprintf(stderr, "bench: unknown argument \"%s\"\n", argv[i]);
            exit(2);
        }
    }
    if (o.repeats < 1 || o.repeats > MAX_REPEATS)
        o.repeats = 7;
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    const struct kernel *kernel = kernel_select(NULL);

    if (!kernel)
        return 1;
    fprintf(stderr, "kernel %s, %d threads; the limit is OpenBLAS sgemm (%s) in the same run\n",
            kernel_description(kernel), omp_get_max_threads(), openblas_get_corename());
    bench_begin(o.csv);
    if (o.kernels || (!o.forward && !o.brief))
        bench_kernels(o.repeats);
    for (const char *t = o.tokens; o.forward && t; t = strchr(t, ',') ? strchr(t, ',') + 1 : NULL)
        bench_forward(o.model, atoi(t), 1, o.repeats);
    if (o.brief)
        bench_forward(o.model, 64, 100, o.repeats);
    return 0;
}
