#include "grid/stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/partition.h"
#include "model/forward.h"

/* What a pipeline is made of. */
struct layout {
    const struct plan *plan;
    const struct plan_pipeline *pipeline;
    const struct plan_job *job;
    const struct model *model;
    int longest;                 /* tokens of the longest sample */
    int64_t n_tokens;            /* of all samples */
    uint64_t layer_record_bytes; /* records of one measured layer, all samples */
    int chunk_tokens;
};

static struct layout layout_of(const struct plan *plan, const struct plan_pipeline *pipeline)
{
    const struct plan_job *job = &plan->jobs[pipeline->job];
    struct layout layout = {.plan = plan, .pipeline = pipeline, .job = job, .model = plan->models[job->model].model};

    for (int i = pipeline->sample_begin; i < pipeline->sample_end; i++) {
        int n = job->samples.items[i].n_tokens;
        layout.n_tokens += n;
        layout.longest = n > layout.longest ? n : layout.longest;
    }
    layout.layer_record_bytes =
        plan_store_bytes(plan, (int)(pipeline - plan->pipelines), plan->experiment->record.rule) /
        (uint64_t)(pipeline->layer_end - pipeline->layer_begin);
    return layout;
}

/* ---- costs ---- */

/* FLOP of one layer over all samples; the embedding and the final norm count with the layer beside them. */
static double layer_flop(const struct layout *layout, int layer)
{
    const struct hparams *p = &layout->model->hparams;
    double flop = model_layer_flop(layout->model, layer) * (double)layout->n_tokens;

    for (int i = layout->pipeline->sample_begin; i < layout->pipeline->sample_end; i++)
        flop += model_attention_flop(layout->model, layer, layout->job->samples.items[i].n_tokens);
    if (layer == 0)
        flop += (double)layout->n_tokens * p->n_embd;
    if (layer == p->n_layers - 1)
        flop += 4.0 * (double)layout->n_tokens * p->n_embd;
    return flop;
}

/* Measured layers among [begin, end): their records stay with the stage until its end. */
static int n_measured(const struct plan_pipeline *pipeline, int begin, int end)
{
    int from = begin > pipeline->layer_begin ? begin : pipeline->layer_begin;
    int to = end < pipeline->layer_end ? end : pipeline->layer_end;

    return to > from ? to - from : 0;
}

/* Mapped weights, what the forward pass allocates, records. Of the embedding only the rows of
 * the samples' tokens are touched: next to nothing. */
static uint64_t range_bytes(const void *context, int begin, int end)
{
    const struct layout *layout = context;
    const uint64_t *before = layout->plan->models[layout->job->model].bytes_before;

    return before[end] - before[begin] +
           forward_bytes(layout->model, begin, end, layout->longest, layout->chunk_tokens) +
           layout->layer_record_bytes * (uint64_t)n_measured(layout->pipeline, begin, end);
}

double plan_stage_flop(const struct plan *plan, int pipeline, int stage)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    struct layout layout = layout_of(plan, p);
    double flop = 0;

    for (int l = p->cut[stage]; l < p->cut[stage + 1]; l++)
        flop += layer_flop(&layout, l);
    return flop;
}

uint64_t plan_stage_bytes(const struct plan *plan, int pipeline, int stage)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    struct layout layout = layout_of(plan, p);

    layout.chunk_tokens = p->chunk_tokens;
    return range_bytes(&layout, p->cut[stage], p->cut[stage + 1]);
}

/* ---- chunks ---- */

/* A pipeline of S stages works through T tokens in chunks of c in (T / c + S - 1)
 * steps of (c + k) token times, where k is what a chunk costs by itself: widening
 * and packing the weights, messages. That is least at c = sqrt(T k / (S - 1)).
 * A single stage takes whole samples: its caches are those of one layer then. */
int stages_choose_chunk(int n_stages, int64_t n_tokens, int longest)
{
    enum { CHUNK_OVERHEAD = 16, STEP = 16, LEAST = 64, GREATEST = 1024, PACKED = 4096 }; /* tokens */

    if (n_stages == 1) {
        int64_t packed = n_tokens < PACKED ? n_tokens : PACKED;
        return longest > packed ? longest : (int)packed;
    }
    double best = sqrt((double)n_tokens * CHUNK_OVERHEAD / (n_stages - 1));
    int chunk = best < LEAST ? LEAST : best > GREATEST ? GREATEST : (int)best / STEP * STEP;
    return n_tokens < chunk ? (int)n_tokens : chunk;
}

static int chunk_for(const struct layout *layout, int n_stages)
{
    int wanted = layout->plan->experiment->pipeline.chunk;

    return wanted > 0 ? wanted : stages_choose_chunk(n_stages, layout->n_tokens, layout->longest);
}

/* ---- stages ---- */

