#include "grid/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/human.h"
#include "base/log.h"
#include "base/memory.h"
#include "grid/footprint.h"
#include "grid/identity.h"
#include "grid/stages.h"
#include "kernel/kernel.h"
#include "probe/measurement.h"

/* ---- models ---- */

static const struct plan_model *same_files(const struct plan *plan, const struct experiment_model *entry)
{
    for (int i = 0; i < plan->n_models; i++)
        if (strcmp(plan->models[i].entry->path, entry->path) == 0)
            return &plan->models[i];
    return NULL;
}

static bool has_data(const struct model *model)
{
    return weights_count(model->weights) > 0 && weights_at(model->weights, 0)->data;
}

/* The model, or what its headers say where that is enough. */
static struct model *open_files(const char *path, bool header_only, struct error *err)
{
    struct model *model = model_open(path, false, err);

    if (model || !header_only)
        return model;
    model = model_open(path, true, NULL);
    if (model && has_data(model)) { /* the weights are there, and the error is about them */
        model_close(model);
        return NULL;
    }
    if (model)
        log_warning("%s; planned from headers alone", err->text);
    return model;
}

static int open_model(struct plan *plan, const struct experiment_model *entry, bool header_only, bool verify,
                      struct error *err)
{
    const struct plan_model *same = same_files(plan, entry);
    struct plan_model *model = &plan->models[plan->n_models];
    struct error no_tokenizer;

    if (same) {
        *model = *same;
        model->entry = entry;
        model->borrowed = true;
        plan->n_models++;
        return 0;
    }
    model->entry = entry;
    model->model = open_files(entry->path, header_only, err);
    if (!model->model)
        return fail_prefix(err, "%s", entry->where);
    if (model_check(model->model, err) != 0 ||
        weights_fingerprint(model->model->weights, verify, model->fingerprint, err) != 0) {
        model_close(model->model);
        return fail_prefix(err, "%s", entry->where);
    }
    plan->n_models++;
    model->bytes_before = footprint_layer_bytes(model->model);
    model->tokenizer = tokenizer_open(entry->path, model->model->weights, &no_tokenizer);
    if (!model->tokenizer)
        log_info("model %s: no tokenizer (%s); only input_ids can be read", entry->label, no_tokenizer.text);
    return 0;
}

static void close_models(struct plan *plan)
{
    for (int i = 0; i < plan->n_models; i++) {
        struct plan_model *model = &plan->models[i];
        if (model->borrowed)
            continue;
        tokenizer_close(model->tokenizer);
        model_close(model->model);
        free(model->bytes_before);
    }
    free(plan->models);
}

/* ---- jobs ---- */

/* Learned positions end where the model's do; rotary ones go on. */
static int check_positions(const struct hparams *hparams, const struct samples *samples, struct error *err)
{
    for (int i = 0; i < samples->n && !hparams->rope.enabled; i++)
        if (samples->items[i].n_tokens > hparams->n_positions)
            return fail(err,
                        "sample %d: %d tokens, but the model has %d learned positions: overflow = \"extend\" "
                        "needs rotary ones",
                        i, samples->items[i].n_tokens, hparams->n_positions);
    return 0;
}

static int check_candidates(const struct experiment *experiment, const struct samples *samples, struct error *err)
{
    int candidates[MAX_CANDIDATES];

    for (int i = 0; i < samples->n; i++) {
        const struct sample *sample = &samples->items[i];
        if (sample_candidates(&experiment->detect, sample->templated, sample->n_tokens, candidates) == 0)
            return fail(err, "sample %d: %d tokens, none at a position of \"detect.candidates\"", i, sample->n_tokens);
    }
    return 0;
}

