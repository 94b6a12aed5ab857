#include "run/collect.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "run/dispatch.h"
#include "store/store.h"

/* ---- token tables ---- */

/* Marks the positions that any layer recorded; returns their number. */
static int mark_recorded(const struct sample_record *record, uint8_t *marks)
{
    int n = 0;

    for (int l = 0; l < record->n_layers; l++)
        for (int r = 0; r < record->layers[l].n_rows; r++) {
            uint8_t *mark = &marks[record->layers[l].position[r]];
            n += !*mark;
            *mark = 1;
        }
    return n;
}

static int compare_ids(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

    return (a > b) - (a < b);
}

/* First index of the sorted ids that is not below `id`. */
static int lower_bound(const int32_t *sorted, int n, int64_t id)
{
    int low = 0, high = n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sorted[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void fill_tokens(struct unit_sample *to, const struct sample *sample, const struct tokenizer *tokenizer,
                        const uint8_t *marks)
{
    size_t n = (size_t)to->n_tokens_recorded;
    int32_t *sorted = xcalloc((size_t)sample->n_tokens, sizeof *sorted);
    int k = 0;

    memcpy(sorted, sample->ids, (size_t)sample->n_tokens * sizeof *sorted);
    qsort(sorted, (size_t)sample->n_tokens, sizeof *sorted, compare_ids);
    to->position = xcalloc(n, sizeof *to->position);
    to->token_id = xcalloc(n, sizeof *to->token_id);
    to->occurrences = xcalloc(n, sizeof *to->occurrences);
    to->token_text = xcalloc(n, sizeof *to->token_text);
    for (int t = 0; t < sample->n_tokens; t++) {
        if (!marks[t])
            continue;
        int32_t id = sample->ids[t];
        to->position[k] = t;
        to->token_id[k] = id;
        to->occurrences[k] =
            lower_bound(sorted, sample->n_tokens, (int64_t)id + 1) - lower_bound(sorted, sample->n_tokens, id);
        to->token_text[k++] = tokenizer ? tokenizer_token_text(tokenizer, id) : xstrdup("");
    }
    free(sorted);
}

static void fill_sample(struct unit_sample *to, const struct sample *sample, int number,
                        const struct tokenizer *tokenizer, const struct sample_record *record)
{
    uint8_t *marks = xcalloc((size_t)sample->n_tokens, 1);

    to->sample = number;
    to->n_tokens = sample->n_tokens;
    to->truncated = sample->truncated;
    to->templated = sample->templated;
    memcpy(to->fingerprint, sample->fingerprint, SHA256_HEX_SIZE);
    to->n_tokens_recorded = mark_recorded(record, marks);
    fill_tokens(to, sample, tokenizer, marks);
    free(marks);
}

/* ---- the unit ---- */

static char *join_arms(const char *model, const char *prompt_set)
{
    return xasprintf("%s%s%s", model, model[0] && prompt_set[0] ? "," : "", prompt_set);
}

static void fill_info(struct unit_info *info, const struct plan *plan, const struct plan_pipeline *p,
                      const struct collect_facts *facts)
{
    const struct plan_job *job = &plan->jobs[p->job];
    const struct plan_model *model = &plan->models[job->model];
    const struct experiment *e = plan->experiment;
    const struct experiment_prompt_set *set = &e->prompt_sets[job->prompt_set];
    const struct hparams *hparams = &model->model->hparams;

    memcpy(info->identity, p->identity, SHA256_HEX_SIZE);
    info->model = xstrdup(model->entry->label);
    info->family = xstrdup(model->entry->family);
    info->arm = join_arms(model->entry->arm, set->arm);
    info->prompt_set = xstrdup(set->label);
    info->architecture = xstrdup(hparams->architecture);
    info->precision = xstrdup(model->entry->precision == PRECISION_BFLOAT16 ? "bfloat16" : "float32");
    info->model_fingerprint = xstrdup(model->fingerprint);
    info->kernel = xstrdup(facts->kernel);
    info->provenance = xstrdup(facts->provenance);
    info->numerics_version = KERNEL_NUMERICS_VERSION;
    info->n_params = model_parameters(model->model);
    info->n_layers = hparams->n_layers;
    info->n_heads = hparams->n_heads;
    info->n_embd = hparams->n_embd;
    info->layer_begin = p->layer_begin;
    info->layer_end = p->layer_end;
    info->record_full = e->record.rule == RECORD_FULL;
    info->record_cosine = e->record.cosine;
    info->norm_ratio = RECORD_NORM_RATIO;
    info->epsilon = e->detect.epsilon;
    info->n_control = e->record.n_control;
    info->seed = e->seed;
}

/* Every measured layer of every sample, and the final row where the last layer is among them. */
static int check_whole(const struct measurement *measurement, const struct plan_pipeline *p, int n_model_layers,
                       struct error *err)
{
    int n_layers = p->layer_end - p->layer_begin + (p->layer_end == n_model_layers);

    if (measurement->n_samples != p->sample_end - p->sample_begin)
        return fail(err, "the stages measured %d samples, not %d", measurement->n_samples,
                    p->sample_end - p->sample_begin);
    for (int i = 0; i < measurement->n_samples; i++)
        if (measurement->samples[i].n_layers != n_layers)
            return fail(err, "sample %d: the stages measured %d layers, not %d", measurement->samples[i].sample,
                        measurement->samples[i].n_layers, n_layers);
    return 0;
}

int collect_store(const struct plan *plan, int pipeline, struct measurement *measurement,
                  const struct collect_facts *facts, struct error *err)
{
    const struct plan_pipeline *p = &plan->pipelines[pipeline];
    const struct plan_job *job = &plan->jobs[p->job];
    const struct plan_model *model = &plan->models[job->model];
    struct unit unit = {0};

    if (check_whole(measurement, p, model->model->hparams.n_layers, err) != 0) {
        measurement_clear(measurement);
        return -1;
    }
    fill_info(&unit.info, plan, p, facts);
    unit.samples = xcalloc((size_t)measurement->n_samples, sizeof *unit.samples);
    for (int i = 0; i < measurement->n_samples; i++) {
        const struct sample *sample = &job->samples.items[p->sample_begin + i];
        fill_sample(&unit.samples[i], sample, p->sample_begin + i, model->tokenizer, &measurement->samples[i]);
    }
    unit.measurement = *measurement;
    *measurement = (struct measurement){0};
    int rc = store_write(plan->experiment->results, &unit, err);
    unit_clear(&unit);
    return rc;
}
