/* Time and memory of a summary: 1,000 samples x 48 layers of candidate records in
 * shards of 4, planted and stored once, then summarized in a process of its own; and a
 * quarter of them, to see that memory is that of a unit, not of the whole.
 * Usage: summarize [SAMPLES [TOKENS]]. Exit status 1 if memory grows with the samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/planted.h"
#include "base/memory.h"
#include "summary/summary.h"

enum { SHARD = 4, N_LAYERS = 48, N_HEADS = 40 };

static void plant_shard(struct unit *unit, int n_tokens)
{
    struct planted_sink sinks[SHARD][2];
    struct planted_sample samples[SHARD];
    struct planted_model model = {.model = "bench",
                                  .family = "Bench",
                                  .prompt_set = "texts",
                                  .n_params = 14000000000,
                                  .n_layers = N_LAYERS,
                                  .n_heads = N_HEADS,
                                  .record_cosine = 0.5,
                                  .seed = 1};

    for (int s = 0; s < SHARD; s++) {
        for (int k = 0; k < 2; k++)
            sinks[s][k] = (struct planted_sink){.position = 30 + 40 * k + s,
                                                .token_id = 7,
                                                .l_start = 16 + 6 * k,
                                                .lifetime = 12 + s,
                                                .cosine = 0.97,
                                                .norm = 100,
                                                .score = 0.1 + 0.01 * s,
                                                .mlp_norm = 80 + 5 * s,
                                                .cos_mlp = 0.9};
        samples[s] = (struct planted_sample){.n_tokens = n_tokens,
                                             .start = 6,
                                             .end = 47,
                                             .score = 0.5,
                                             .weakened = 0.7,
                                             .background = 0.3,
                                             .sinks = sinks[s],
                                             .n_sinks = 2};
    }
    planted_unit(unit, &model, samples, SHARD, 0);
}

/* The same measurement under other sample numbers: planting is slower than what is timed. */
static void renumber(struct unit *unit, int shard)
{
    snprintf(unit->info.identity, sizeof unit->info.identity, "%064x", (unsigned)shard);
    for (int s = 0; s < SHARD; s++)
        unit->samples[s].sample = unit->measurement.samples[s].sample = shard * SHARD + s;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void summarize(const char *results)
{
    struct summary_settings settings = {
        .results = results,
        .detect =
            {.rule = RULE_RELATIVE, .cosine = 0.9, .epsilon = 0.3, .norm_ratio = 3, .level_gap = 2, .level_support = 3},
        .seed = 1};
    struct summary summary;
    struct error err;

    if (summary_make(&summary, &settings, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        _exit(1);
    }
    summary_clear(&summary);
}

/* In a child, whose peak memory is then its own. MiB. */
static double timed(const char *results, int n_samples)
{
    struct rusage usage;
    double start = seconds();
    int status;
    pid_t child = fork();

    if (child == 0) {
        summarize(results);
        _exit(0);
    }
    wait4(child, &status, 0, &usage);
    if (child < 0 || status != 0)
        exit(1);
    double peak = (double)usage.ru_maxrss / 1024;
    printf("%6d samples x %d layers: %.2f s, %.2f s of CPU, peak %.0f MiB\n", n_samples, N_LAYERS, seconds() - start,
           (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec, peak);
    return peak;
}

static void store(const char *results, struct unit *unit, int begin, int end)
{
    struct error err;

    for (int shard = begin; shard < end; shard++) {
        renumber(unit, shard);
        if (store_write(results, unit, &err) != 0) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    int n_samples = argc > 1 ? atoi(argv[1]) : 1000, n_tokens = argc > 2 ? atoi(argv[2]) : 400;
    char folder[] = "/tmp/sinkgrid-bench-XXXXXX";
    char *command = xasprintf("rm -rf '%s'", mkdtemp(folder));
    struct unit unit;

    plant_shard(&unit, n_tokens);
    store(folder, &unit, 0, n_samples / SHARD / 4);
    fflush(stdout);
    double quarter = timed(folder, n_samples / 4);
    store(folder, &unit, n_samples / SHARD / 4, n_samples / SHARD);
    fflush(stdout);
    double all = timed(folder, n_samples);
    unit_clear(&unit);
    int rc = system(command);
    free(command);
    printf("memory at four times the samples: %.2f times, limit 1.5\n", all / quarter);
    return all > 1.5 * quarter || rc ? 1 : 0;
}