static int load_job(struct plan *plan, int model, int prompt_set, struct error *err)
{
    const struct experiment_prompt_set *set = &plan->experiment->prompt_sets[prompt_set];
    const struct plan_model *entry = &plan->models[model];
    const struct hparams *hparams = &entry->model->hparams;
    struct plan_job *job = &plan->jobs[plan->n_jobs];

    *job = (struct plan_job){.model = model, .prompt_set = prompt_set};
    if (samples_load(&job->samples, set, entry->tokenizer, hparams->n_positions, hparams->n_vocab, err) != 0)
        return fail_prefix(err, "model %s", entry->entry->label);
    plan->n_jobs++;
    for (int i = 0; i < job->samples.n; i++)
        job->n_tokens += job->samples.items[i].n_tokens;
    if (check_positions(hparams, &job->samples, err) != 0 ||
        check_candidates(plan->experiment, &job->samples, err) != 0)
        return fail_prefix(err, "%s: prompt set %s with model %s", set->where, set->label, entry->entry->label);
    return 0;
}

static bool is_selected(const struct experiment *experiment, int model)
{
    for (int s = 0; s < experiment->n_prompt_sets; s++)
        if (experiment_selects(experiment, model, s))
            return true;
    return false;
}

/* Notes the model as one that cannot be opened, where the others may do without it. */
static int leave_out(struct plan *plan, int model, bool keep_going, const struct error *err)
{
    if (!keep_going)
        return -1;
    plan->failures[plan->n_failures++] = (struct plan_failure){&plan->experiment->models[model], *err};
    return 0;
}

/* The jobs of one model. */
static int load_model_jobs(struct plan *plan, int model, const struct plan_resources *resources, bool verify,
                           struct error *err)
{
    const struct experiment *experiment = plan->experiment;

    if (!is_selected(experiment, model))
        return 0;
    if (open_model(plan, &experiment->models[model], resources->header_only, verify, err) != 0)
        return leave_out(plan, model, resources->keep_going, err);
    for (int s = 0; s < experiment->n_prompt_sets; s++)
        if (experiment_selects(experiment, model, s) && load_job(plan, plan->n_models - 1, s, err) != 0)
            return -1;
    return 0;
}

/* ---- pipelines ---- */

static struct layer_range resolved(struct layer_range range, int n_layers)
{
    return (struct layer_range){range.begin, range.end == 0 ? n_layers : range.end};
}

static int resolve_range(const struct experiment *experiment, const struct plan_model *model, int r,
                         struct layer_range *to, struct error *err)
{
    const struct layer_range range = experiment->measured[r];
    int n_layers = model->model->hparams.n_layers;

    *to = resolved(range, n_layers);
    if (to->end > n_layers || to->begin >= to->end)
        return fail(err, "%s: model %s: \"measured\" (%d, %d) of %d layers", experiment->measured_where,
                    model->entry->label, range.begin, range.end, n_layers);
    return 0;
}

/* (0, 0), all layers, and (0, 24) are one for a model of 24 layers, though not for the deeper ones of a grid. */
static bool is_repeated(const struct experiment *experiment, int r, struct layer_range range, int n_layers)
{
    for (int i = 0; i < r; i++) {
        struct layer_range other = resolved(experiment->measured[i], n_layers);
        if (other.begin == range.begin && other.end == range.end)
            return true;
    }
    return false;
}

static void identify(const struct plan *plan, struct plan_pipeline *pipeline)
{
    const struct experiment *experiment = plan->experiment;
    const struct plan_job *job = &plan->jobs[pipeline->job];
    const struct plan_model *model = &plan->models[job->model];
    int n = pipeline->sample_end - pipeline->sample_begin;
    struct identity_sample *samples = xcalloc((size_t)n, sizeof *samples);
    int(*candidates)[MAX_CANDIDATES] = xcalloc((size_t)n, sizeof *candidates);

    for (int i = 0; i < n; i++) {
        const struct sample *sample = &job->samples.items[pipeline->sample_begin + i];
        int n_candidates = sample_candidates(&experiment->detect, sample->templated, sample->n_tokens, candidates[i]);
        samples[i] = (struct identity_sample){pipeline->sample_begin + i, sample->fingerprint, sample->truncated,
                                              sample->templated,          candidates[i],       n_candidates};
    }
    identity_hash(&(struct identity){.model = model->entry->label,
                                     .prompt_set = experiment->prompt_sets[job->prompt_set].label,
                                     .model_fingerprint = model->fingerprint,
                                     .measured = {pipeline->layer_begin, pipeline->layer_end},
                                     .record = &experiment->record,
                                     .epsilon = experiment->detect.epsilon,
                                     .seed = experiment->seed,
                                     .precision = model->entry->precision,
                                     .numerics_version = KERNEL_NUMERICS_VERSION,
                                     .samples = samples,
                                     .n_samples = n},
                  pipeline->identity);
    free(candidates);
    free(samples);
}

