#include "run/dispatch.h"

#include <string.h>

#include "run/stream.h"

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static void set_layers(struct assignment_numbers *n, const struct plan_pipeline *p, const struct model *model)
{
    n->layer_begin = p->cut[n->stage];
    n->layer_end = p->cut[n->stage + 1];
    n->record_begin = max_int(n->layer_begin, p->layer_begin);
    n->record_end = min_int(n->layer_end, p->layer_end);
    n->final_row = n->record_begin < n->record_end && n->record_end == model->hparams.n_layers;
}

/* A chunk travels in one message; a single stage sends none and takes whole samples. */
static void set_chunks(struct assignment_numbers *n, const struct plan_pipeline *p, int width)
{
    n->whole = p->n_stages == 1;
    n->chunk_tokens = n->whole ? WHOLE_CHUNK_TOKENS : min_int(p->chunk_tokens, stream_max_tokens(width));
    n->n_embd = width;
}

static void set_record(struct assignment_numbers *n, const struct experiment *e)
{
    n->allow_nonfinite = e->allow_nonfinite;
    n->record_full = e->record.rule == RECORD_FULL;
    n->record_cosine = e->record.cosine;
    n->n_control = e->record.n_control;
    n->norm_ratio = RECORD_NORM_RATIO;
    n->epsilon = e->detect.epsilon;
    n->seed = e->seed;
}

static void fill_samples(struct assignment *assignment, const struct plan *plan, const struct plan_pipeline *p)
{
    const struct plan_job *job = &plan->jobs[p->job];
    int32_t *ids = assignment->ids;

    for (int i = p->sample_begin; i < p->sample_end; i++) {
        const struct sample *from = &job->samples.items[i];
        struct recorder_sample *to = &assignment->samples[i - p->sample_begin];
        to->sample = i;
        to->n_tokens = from->n_tokens;
        to->n_candidates = sample_candidates(&plan->experiment->detect, from->templated, from->n_tokens, to->candidate);
        memcpy(assignment->fingerprints[i - p->sample_begin], from->fingerprint, SHA256_HEX_SIZE);
        if (assignment->n.n_ids > 0) {
            memcpy(ids, from->ids, (size_t)from->n_tokens * sizeof *ids);
            ids += from->n_tokens;
        }
    }
}

void dispatch_build(const struct plan *plan, int pipeline, const struct schedule_start *start, int stage,
                    const int *ranks, int n_threads, uint64_t stamp, struct assignment *assignment)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    const struct plan_job *job = &plan->jobs[p->job];
    const struct plan_model *model = &plan->models[job->model];
    struct assignment_numbers n = {
        .pipeline = start->pipeline,
        .attempt = start->attempt,
        .stage = stage,
        .n_stages = p->n_stages,
        .upstream = stage > 0 ? ranks[stage - 1] : -1,
        .downstream = stage + 1 < p->n_stages ? ranks[stage + 1] : -1,
        .precision = (int32_t)model->entry->precision,
        .n_samples = p->sample_end - p->sample_begin,
        .n_ids = stage == 0 ? (int32_t)plan_pipeline_tokens(plan, p) : 0,
        .n_threads = n_threads,
        .stamp = stamp,
    };

    set_layers(&n, p, model->model);
    set_chunks(&n, p, model->model->hparams.n_embd);
    set_record(&n, plan->experiment);
    assignment_init(assignment, &n, model->entry->path);
    fill_samples(assignment, plan, p);
}

/* Arms of one model share its files, and a worker keeps files. */
static int first_of_files(const struct plan *plan, int model)
{
    int first = 0;

    while (strcmp(plan->models[first].entry->path, plan->models[model].entry->path) != 0)
        first++;
    return first;
}

struct schedule_pipeline dispatch_describe(const struct plan *plan, int pipeline)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];

    return (struct schedule_pipeline){p->n_stages, p->stage_bytes, first_of_files(plan, plan->jobs[p->job].model),
                                      p->flop};
}
