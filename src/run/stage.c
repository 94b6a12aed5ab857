#include "run/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/chunking.h"
#include "run/stamp.h"
#include "run/stream.h"

static const double PROGRESS_SECONDS = 2e-3;

struct stage {
    const struct assignment *assignment;
    const struct stage_hooks *hooks;
    struct chunk_list chunks;
    struct stream *stream;
    struct forward *forward;
    struct recorder *recorder; /* NULL where no layer is recorded */
    struct tap tap;            /* the recorder's, letting messages move */
    int32_t *sample_tokens;    /* (n_samples) */
    int32_t *sample_numbers;   /* (n_samples) in the prompt set */
    int32_t *first_id;         /* (n_samples) where a sample's ids begin */
    int32_t *ids;              /* (max_tokens) of the chunk at hand */
    int n_taken, n_passed;     /* chunks received, sent */
    struct profile profile;
    double progressed;  /* when messages were last let move */
    struct error error; /* why there is no stream */
};

/* ---- the model kept open ---- */

void model_keeper_clear(struct model_keeper *keeper)
{
    model_close(keeper->model);
    free(keeper->path);
    *keeper = (struct model_keeper){0};
}

static int check_files(const struct assignment *assignment, struct error *err)
{
    if (stamp_of(assignment->model_path) == assignment->n.stamp)
        return 0;
    return fail(err, "%s: not the files that the master saw: changed since the run began", assignment->model_path);
}

static const struct model *keep_model(struct model_keeper *keeper, const char *path, struct error *err)
{
    if (keeper->model && strcmp(keeper->path, path) == 0)
        return keeper->model;
    if (keeper->model)
        model_keeper_clear(keeper);
    keeper->model = model_open(path, false, err);
    if (keeper->model)
        keeper->path = xstrdup(path);
    return keeper->model;
}

/* ---- begin ---- */

static void lay_out_samples(struct stage *stage)
{
    const struct assignment *a = stage->assignment;
    int32_t next = 0;

    stage->sample_tokens = xcalloc((size_t)a->n.n_samples, sizeof(int32_t));
    stage->sample_numbers = xcalloc((size_t)a->n.n_samples, sizeof(int32_t));
    stage->first_id = xcalloc((size_t)a->n.n_samples, sizeof(int32_t));
    for (int i = 0; i < a->n.n_samples; i++) {
        stage->sample_tokens[i] = a->samples[i].n_tokens;
        stage->sample_numbers[i] = a->samples[i].sample;
        stage->first_id[i] = next;
        next += a->samples[i].n_tokens;
    }
}

/* A linked stage that has no buffers cannot keep its place in the pipeline: the end of
 * the run. One that stands alone fails its unit. */
struct stage *stage_begin(const struct assignment *assignment, const struct stage_hooks *hooks)
{
    struct stage *stage = xcalloc(1, sizeof *stage);
    const struct assignment_numbers *n = &assignment->n;

    stage->assignment = assignment;
    stage->hooks = hooks;
    lay_out_samples(stage);
    chunk_list_build(&stage->chunks, stage->sample_tokens, n->n_samples, n->chunk_tokens, n->whole);
    stage->ids = xcalloc((size_t)(n->n_ids > 0 ? stage->chunks.max_tokens : 0), sizeof(int32_t));
    stage->stream = stream_open(n, stage->chunks.n, stage->chunks.max_tokens, &stage->error);
    if (!stage->stream && n->n_stages > 1)
        die("unit %d: %s", n->pipeline, stage->error.text);
    return stage;
}

/* ---- taps ---- */

/* Lets messages move now and then: a test of MPI may yield the core, so not at each call. */
static void make_progress(struct stage *stage, double now)
{
    if (now - stage->progressed < PROGRESS_SECONDS)
        return;
    stage->progressed = now;
    stage->hooks->progress(stage->hooks->context);
}

/* The recorder's taps, with messages let move between. */
static void see_rows(void *context, const struct tap_rows *view)
{
    struct stage *stage = context;
    const struct tap *tap = recorder_tap(stage->recorder);

    if (tap->see_rows)
        tap->see_rows(tap->context, view);
    make_progress(stage, profile_now());
}

static void see_attention(void *context, const struct tap_attention *view)
{
    const struct stage *stage = context;
    const struct tap *tap = recorder_tap(stage->recorder);

    if (tap->see_attention)
        tap->see_attention(tap->context, view);
}

/* ---- compute ---- */

static int create_recorder(struct stage *stage, const struct model *model, struct error *err)
{
    const struct assignment *a = stage->assignment;
    const struct recorder_settings settings = {
        .layer_begin = a->n.record_begin,
        .layer_end = a->n.record_end,
        .final_row = a->n.final_row,
        .n_samples = a->n.n_samples,
        .samples = a->samples,
        .record_full = a->n.record_full,
        .record_cosine = a->n.record_cosine,
        .norm_ratio = a->n.norm_ratio,
        .epsilon = a->n.epsilon,
        .n_control = a->n.n_control,
        .seed = a->n.seed,
    };

    if (a->n.record_begin >= a->n.record_end)
        return 0;
    stage->recorder = recorder_create(&model->hparams, &settings, err);
    stage->tap = (struct tap){stage, see_rows, see_attention};
    return stage->recorder ? 0 : -1;
}