struct pipeline_builder {
    struct plan *plan;
    const struct plan_resources *resources;
    size_t capacity;
    bool fewer_stages;
    const struct plan_model *told; /* last model whose memory was warned of */
};

/* Weights are mapped: what does not fit is read again and again, slowly, but does not fail. */
static void tell_notes(struct pipeline_builder *builder, const struct plan_model *model,
                       const struct plan_pipeline *pipeline, const struct stage_notes *notes)
{
    builder->fewer_stages |= notes->fewer_stages;
    if (!notes->over_memory || builder->told == model)
        return;
    char needed[HUMAN_SIZE], there[HUMAN_SIZE];
    builder->told = model;
    log_warning("model %s: its largest stage needs %s, a rank has %s, and there are too few ranks to cut it "
                "finer: weights will be read again and again",
                model->entry->label, human_bytes(needed, (double)pipeline->stage_bytes),
                human_bytes(there, (double)builder->resources->rank_bytes));
}

static int add_pipeline(struct pipeline_builder *builder, int job, int sample_begin, struct layer_range range,
                        struct error *err)
{
    struct plan *plan = builder->plan;
    int shard = plan->experiment->pipeline.shard, n_samples = plan->jobs[job].samples.n;

    plan->pipelines =
        array_grow(plan->pipelines, (size_t)plan->n_pipelines, &builder->capacity, sizeof *plan->pipelines);
    struct plan_pipeline *pipeline = &plan->pipelines[plan->n_pipelines++];
    *pipeline = (struct plan_pipeline){
        .job = job,
        .sample_begin = sample_begin,
        .sample_end = n_samples - sample_begin > shard ? sample_begin + shard : n_samples,
        .layer_begin = range.begin,
        .layer_end = range.end,
    };
    const struct plan_model *model = &plan->models[plan->jobs[job].model];
    struct stage_notes notes = {0};
    if (plan_pipeline_tokens(plan, pipeline) > PLAN_MAX_TOKENS)
        return fail(err, "%s: %lld tokens in %d samples are too many for a unit: a smaller pipeline.shard",
                    plan->experiment->prompt_sets[plan->jobs[job].prompt_set].where,
                    (long long)plan_pipeline_tokens(plan, pipeline), pipeline->sample_end - sample_begin);
    if (stages_lay_out(plan, pipeline, builder->resources, &notes, err) != 0) {
        const char *where = plan->experiment->stages_where;
        return fail_prefix(err, "%s%smodel %s", where ? where : "", where ? ": " : "", model->entry->label);
    }
    tell_notes(builder, model, pipeline, &notes);
    identify(plan, pipeline);
    return 0;
}

static int add_job_pipelines(struct pipeline_builder *builder, int job, struct error *err)
{
    struct plan *plan = builder->plan;
    const struct plan_model *model = &plan->models[plan->jobs[job].model];
    int shard = plan->experiment->pipeline.shard;

    for (int r = 0; r < plan->experiment->n_measured; r++) {
        struct layer_range range;
        if (resolve_range(plan->experiment, model, r, &range, err) != 0)
            return -1;
        if (is_repeated(plan->experiment, r, range, model->model->hparams.n_layers))
            continue;
        for (int64_t s = 0; s < plan->jobs[job].samples.n; s += shard)
            if (add_pipeline(builder, job, (int)s, range, err) != 0)
                return -1;
    }
    return 0;
}

/* ---- the plan ---- */

