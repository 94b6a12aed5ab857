#include "probe/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Samples are packed up to this many tokens: enough to widen weights seldom. */
enum { CHUNK_TOKENS = 2048 };

struct run {
    const struct survey *survey;
    struct forward *forward;
    float *hidden;             /* (max tokens of a chunk, D) */
    int32_t *ids;
    struct segment *segments;
};

static int sample_tokens(const struct survey *survey, int sample)
{
    return survey->record.samples[sample].n_tokens;
}

static int largest_chunk(const struct survey *survey)
{
    int most = CHUNK_TOKENS;

    for (int s = 0; s < survey->record.n_samples; s++)
        most = sample_tokens(survey, s) > most ? sample_tokens(survey, s) : most;
    return most;
}

/* Packs samples from `first` on; returns the one behind the chunk. */
static int pack_chunk(const struct run *run, int first, int capacity, struct chunk *chunk)
{
    const struct survey *survey = run->survey;
    int s = first;

    *chunk = (struct chunk){.segments = run->segments};
    while (s < survey->record.n_samples && chunk->n_tokens + sample_tokens(survey, s) <= capacity) {
        int n = sample_tokens(survey, s);
        run->segments[chunk->n_segments++] = (struct segment){.sample = s, .begin = 0, .end = n};
        memcpy(run->ids + chunk->n_tokens, survey->ids[s], (size_t)n * sizeof *run->ids);
        chunk->n_tokens += n;
        s++;
    }
    return s;
}

static int run_chunks(const struct run *run, int capacity, struct error *err)
{
    const struct survey *survey = run->survey;
    struct chunk chunk;
    long done = 0, total = 0;

    for (int s = 0; s < survey->record.n_samples; s++)
        total += sample_tokens(survey, s);
    for (int s = 0; s < survey->record.n_samples;) {
        s = pack_chunk(run, s, capacity, &chunk);
        if (forward_chunk(run->forward, &chunk, run->ids, run->hidden, err))
            return -1;
        done += chunk.n_tokens;
        if (survey->progress)
            survey->progress(survey->context, done, total);
    }
    return 0;
}

static int run_forward(const struct survey *survey, const struct tap *tap, struct error *err)
{
    int capacity = largest_chunk(survey), n_samples = survey->record.n_samples, rc = -1;
    int32_t *lengths = xcalloc((size_t)n_samples, sizeof *lengths);
    struct forward_settings settings = {
        .layer_begin = 0, .layer_end = survey->layer_end, .n_samples = n_samples, .sample_tokens = lengths,
        .max_chunk_tokens = capacity, .precision = survey->precision, .allow_nonfinite = survey->allow_nonfinite,
        .final_norm = survey->layer_end == survey->model->hparams.n_layers, .tap = tap, .profile = survey->profile};
    struct run run = {.survey = survey};

    for (int s = 0; s < n_samples; s++)
        lengths[s] = sample_tokens(survey, s);
    run.ids = xcalloc((size_t)capacity, sizeof *run.ids);
    run.segments = xcalloc((size_t)n_samples, sizeof *run.segments);
    run.hidden = float_alloc((size_t)capacity * (size_t)survey->model->hparams.n_embd, "hidden states", err);
    run.forward = run.hidden ? forward_create(survey->model, &settings, err) : NULL;
    if (run.forward)
        rc = run_chunks(&run, capacity, err);
    forward_destroy(run.forward);
    float_free(run.hidden);
    free(run.segments);
    free(run.ids);
    free(lengths);
    return rc;
}

int survey_run(const struct survey *survey, struct measurement *measurement, struct error *err)
{
    struct recorder_settings settings = survey->record;
    int rc = -1;

    settings.layer_begin = survey->layer_begin;
    settings.layer_end = survey->layer_end;
    settings.final_row = survey->layer_end == survey->model->hparams.n_layers;
    struct recorder *recorder = recorder_create(&survey->model->hparams, &settings, err);
    if (recorder && run_forward(survey, recorder_tap(recorder), err) == 0)
        rc = recorder_finish(recorder, measurement, err);
    recorder_destroy(recorder);
    return rc;
}