static int create_forward(struct stage *stage, const struct model *model, struct error *err)
{
    const struct assignment *a = stage->assignment;
    const struct forward_settings settings = {
        .layer_begin = a->n.layer_begin,
        .layer_end = a->n.layer_end,
        .n_samples = a->n.n_samples,
        .sample_tokens = stage->sample_tokens,
        .sample_numbers = stage->sample_numbers,
        .max_chunk_tokens = stage->chunks.max_tokens,
        .precision = (enum precision)a->n.precision,
        .allow_nonfinite = a->n.allow_nonfinite,
        .final_norm = a->n.final_row,
        .tap = stage->recorder ? &stage->tap : NULL,
        .profile = &stage->profile,
    };

    if (model->hparams.n_embd != a->n.n_embd || a->n.layer_end > model->hparams.n_layers)
        return fail(err, "%s: %d layers of width %d here, not what the master saw: another file?", a->model_path,
                    model->hparams.n_layers, model->hparams.n_embd);
    stage->forward = forward_create(model, &settings, err);
    return stage->forward ? 0 : -1;
}

static int prepare(struct stage *stage, struct model_keeper *keeper, struct error *err)
{
    double begin = profile_now();
    const struct model *model = NULL;
    int rc = -1;

    if (!stage->stream)
        *err = stage->error;
    else if (check_files(stage->assignment, err) == 0)
        model = keep_model(keeper, stage->assignment->model_path, err);
    if (model)
        rc = create_recorder(stage, model, err);
    if (rc == 0)
        rc = create_forward(stage, model, err);
    stage->profile.seconds[PHASE_READ] += profile_now() - begin;
    return rc;
}

/* The token ids of a chunk, NULL but in the first stage. */
static const int32_t *gather_ids(struct stage *stage, const struct chunk *chunk)
{
    int32_t *to = stage->ids;

    if (stage->assignment->n.n_ids == 0)
        return NULL;
    for (int i = 0; i < chunk->n_segments; i++) {
        const struct segment *segment = &chunk->segments[i];
        const int32_t *from = stage->assignment->ids + stage->first_id[segment->sample];
        int n = segment->end - segment->begin;
        memcpy(to, from + segment->begin, (size_t)n * sizeof *to);
        to += n;
    }
    return stage->ids;
}

static float *take_chunk(struct stage *stage, enum stage_status *status)
{
    int c = stage->n_taken++;

    return stream_take(stage->stream, c, stage->chunks.chunks[c].n_tokens, status, &stage->profile);
}

static void pass_chunk(struct stage *stage, enum stage_status status)
{
    int c = stage->n_passed++;

    stream_pass(stage->stream, c, stage->chunks.chunks[c].n_tokens, status, &stage->profile);
}

static enum stage_status run_chunks(struct stage *stage, struct error *err)
{
    const struct assignment_numbers *n = &stage->assignment->n;
    enum stage_status above;

    for (int c = 0; c < stage->chunks.n; c++) {
        if (stage->hooks->is_dropped(stage->hooks->context, n->pipeline, n->attempt))
            return STAGE_DROPPED;
        float *hidden = take_chunk(stage, &above);
        if (above != STAGE_OK)
            return STAGE_SKIPPED;
        if (forward_chunk(stage->forward, &stage->chunks.chunks[c], gather_ids(stage, &stage->chunks.chunks[c]), hidden,
                          err) != 0)
            return STAGE_FAILED;
        pass_chunk(stage, STAGE_OK);
    }
    return STAGE_OK;
}

static int finish(struct stage *stage, struct measurement *measurement, struct error *err)
{
    double begin = profile_now();
    int rc = 0;

    if (stage->recorder)
        rc = recorder_finish(stage->recorder, measurement, err);
    stage->profile.seconds[PHASE_STATISTICS] += profile_now() - begin;
    return rc;
}

void stage_compute(struct stage *stage, struct model_keeper *keeper, struct result_message *result,
                   struct measurement *measurement)
{
    const struct assignment_numbers *n = &stage->assignment->n;
    struct error err = {""};
    double begin = profile_now();
    enum stage_status status = STAGE_FAILED;

    *measurement = (struct measurement){0};
    if (prepare(stage, keeper, &err) == 0)
        status = run_chunks(stage, &err);
    if (status == STAGE_OK && finish(stage, measurement, &err) != 0)
        status = STAGE_FAILED;
    if (status == STAGE_OK && check_files(stage->assignment, &err) != 0) { /* pages are read as they are needed */
        measurement_clear(measurement);
        status = STAGE_FAILED;
    }
    forward_destroy(stage->forward); /* its memory is not needed while draining */
    recorder_destroy(stage->recorder);
    stage->forward = NULL;
    stage->recorder = NULL;
    *result = (struct result_message){
        .pipeline = n->pipeline, .attempt = n->attempt, .stage = n->stage, .status = status, .profile = stage->profile};
    result->seconds = profile_now() - begin;
    snprintf(result->text, sizeof result->text, "%s", err.text);
}

/* ---- end ---- */

void stage_end(struct stage *stage)
{
    enum stage_status above;

    while (stage->stream && stage->n_passed < stage->chunks.n) {
        if (stage->n_taken == stage->n_passed)
            take_chunk(stage, &above);
        pass_chunk(stage, STAGE_FAILED);
    }
    stream_close(stage->stream, &stage->profile);
    chunk_list_clear(&stage->chunks);
    free(stage->sample_tokens);
    free(stage->sample_numbers);
    free(stage->first_id);
    free(stage->ids);
    free(stage);
}
