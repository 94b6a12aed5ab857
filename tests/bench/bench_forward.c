/* Whole forward passes: with all statistics, and without. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/profile.h"
#include "base/random.h"
#include "model/forward.h"
#include "probe/survey.h"

struct run {
    struct survey survey;
    int32_t **ids;
    int n_tokens;
};

static double forward_flop(const struct model *model, int n_tokens)
{
    double flop = 0;

    for (int l = 0; l < model->hparams.n_layers; l++)
        flop += model_layer_flop(model, l) * n_tokens + model_attention_flop(model, l, n_tokens);
    return flop;
}

static void with_statistics(void *context)
{
    struct run *run = context;
    struct measurement measurement = {0};
    struct error err;

    if (survey_run(&run->survey, &measurement, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    measurement_clear(&measurement);
}

/* The same chunks without a tap. */
static void without_statistics(void *context)
{
    struct run *run = context;
    const struct survey *s = &run->survey;
    int n_samples = s->record.n_samples, per_chunk = run->n_tokens < 2048 ? 2048 / run->n_tokens : 1;
    int capacity = per_chunk * run->n_tokens;
    int32_t *lengths = xcalloc((size_t)n_samples, sizeof *lengths), *ids = xcalloc((size_t)capacity, sizeof *ids);
    struct segment *segments = xcalloc((size_t)per_chunk, sizeof *segments);
    struct error err;

    for (int i = 0; i < n_samples; i++)
        lengths[i] = run->n_tokens;
    struct forward_settings settings = {.layer_end = s->layer_end, .n_samples = n_samples, .sample_tokens = lengths,
                                        .max_chunk_tokens = capacity, .allow_nonfinite = true};
    struct forward *forward = forward_create(s->model, &settings, &err);
    float *hidden = float_alloc((size_t)capacity * (size_t)s->model->hparams.n_embd, "hidden", &err);
    for (int first = 0; first < n_samples; first += per_chunk) {
        struct chunk chunk = {.segments = segments};
        for (int i = first; i < n_samples && i < first + per_chunk; i++) {
            segments[chunk.n_segments++] = (struct segment){i, 0, run->n_tokens};
            for (int t = 0; t < run->n_tokens; t++)
                ids[chunk.n_tokens++] = run->ids[i][t];
        }
        if (forward_chunk(forward, &chunk, ids, hidden, &err))
            exit(1);
    }
    forward_destroy(forward);
    float_free(hidden);
    free(segments);
    free(ids);
    free(lengths);
}

static void print_profile(struct run *run)
{
    struct profile profile = {{0}};
    double sum = 0;

    run->survey.profile = &profile;
    with_statistics(run);
    run->survey.profile = NULL;
    for (int p = 0; p < N_PHASES; p++)
        sum += profile.seconds[p];
    fprintf(stderr, "  phases:");
    for (int p = 0; p < N_PHASES; p++)
        if (profile.seconds[p] > 0)
            fprintf(stderr, " %s %.1f%%", phase_name((enum phase)p), 100 * profile.seconds[p] / sum);
    fputc('\n', stderr);
}

void bench_forward(const char *path, int n_tokens, int n_samples, int repeats)
{
    struct error err;
    struct model *model = model_open(path, false, &err);
    struct recorder_sample *samples = xcalloc((size_t)n_samples, sizeof *samples);
    struct run run = {.n_tokens = n_tokens, .ids = xcalloc((size_t)n_samples, sizeof *run.ids)};
    char with[64], without[64];

    if (!model) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    for (int s = 0; s < n_samples; s++) {
        run.ids[s] = xcalloc((size_t)n_tokens, sizeof **run.ids);
        for (int t = 0; t < n_tokens; t++)
            run.ids[s][t] = (int32_t)random_below(5, (uint64_t)s, (uint64_t)t, (uint64_t)model->hparams.n_vocab);
        samples[s] = (struct recorder_sample){.sample = s, .n_tokens = n_tokens, .n_candidates = n_tokens < 3 ? 1 : 3,
                                              .candidate = {0, 1, 2}, .fingerprint = "0123456789abcdef"};
    }
    run.survey = (struct survey){.model = model, .layer_end = model->hparams.n_layers,
                                 .ids = (const int32_t *const *)run.ids, .allow_nonfinite = true,
                                 .record = {.samples = samples, .n_samples = n_samples, .record_cosine = 0.5,
                                            .norm_ratio = 3, .epsilon = 0.3, .n_control = 64, .seed = 1}};
    double flop = n_samples * forward_flop(model, n_tokens);
    snprintf(with, sizeof with, "forward %d x %d, all statistics", n_samples, n_tokens);
    snprintf(without, sizeof without, "forward %d x %d, none", n_samples, n_tokens);
    bench_measure(&(struct bench){with, "FLOP", flop, flop, LIMIT_SGEMM, with_statistics, &run}, repeats);
    bench_measure(&(struct bench){without, "FLOP", flop, flop, LIMIT_SGEMM, without_statistics, &run}, repeats);
    print_profile(&run);
    for (int s = 0; s < n_samples; s++)
        free(run.ids[s]);
    free(run.ids);
    free(samples);
    model_close(model);
}
