/* Every architecture gives the same bits however its samples are cut into chunks and
 * packed, its layers into stages, and whatever the number of threads. SINKGRID_KERNEL
 * chooses the kernel: tests/model/families.sh runs this under OpenBLAS, too. */
#include "test.h"

#include <dirent.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/forward.h"

/* More than two blocks of keys and two groups of attention rows. */
enum { N_SAMPLES = 2, MAX_TOKENS = 600 };

struct samples {
    int32_t n[N_SAMPLES];
    int32_t ids[N_SAMPLES][MAX_TOKENS];
};

/* How a forward pass is cut. */
struct cut {
    int chunk, n_stages, n_threads;
};

/* What is compared: hidden states of all tokens, and the attention that keys received. */
struct outcome {
    float *hidden[N_SAMPLES]; /* (n, D) */
    float *sums;              /* (layers, N_SAMPLES, heads, MAX_TOKENS + 1) */
    int n_heads;
};

static const char *data_root(void)
{
    const char *root = getenv("abs_top_srcdir");
    return root ? root : ".";
}

static void read_samples(const char *folder, struct samples *samples)
{
    char *path = xasprintf("%s/ids.txt", folder), line[4096];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    memset(samples, 0, sizeof *samples);
    for (int s = 0; s < N_SAMPLES && fgets(line, sizeof line, file); s++)
        for (char *word = strtok(line, " \n"); word && samples->n[s] < MAX_TOKENS; word = strtok(NULL, " \n"))
            samples->ids[s][samples->n[s]++] = atoi(word);
    fclose(file);
    free(path);
}

/* The last sample goes on from its begin; learned positions end. */
static void lengthen(struct samples *samples, const struct hparams *p)
{
    int32_t *ids = samples->ids[N_SAMPLES - 1], *n = &samples->n[N_SAMPLES - 1];
    int length = p->rope.enabled || p->n_positions > MAX_TOKENS ? MAX_TOKENS : p->n_positions, own = *n;

    for (; *n < length; ++*n)
        ids[*n] = ids[*n % own];
}

static void see_attention(void *context, const struct tap_attention *view)
{
    struct outcome *outcome = context;
    size_t stride = MAX_TOKENS + 1, at = (size_t)(view->layer * N_SAMPLES + view->sample) * (size_t)view->n_heads;

    for (int h = 0; h < view->n_heads; h++)
        memcpy(outcome->sums + (at + (size_t)h) * stride, view->column_sum + (size_t)h * view->stride,
               ((size_t)view->n_tokens + view->learned_sinks) * sizeof(float));
}

/* Chunks of `cut->chunk` tokens: the samples are taken in turns. */
static void run_stage(const struct model *model, const struct samples *samples, const struct cut *cut, int begin,
                      int end, struct outcome *outcome)
{
    struct tap tap = {.context = outcome, .see_attention = see_attention};
    struct forward_settings settings = {.layer_begin = begin, .layer_end = end, .n_samples = N_SAMPLES,
                                        .sample_tokens = samples->n, .max_chunk_tokens = cut->chunk * N_SAMPLES,
                                        .tap = &tap};
    size_t width = (size_t)model->hparams.n_embd;
    struct error err = {""};
    struct forward *forward = forward_create(model, &settings, &err);
    float *hidden = float_alloc((size_t)settings.max_chunk_tokens * width, "test", &err);

    if (!forward)
        fail_msg("%s", err.text);
    for (int at = 0; at < MAX_TOKENS; at += cut->chunk) {
        struct segment segments[N_SAMPLES];
        struct chunk chunk = {.segments = segments};
        int32_t ids[N_SAMPLES * MAX_TOKENS];
        for (int s = 0; s < N_SAMPLES; s++) {
            int stop = at + cut->chunk < samples->n[s] ? at + cut->chunk : samples->n[s];
            if (at >= stop)
                continue;
            segments[chunk.n_segments++] = (struct segment){.sample = s, .begin = at, .end = stop};
            memcpy(ids + chunk.n_tokens, samples->ids[s] + at, (size_t)(stop - at) * sizeof *ids);
            memcpy(hidden + (size_t)chunk.n_tokens * width, outcome->hidden[s] + (size_t)at * width,
                   (size_t)(stop - at) * width * sizeof *hidden);
            chunk.n_tokens += stop - at;
        }
        if (chunk.n_tokens > 0 && forward_chunk(forward, &chunk, ids, hidden, &err))
            fail_msg("%s", err.text);
        for (int i = 0, row = 0; i < chunk.n_segments; row += segments[i].end - segments[i].begin, i++)
            memcpy(outcome->hidden[segments[i].sample] + (size_t)at * width, hidden + (size_t)row * width,
                   (size_t)(segments[i].end - segments[i].begin) * width * sizeof *hidden);
    }
    float_free(hidden);
    forward_destroy(forward);
}

