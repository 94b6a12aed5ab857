/* Whole texts: with all statistics, and without; short ones packed; one long one for
 * its memory; and a pass at a time on demand. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/profile.h"
#include "workload.h"

/* Where the time of one pass goes. */
static void print_profile(struct workload *w)
{
    struct profile profile = {{0}};
    double sum = 0;

    w->survey.profile = &profile;
    workload_measure(w);
    w->survey.profile = NULL;
    for (int p = 0; p < N_PHASES; p++)
        sum += profile.seconds[p];
    fprintf(stderr, "  phases:");
    for (int p = 0; p < N_PHASES; p++)
        if (profile.seconds[p] > 0)
            fprintf(stderr, " %s %.1f%%", phase_name((enum phase)p), 100 * profile.seconds[p] / sum);
    fputc('\n', stderr);
}

/* A path ends in a file name, a synthetic model in its settings. */
static const char *short_name(const char *path)
{
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static void measure_texts(const struct bench_options *options, int n_samples, int n_tokens, const char *goal)
{
    struct workload w;

    workload_open(&w, options->model, options->ids, n_samples, n_tokens);
    struct bench plain = {.flop = w.flop, .bytes = w.bytes, .limit = LIMIT_SGEMM, .run = workload_forward, .context = &w};
    struct bench both[2] = {plain, plain};
    both[1].run = workload_measure;
    both[1].goal = goal;
    both[1].compared_goal = "<= 1.10";
    snprintf(both[0].name, NAME_SIZE, "forward %d x %d, no statistics", n_samples, n_tokens);
    snprintf(both[1].name, NAME_SIZE, "forward %d x %d, all statistics", n_samples, n_tokens);
    snprintf(both[1].compared, NAME_SIZE, "statistics over none, %d x %d", n_samples, n_tokens);
    fprintf(stderr, "%.40s\n", short_name(options->model));
    bench_in_turn(both, 2, options->rounds);
    print_profile(&w);
    workload_close(&w);
}

void bench_forward(const struct bench_options *options)
{
    const char *goal = strncmp(options->model, "synthetic:", 10) == 0 ? ">= 0.90" : ">= 0.85";

    for (int i = 0; i < options->n_tokens; i++)
        measure_texts(options, 1, options->tokens[i], goal);
}

void bench_short(const struct bench_options *options)
{
    measure_texts(options, 100, 64, ">= 0.75");
}

/* ---- memory ---- */

/* Peak of this process' resident memory, in bytes. Linux only; 0 elsewhere. */
static double peak_memory(void)
{
    FILE *in = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;

    while (in && fgets(line, sizeof line, in))
        if (sscanf(line, "VmHWM: %lf", &kib) == 1)
            break;
    if (in)
        fclose(in);
    return 1024 * kib;
}

/* Beside the mapped weights at most 0.5 GB up to 8192 tokens, 1 GB beyond. */
void bench_memory(const struct bench_options *options)
{
    int n_tokens = options->tokens[0];
    double allowed = n_tokens <= 8192 ? 0.5e9 : 1e9;
    struct workload w;

    workload_open(&w, options->model, options->ids, 1, n_tokens);
    double start = profile_now();
    workload_measure(&w);
    double seconds = profile_now() - start, peak = peak_memory();
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "memory of %d tokens", n_tokens);
    struct bench_row row = {.name = name, .unit = "MB", .goal = "<= 1", .measured = 1e-6 * peak,
                            .limit = 1e-6 * (w.bytes + allowed), .rounds = 1, .flop = w.flop, .bytes = peak};
    row.ratio = row.least = row.greatest = row.measured / row.limit;
    bench_print(&row);
    double limit = w.flop / bench_sgemm_rate(options->n_threads);
    snprintf(name, sizeof name, "time of %d tokens, once", n_tokens);
    row = (struct bench_row){.name = name, .unit = "s", .measured = seconds, .limit = limit, .rounds = 1,
                             .flop = w.flop, .bytes = w.bytes};
    row.ratio = row.least = row.greatest = limit / seconds;
    bench_print(&row);
    workload_close(&w);
}

/* ---- on demand ---- */

/* Answers every line of standard input with the seconds of one pass, all statistics
 * recorded; "limit" with FLOP of a pass and the sgemm rate of the moment. */
void bench_serve(const struct bench_options *options)
{
    struct workload w;
    char line[64];

    workload_open(&w, options->model, options->ids, 1, options->tokens[0]);
    workload_measure(&w);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "limit", 5) == 0) {
            printf("%.9g %.9g\n", w.flop, bench_sgemm_rate(options->n_threads));
        } else {
            double start = profile_now();
            workload_measure(&w);
            printf("%.9g\n", profile_now() - start);
        }
        fflush(stdout);
    }
    workload_close(&w);
}
