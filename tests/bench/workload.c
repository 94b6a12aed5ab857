#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

enum { PACKED_TOKENS = 2048 }; /* short samples travel together up to this */

static void check(int failed, const struct error *err)
{
    if (!failed)
        return;
    fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

/* ---- texts ---- */

static int32_t *read_ids(const char *path, int *n)
{
    FILE *in = fopen(path, "r");
    size_t capacity = 0;
    int32_t *ids = NULL;
    long id;

    for (*n = 0; in && fscanf(in, "%ld", &id) == 1; (*n)++) {
        ids = array_grow(ids, (size_t)*n, &capacity, sizeof *ids);
        ids[*n] = (int32_t)id;
    }
    if (!in || *n == 0) {
        fprintf(stderr, "bench: %s: no token ids\n", path);
        exit(1);
    }
    fclose(in);
    return ids;
}

static void make_ids(struct workload *w, const char *ids_file)
{
    int n_read = 0;
    int32_t *read = ids_file ? read_ids(ids_file, &n_read) : NULL;
    uint64_t n_vocab = (uint64_t)w->model->hparams.n_vocab;

    w->ids = xcalloc((size_t)w->n_samples, sizeof *w->ids);
    for (int s = 0; s < w->n_samples; s++) {
        w->ids[s] = xcalloc((size_t)w->n_tokens, sizeof **w->ids);
        for (int t = 0; t < w->n_tokens; t++)
            w->ids[s][t] = read ? read[(s * w->n_tokens + t) % n_read]
                                : (int32_t)random_below(5, (uint64_t)s, (uint64_t)t, n_vocab);
    }
    free(read);
}

static void make_samples(struct workload *w)
{
    w->samples = xcalloc((size_t)w->n_samples, sizeof *w->samples);
    for (int s = 0; s < w->n_samples; s++)
        w->samples[s] = (struct recorder_sample){.sample = s,
                                                 .n_tokens = w->n_tokens,
                                                 .n_candidates = w->n_tokens < 3 ? 1 : 3,
                                                 .candidate = {0, 1, 2},
                                                 .fingerprint = "0123456789abcdef"};
}

void workload_open(struct workload *w, const char *path, const char *ids_file, int n_samples, int n_tokens)
{
    struct error err = {{0}};

    *w = (struct workload){.n_samples = n_samples, .n_tokens = n_tokens, .model = model_open(path, false, &err)};
    check(!w->model, &err);
    make_ids(w, ids_file);
    make_samples(w);
    for (int l = 0; l < w->model->hparams.n_layers; l++) {
        w->flop += n_samples *
                   (model_layer_flop(w->model, l) * n_tokens + model_attention_flop(w->model, l, n_tokens));
        w->bytes += (double)model_layer_bytes(w->model, l);
    }
    w->survey = (struct survey){.model = w->model,
                                .layer_end = w->model->hparams.n_layers,
                                .ids = (const int32_t *const *)w->ids,
                                .allow_nonfinite = true,
                                .record = {.samples = w->samples,
                                           .n_samples = n_samples,
                                           .record_cosine = 0.5,
                                           .norm_ratio = 3,
                                           .epsilon = 0.3,
                                           .n_control = 64,
                                           .seed = 1}};
}

void workload_close(struct workload *w)
{
    for (int s = 0; s < w->n_samples; s++)
        free(w->ids[s]);
    free(w->ids);
    free(w->samples);
    model_close(w->model);
}

/* ---- passes ---- */

void workload_measure(void *workload)
{
    const struct workload *w = workload;
    struct measurement measurement = {0};
    struct error err = {{0}};

    check(survey_run(&w->survey, &measurement, &err), &err);
    measurement_clear(&measurement);
}

/* Samples [first, last) whole in one chunk. */
static void forward_samples(const struct workload *w, struct forward *forward, int first, int last, float *hidden)
{
    int n = last - first;
    struct segment *segments = xcalloc((size_t)n, sizeof *segments);
    int32_t *ids = xcalloc((size_t)n * (size_t)w->n_tokens, sizeof *ids);
    struct chunk chunk = {segments, n, n * w->n_tokens};
    struct error err = {{0}};

    for (int i = 0; i < n; i++) {
        segments[i] = (struct segment){first + i, 0, w->n_tokens};
        for (int t = 0; t < w->n_tokens; t++)
            ids[i * w->n_tokens + t] = w->ids[first + i][t];
    }
    check(forward_chunk(forward, &chunk, ids, hidden, &err), &err);
    free(segments);
    free(ids);
}

void workload_forward(void *workload)
{
    const struct workload *w = workload;
    int per_chunk = w->n_tokens < PACKED_TOKENS ? PACKED_TOKENS / w->n_tokens : 1;
    size_t capacity = (size_t)per_chunk * (size_t)w->n_tokens;
    int32_t *lengths = xcalloc((size_t)w->n_samples, sizeof *lengths);
    struct error err = {{0}};

    for (int i = 0; i < w->n_samples; i++)
        lengths[i] = w->n_tokens;
    struct forward_settings settings = {.layer_end = w->survey.layer_end,
                                        .n_samples = w->n_samples,
                                        .sample_tokens = lengths,
                                        .max_chunk_tokens = (int)capacity,
                                        .allow_nonfinite = true};
    struct forward *forward = forward_create(w->model, &settings, &err);
    check(!forward, &err);
    float *hidden = float_alloc(capacity * (size_t)w->model->hparams.n_embd, "hidden", &err);
    check(!hidden, &err);
    for (int first = 0; first < w->n_samples; first += per_chunk) {
        int last = first + per_chunk < w->n_samples ? first + per_chunk : w->n_samples;
        forward_samples(w, forward, first, last, hidden);
    }
    forward_destroy(forward);
    float_free(hidden);
    free(lengths);
}