static size_t sum_count(const struct hparams *p)
{
    return (size_t)(p->n_layers * N_SAMPLES * p->n_heads) * (MAX_TOKENS + 1);
}

static void outcome_init(struct outcome *outcome, const struct hparams *p)
{
    for (int s = 0; s < N_SAMPLES; s++)
        outcome->hidden[s] = float_alloc((size_t)MAX_TOKENS * (size_t)p->n_embd, "test", NULL);
    outcome->sums = float_alloc(sum_count(p), "test", NULL);
    outcome->n_heads = p->n_heads;
}

static void outcome_clear(struct outcome *outcome)
{
    for (int s = 0; s < N_SAMPLES; s++)
        float_free(outcome->hidden[s]);
    float_free(outcome->sums);
}

static void run(const struct model *model, const struct samples *samples, const struct cut *cut,
                struct outcome *outcome)
{
    int n_layers = model->hparams.n_layers;

    outcome_init(outcome, &model->hparams);
    omp_set_num_threads(cut->n_threads);
    for (int s = 0; s < cut->n_stages; s++)
        run_stage(model, samples, cut, n_layers * s / cut->n_stages, n_layers * (s + 1) / cut->n_stages, outcome);
}

static void compare(const char *name, const struct hparams *p, const struct cut *cut, const struct outcome *a,
                    const struct outcome *b)
{
    for (int s = 0; s < N_SAMPLES; s++)
        for (size_t i = 0; i < (size_t)MAX_TOKENS * (size_t)p->n_embd; i++)
            if (memcmp(&a->hidden[s][i], &b->hidden[s][i], sizeof(float)) != 0)
                fail_msg("%s: chunks of %d, %d stages, %d threads: sample %d, token %zu, dimension %zu: %.9g, not %.9g",
                         name, cut->chunk, cut->n_stages, cut->n_threads, s, i / (size_t)p->n_embd,
                         i % (size_t)p->n_embd, (double)b->hidden[s][i], (double)a->hidden[s][i]);
    if (memcmp(a->sums, b->sums, sum_count(p) * sizeof(float)) != 0)
        fail_msg("%s: chunks of %d, %d stages, %d threads: attention sums differ", name, cut->chunk, cut->n_stages,
                 cut->n_threads);
}

static void check_case(const char *name)
{
    static const struct cut whole = {MAX_TOKENS, 1, 1},
                            cuts[] = {{MAX_TOKENS, 1, 3}, {350, 1, 2}, {41, 1, 2}, {13, 2, 1}, {1, 1, 1}};
    char *folder = xasprintf("%s/tests/data/families/%s", data_root(), name);
    struct samples samples;
    struct outcome expected, outcome;
    struct error err = {""};
    struct model *model = model_open(folder, false, &err);

    if (!model)
        fail_msg("%s", err.text);
    read_samples(folder, &samples);
    lengthen(&samples, &model->hparams);
    run(model, &samples, &whole, &expected);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        run(model, &samples, &cuts[i], &outcome);
        compare(name, &model->hparams, &cuts[i], &expected, &outcome);
        outcome_clear(&outcome);
    }
    outcome_clear(&expected);
    model_close(model);
    free(folder);
}

static void bits_do_not_depend_on_cuts(void **state)
{
    char *path = xasprintf("%s/tests/data/families", data_root());
    DIR *folder = opendir(path);
    int n = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && !strchr(entry->d_name, '.')) {
            check_case(entry->d_name);
            n++;
        }
    assert_true(n >= 13); /* architectures */
    closedir(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bits_do_not_depend_on_cuts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
