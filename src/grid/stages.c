#include "grid/stages.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/footprint.h"
#include "grid/partition.h"

/* What a pipeline is made of. */
struct layout {
    const struct plan *plan;
    const struct plan_job *job;
    const struct plan_resources *resources; /* NULL where nothing is chosen */
    struct footprint footprint;
    int32_t *lengths; /* owned, of the samples */
};

static void layout_init(struct layout *layout, const struct plan *plan, const struct plan_pipeline *pipeline)
{
    const struct plan_job *job = &plan->jobs[pipeline->job];
    const struct plan_model *model = &plan->models[job->model];
    int n = pipeline->sample_end - pipeline->sample_begin, stated = plan->experiment->detect.n_candidates;
    int n_candidates = stated > 0 ? stated : 3; /* at most, by default */

    *layout = (struct layout){.plan = plan, .job = job, .lengths = xcalloc((size_t)n, sizeof *layout->lengths)};
    for (int i = 0; i < n; i++)
        layout->lengths[i] = job->samples.items[pipeline->sample_begin + i].n_tokens;
    footprint_init(&layout->footprint, model->model, model->bytes_before, layout->lengths, n);
    layout->footprint.chunk_tokens = pipeline->chunk_tokens;
    layout->footprint.measured = (struct layer_range){pipeline->layer_begin, pipeline->layer_end};
    layout->footprint.token_bytes = footprint_token_bytes(model->model, n_candidates);
    layout->footprint.layer_record_bytes =
        plan_store_bytes(plan, (int)(pipeline - plan->pipelines), plan->experiment->record.rule) /
        (uint64_t)(pipeline->layer_end - pipeline->layer_begin);
}

static void layout_clear(struct layout *layout)
{
    free(layout->lengths);
}

double plan_stage_flop(const struct plan *plan, int pipeline, int stage)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    struct layout layout;
    double flop = 0;

    layout_init(&layout, plan, p);
    for (int l = p->cut[stage]; l < p->cut[stage + 1]; l++)
        flop += footprint_layer_flop(&layout.footprint, l);
    layout_clear(&layout);
    return flop;
}

uint64_t plan_stage_bytes(const struct plan *plan, int pipeline, int stage)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    struct layout layout;

    layout_init(&layout, plan, p);
    uint64_t bytes = footprint_bytes(&layout.footprint, p->cut[stage], p->cut[stage + 1]);
    layout_clear(&layout);
    return bytes;
}

/* ---- stages ---- */

/* Tokens of a job's units that follow each other through one group of ranks: units keep
 * coming while others of the job wait, which are shared by as many groups as there are. */
static int64_t stream_tokens(const struct layout *layout, int n_stages)
{
    int groups = layout->resources->n_workers / n_stages;
    int64_t share = layout->job->n_tokens / (groups > 0 ? groups : 1);

    return share > layout->footprint.n_tokens ? share : layout->footprint.n_tokens;
}

static int chunk_for(const struct layout *layout, int n_stages)
{
    const struct footprint *footprint = &layout->footprint;
    int wanted = layout->plan->experiment->pipeline.chunk;

    return wanted > 0 ? wanted
                      : footprint_chunk(n_stages, stream_tokens(layout, n_stages), footprint->n_tokens,
                                        footprint->longest);
}

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
    layout->footprint.chunk_tokens = chunk_for(layout, 1);
    if (partition->limit == 0 || footprint_bytes(&layout->footprint, 0, partition->n_layers) <= partition->limit)
        return 0;
    layout->footprint.chunk_tokens = chunk_for(layout, 2);
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

/* The cut: the experiment's where it states one, else by cost and memory, else by cost alone. */
static int cut(const struct layout *layout, struct partition *partition, struct plan_pipeline *pipeline, bool is_stated,
               struct stage_notes *notes, struct error *err)
{
    uint64_t limit = partition->limit;

    if (is_stated) {
        set_cuts(&layout->plan->experiment->pipeline, pipeline, pipeline->n_stages);
    } else if (partition_cut(partition, pipeline->n_stages, pipeline->cut, NULL) != 0) {
        partition->limit = 0;
        if (partition_cut(partition, pipeline->n_stages, pipeline->cut, err) != 0)
            return -1;
    }
    pipeline->stage_bytes = partition_bytes(partition, pipeline->n_stages, pipeline->cut);
    notes->over_memory |= limit > 0 && pipeline->stage_bytes > limit;
    return 0;
}

static int choose_stages(struct layout *layout, struct partition *partition, struct plan_pipeline *pipeline,
                         struct stage_notes *notes, struct error *err)
{
    const struct pipeline_settings *settings = &layout->plan->experiment->pipeline;
    const struct plan_resources *resources = layout->resources;
    int most = resources->n_workers > 0 && resources->n_workers < MAX_STAGES ? resources->n_workers : MAX_STAGES;
    int n_stages;

    if (stages_wanted(settings, layout->footprint.model->hparams.n_layers, pipeline->layer_end, &n_stages, err) != 0)
        return -1;
    bool is_stated = settings->n_cuts > 0 && n_stages <= most;
    notes->fewer_stages |= n_stages > most;
    if (n_stages == 0 && least_stages(layout, partition, &n_stages, err) != 0) {
        if (resources->n_workers == 0)
            return -1;
        n_stages = most; /* a layer does not fit alone */
    }
    if (n_stages > most)
        n_stages = most;
    if (n_stages > pipeline->layer_end)
        n_stages = pipeline->layer_end;
    if (n_stages > 1 || settings->stages + settings->n_cuts > 0)
        layout->footprint.chunk_tokens = chunk_for(layout, n_stages);
    pipeline->chunk_tokens = layout->footprint.chunk_tokens;
    pipeline->n_stages = n_stages;
    return cut(layout, partition, pipeline, is_stated, notes, err);
}

int stages_lay_out(const struct plan *plan, struct plan_pipeline *pipeline, const struct plan_resources *resources,
                   struct stage_notes *notes, struct error *err)
{
    struct layout layout;
    double *cost = xcalloc((size_t)pipeline->layer_end, sizeof *cost);

    layout_init(&layout, plan, pipeline);
    layout.resources = resources;
    pipeline->flop = 0;
    for (int l = 0; l < pipeline->layer_end; l++) {
        cost[l] = footprint_layer_flop(&layout.footprint, l);
        pipeline->flop += cost[l];
    }
    struct partition partition = {
        .n_layers = pipeline->layer_end,
        .cost = cost,
        .bytes = footprint_bytes,
        .context = &layout.footprint,
        .limit = resources->rank_bytes,
    };
    int rc = choose_stages(&layout, &partition, pipeline, notes, err);
    layout_clear(&layout);
    free(cost);
    return rc;
}