static int build(struct plan *plan, const struct plan_resources *resources, bool verify, struct error *err)
{
    const struct experiment *experiment = plan->experiment;
    struct pipeline_builder builder = {.plan = plan, .resources = resources};

    if (experiment_check_files(experiment, err) != 0)
        return -1;
    plan->models = xcalloc((size_t)experiment->n_models, sizeof *plan->models);
    plan->jobs = xcalloc((size_t)experiment->n_models * (size_t)experiment->n_prompt_sets, sizeof *plan->jobs);
    plan->failures = xcalloc((size_t)experiment->n_models, sizeof *plan->failures);
    for (int m = 0; m < experiment->n_models; m++)
        if (load_model_jobs(plan, m, resources, verify, err) != 0)
            return -1;
    if (plan->n_models == 0) { /* then at least one was selected, and none could be opened */
        *err = plan->failures[0].error;
        return -1;
    }
    for (int j = 0; j < plan->n_jobs; j++)
        if (add_job_pipelines(&builder, j, err) != 0)
            return -1;
    if (builder.fewer_stages)
        log_warning("the experiment asks for more stages than there are ranks that compute (%d): fewer are used",
                    resources->n_workers);
    return 0;
}

struct plan *plan_build(const struct experiment *experiment, const struct plan_resources *resources, bool verify,
                        struct error *err)
{
    struct plan *plan = xcalloc(1, sizeof *plan);

    plan->experiment = experiment;
    if (build(plan, resources, verify, err) == 0)
        return plan;
    plan_destroy(plan);
    return NULL;
}

void plan_destroy(struct plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < plan->n_jobs; i++)
        samples_clear(&plan->jobs[i].samples);
    close_models(plan);
    free(plan->jobs);
    free(plan->failures);
    free(plan->pipelines);
    free(plan);
}

int64_t plan_pipeline_tokens(const struct plan *plan, const struct plan_pipeline *pipeline)
{
    const struct samples *samples = &plan->jobs[pipeline->job].samples;
    int64_t n = 0;

    for (int i = pipeline->sample_begin; i < pipeline->sample_end; i++)
        n += samples->items[i].n_tokens;
    return n;
}

/* ---- bytes to store ---- */

static int64_t rows_kept(const struct experiment *experiment, enum record_rule rule, int n_tokens)
{
    enum { FIRST_POSITIONS = 8, TOKENS_A_SINK = 100 };
    int64_t kept = FIRST_POSITIONS + (int64_t)experiment->record.n_control + n_tokens / TOKENS_A_SINK;

    return rule == RECORD_FULL || kept > n_tokens ? n_tokens : kept;
}

/* As in probe/measurement.h: a row's values, alpha, position and reason; a column's summary. */
static uint64_t sample_bytes(const struct plan *plan, const struct plan_job *job, const struct sample *sample,
                             const struct layer_range *range, enum record_rule rule)
{
    const struct hparams *hparams = &plan->models[job->model].model->hparams;
    int candidates[MAX_CANDIDATES];
    int n_columns =
        quantity_columns(sample_candidates(&plan->experiment->detect, sample->templated, sample->n_tokens, candidates));
    uint64_t row = sizeof(float) * (uint64_t)(n_columns + hparams->n_heads) + sizeof(int32_t) + sizeof(uint8_t);
    uint64_t summary = sizeof(struct column_summary) * (uint64_t)n_columns;
    uint64_t n_layers = (uint64_t)(range->end - range->begin) + (range->end == hparams->n_layers);

    return n_layers * ((uint64_t)rows_kept(plan->experiment, rule, sample->n_tokens) * row + summary);
}

uint64_t plan_store_bytes(const struct plan *plan, int pipeline, enum record_rule rule)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    const struct plan_job *job = &plan->jobs[p->job];
    struct layer_range range = {p->layer_begin, p->layer_end};
    uint64_t bytes = 0;

    for (int i = p->sample_begin; i < p->sample_end; i++)
        bytes += sample_bytes(plan, job, &job->samples.items[i], &range, rule);
    return bytes;
}