/* What the experiment asks for: 0 if nothing. Cuts beyond what is computed make no stage. */
static int stages_wanted(const struct pipeline_settings *settings, int n_layers, int n_computed, int *wanted,
                         struct error *err)
{
    *wanted = settings->stages;
    if (settings->n_cuts > 0 && settings->cuts[settings->n_cuts - 1] >= n_layers)
        return fail(err, "\"pipeline.cuts\": a stage begins at layer %d, but there are %d layers",
                    settings->cuts[settings->n_cuts - 1], n_layers);
    if (settings->stages > n_layers)
        return fail(err, "\"pipeline.stages\": %d stages for %d layers: a stage holds at least one", settings->stages,
                    n_layers);
    if (settings->n_cuts > 0) {
        *wanted = 1;
        for (int i = 0; i < settings->n_cuts; i++)
            *wanted += settings->cuts[i] < n_computed;
    }
    if (*wanted > n_computed)
        *wanted = n_computed;
    return 0;
}

/* The fewest stages that fit: one with whole samples, else by memory, with chunks. */
static int least_stages(struct layout *layout, struct partition *partition, int *n_stages, struct error *err)
{
    *n_stages = 1;
    layout->chunk_tokens = chunk_for(layout, 1);
    if (partition->limit == 0 || range_bytes(layout, 0, partition->n_layers) <= partition->limit)
        return 0;
    layout->chunk_tokens = chunk_for(layout, 2);
    if (partition_least_stages(partition, n_stages, err) != 0)
        return -1;
    if (*n_stages > MAX_STAGES)
        return fail(err, "%d stages are more than %d", *n_stages, MAX_STAGES);
    return 0;
}

static void set_cuts(const struct pipeline_settings *settings, struct plan_pipeline *pipeline, int n_stages)
{
    pipeline->cut[0] = 0;
    for (int s = 1; s < n_stages; s++)
        pipeline->cut[s] = settings->cuts[s - 1];
    pipeline->cut[n_stages] = pipeline->layer_end;
}

/* The cut: the experiment's where it states one, else by cost and memory. */
static int cut(const struct layout *layout, const struct partition *partition, struct plan_pipeline *pipeline,
               bool is_stated, struct error *err)
{
    if (is_stated)
        set_cuts(&layout->plan->experiment->pipeline, pipeline, pipeline->n_stages);
    else if (partition_cut(partition, pipeline->n_stages, pipeline->cut, err) != 0)
        return -1;
    pipeline->stage_bytes = partition_bytes(partition, pipeline->n_stages, pipeline->cut);
    if (partition->limit > 0 && pipeline->stage_bytes > partition->limit)
        return fail(err, "a stage needs %.2f GB, a rank has %.2f GB", (double)pipeline->stage_bytes / 1e9,
                    (double)partition->limit / 1e9);
    return 0;
}

static int choose_stages(struct layout *layout, struct partition *partition, struct plan_pipeline *pipeline,
                         const struct plan_resources *resources, bool *fewer, struct error *err)
{
    const struct pipeline_settings *settings = &layout->plan->experiment->pipeline;
    int workers = resources->n_workers > 0 ? resources->n_workers : MAX_STAGES;
    int n_stages;

    if (stages_wanted(settings, layout->model->hparams.n_layers, pipeline->layer_end, &n_stages, err) != 0)
        return -1;
    bool is_stated = settings->n_cuts > 0 && n_stages <= workers;
    if (n_stages > workers) {
        *fewer = true;
        n_stages = workers;
    }
    if (n_stages == 0 && least_stages(layout, partition, &n_stages, err) != 0)
        return -1;
    if (n_stages > workers)
        return fail(err, "%d stages are needed to fit into memory, but %d ranks compute", n_stages, workers);
    if (n_stages > 1 || settings->stages + settings->n_cuts > 0)
        layout->chunk_tokens = chunk_for(layout, n_stages);
    pipeline->chunk_tokens = layout->chunk_tokens;
    pipeline->n_stages = n_stages;
    return cut(layout, partition, pipeline, is_stated, err);
}

int stages_lay_out(const struct plan *plan, struct plan_pipeline *pipeline, const struct plan_resources *resources,
                   bool *fewer, struct error *err)
{
    struct layout layout = layout_of(plan, pipeline);
    double *cost = xcalloc((size_t)pipeline->layer_end, sizeof *cost);
    struct partition partition = {
        .n_layers = pipeline->layer_end,
        .cost = cost,
        .bytes = range_bytes,
        .context = &layout,
        .limit = resources->rank_bytes,
    };

    pipeline->flop = 0;
    for (int l = 0; l < pipeline->layer_end; l++) {
        cost[l] = layer_flop(&layout, l);
        pipeline->flop += cost[l];
    }
    int rc = choose_stages(&layout, &partition, pipeline, resources, fewer, err);
    free(cost);
    return rc;
}
