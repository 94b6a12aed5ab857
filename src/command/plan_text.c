#include "command/plan_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/human.h"
#include "base/json.h"
#include "base/memory.h"

/* Sums over the pipelines of a plan or of one job. */
struct totals {
    int n_pipelines, n_units, deepest;
    int n_samples, n_truncated;
    int64_t n_tokens;
    double flop;
    uint64_t stage_bytes, full_bytes, candidate_bytes;
    const struct plan_pipeline *largest; /* by stage_bytes */
};

static void add_pipeline(struct totals *totals, const struct plan *plan, int i)
{
    const struct plan_pipeline *p = &plan->pipelines[i];

    totals->n_pipelines++;
    totals->n_units += p->n_stages;
    totals->deepest = p->n_stages > totals->deepest ? p->n_stages : totals->deepest;
    totals->flop += p->flop;
    totals->full_bytes += plan_store_bytes(plan, i, RECORD_FULL);
    totals->candidate_bytes += plan_store_bytes(plan, i, RECORD_CANDIDATES);
    if (!totals->largest || p->stage_bytes > totals->largest->stage_bytes)
        totals->largest = p;
    totals->stage_bytes = totals->largest->stage_bytes;
}

static void add_samples(struct totals *totals, const struct samples *samples)
{
    totals->n_samples += samples->n;
    for (int i = 0; i < samples->n; i++) {
        totals->n_tokens += samples->items[i].n_tokens;
        totals->n_truncated += samples->items[i].truncated;
    }
}

/* A pipeline that runs alone: its stages work at the same time, but for filling. */
static double pipeline_seconds(const struct plan_report *report, const struct plan_pipeline *p)
{
    return p->flop / (report->rank_flop_rate * p->n_stages);
}

static struct totals *total_by_job(const struct plan_report *report, struct totals *all)
{
    const struct plan *plan = report->plan;
    struct totals *jobs = xcalloc((size_t)plan->n_jobs, sizeof *jobs);

    for (int j = 0; j < plan->n_jobs; j++) {
        add_samples(&jobs[j], &plan->jobs[j].samples);
        add_samples(all, &plan->jobs[j].samples);
    }
    for (int i = 0; i < plan->n_pipelines; i++) {
        add_pipeline(&jobs[plan->pipelines[i].job], plan, i);
        add_pipeline(all, plan, i);
    }
    return jobs;
}

int plan_report_deepest(const struct plan *plan)
{
    int deepest = 1;

    for (int i = 0; i < plan->n_pipelines; i++)
        deepest = plan->pipelines[i].n_stages > deepest ? plan->pipelines[i].n_stages : deepest;
    return deepest;
}

/* ---- for people ---- */

static const char *model_label(const struct plan *plan, const struct plan_job *job)
{
    return plan->models[job->model].entry->label;
}

static const char *prompt_label(const struct plan *plan, const struct plan_job *job)
{
    return plan->experiment->prompt_sets[job->prompt_set].label;
}

static void print_cuts(const struct plan_pipeline *p)
{
    for (int s = 0; s < p->n_stages; s++)
        printf("%s%d", s ? "+" : "", p->cut[s + 1] - p->cut[s]);
}

static void print_jobs(const struct plan_report *report, const struct totals *jobs)
{
    const struct plan *plan = report->plan;
    char bytes[HUMAN_SIZE], tokens[HUMAN_SIZE], seconds[HUMAN_SIZE];

    printf("\n  %-28s %-20s %7s %8s %9s %6s %11s %9s  %s\n", "model", "prompt set", "samples", "tokens", "pipelines",
           "stages", "memory/rank", "rank time", "layers a stage");
    for (int j = 0; j < plan->n_jobs; j++) {
        printf("  %-28s %-20s %7d %8s %9d %6d %11s %9s  ", model_label(plan, &plan->jobs[j]),
               prompt_label(plan, &plan->jobs[j]), jobs[j].n_samples, human_count(tokens, (double)jobs[j].n_tokens),
               jobs[j].n_pipelines, jobs[j].deepest, human_bytes(bytes, (double)jobs[j].stage_bytes),
               human_seconds(seconds, jobs[j].flop / report->rank_flop_rate));
        print_cuts(jobs[j].largest);
        printf("\n");
    }
    printf("\n");
}

static void print_time(const struct plan_report *report)
{
    char time[HUMAN_SIZE];

    printf("time           %s on %d rank%s", human_seconds(time, report->simulation.makespan), report->n_ranks,
           report->n_ranks > 1 ? "s, rank 0 only schedules\n" : "\n");
    if (report->simulation.n_impossible > 0)
        printf("               %d pipelines can never start on these ranks\n", report->simulation.n_impossible);
}

static void print_simulation(const struct plan_report *report, int n_units)
{
    const struct simulation *s = &report->simulation;
    char bound[HUMAN_SIZE], longest[HUMAN_SIZE];

    printf("simulated      utilization %.1f %%; at least %s, the longest pipeline %s; %.0f %% of the units start where "
           "their model is\n",
           100 * s->utilization, human_seconds(bound, s->bound), human_seconds(longest, s->longest),
           100.0 * (double)s->n_kept / n_units);
}

void plan_print_text(const struct plan_report *report)
{
    const struct experiment *experiment = report->experiment;
    const struct plan *plan = report->plan;
    struct totals all = {0};
    struct totals *jobs = total_by_job(report, &all);
    char a[HUMAN_SIZE], b[HUMAN_SIZE];

    printf("experiment     %s (%s)\nresults        %s\n", experiment->name, experiment->file, experiment->results);
    printf("grid           %d x %d models and prompt sets, arms counted, %d pairs kept; %d samples, %s tokens\n",
           experiment->n_models, experiment->n_prompt_sets, plan->n_jobs, all.n_samples,
           human_count(a, (double)all.n_tokens));
    if (all.n_truncated > 0)
        printf("               %d samples are cut at max_tokens\n", all.n_truncated);
    printf("pipelines      %d of up to %d samples, %d units\n", all.n_pipelines, experiment->pipeline.shard,
           all.n_units);
    print_jobs(report, jobs);
    printf("memory         up to %s a rank%s\n", human_bytes(a, (double)all.stage_bytes),
           report->rank_bytes ? "" : " (--memory states what one has)");
    printf("to store       %s with record = \"candidates\"%s, %s with \"full\"%s; values are not compressed\n",
           human_bytes(a, (double)all.candidate_bytes), experiment->record.rule == RECORD_CANDIDATES ? " (chosen)" : "",
           human_bytes(b, (double)all.full_bytes), experiment->record.rule == RECORD_FULL ? " (chosen)" : "");
    printf("work           %sFLOP at %.3g GFLOP/s a rank (%s)\n", human_count(a, all.flop),
           report->rank_flop_rate / 1e9,
           report->is_measured ? "three quarters of what a matrix product reaches here" : "--gflops");
    print_time(report);
    if (report->is_simulated)
        print_simulation(report, all.n_units);
    free(jobs);
}

/* ---- for programs ---- */

static json_t *json_cut(const struct plan_pipeline *p)
{
    json_t *cut = json_array();

    for (int s = 0; s <= p->n_stages; s++)
        json_array_append_new(cut, json_integer(p->cut[s]));
    return cut;
}

static json_t *json_pipelines(const struct plan_report *report)
{
    const struct plan *plan = report->plan;
    json_t *list = json_array();

    for (int i = 0; i < plan->n_pipelines; i++) {
        const struct plan_pipeline *p = &plan->pipelines[i];
        const struct plan_job *job = &plan->jobs[p->job];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:[i,i], s:[i,i], s:i, s:o, s:i, s:f, s:I, s:f}",
                                              "identity", p->identity, "model", model_label(plan, job), "prompt_set",
                                              prompt_label(plan, job), "samples", p->sample_begin, p->sample_end,
                                              "measured", p->layer_begin, p->layer_end, "stages", p->n_stages, "cut",
                                              json_cut(p), "chunk", p->chunk_tokens, "flop", p->flop, "stage_bytes",
                                              (json_int_t)p->stage_bytes, "seconds", pipeline_seconds(report, p)));
    }
    return list;
}

static json_t *json_jobs(const struct plan_report *report, const struct totals *jobs)
{
    const struct plan *plan = report->plan;
    json_t *list = json_array();

    for (int j = 0; j < plan->n_jobs; j++) {
        const struct plan_model *model = &plan->models[plan->jobs[j].model];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:i, s:I, s:i, s:i, s:f, s:I}", "model",
                            model_label(plan, &plan->jobs[j]), "family", model->entry->family, "fingerprint",
                            model->fingerprint, "prompt_set", prompt_label(plan, &plan->jobs[j]), "parameters",
                            (json_int_t)model_parameters(model->model), "layers", model->model->hparams.n_layers,
                            "samples", jobs[j].n_samples, "truncated", jobs[j].n_truncated, "tokens",
                            (json_int_t)jobs[j].n_tokens, "pipelines", jobs[j].n_pipelines, "stages", jobs[j].deepest,
                            "flop", jobs[j].flop, "stage_bytes", (json_int_t)jobs[j].stage_bytes));
    }
    return list;
}

static json_t *json_simulation(const struct plan_report *report)
{
    const struct simulation *s = &report->simulation;

    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:i, s:i}", "ranks", report->n_ranks, "seconds", s->makespan, "bound",
                     s->bound, "longest", s->longest, "utilization", s->utilization, "done", s->n_done, "impossible",
                     s->n_impossible);
}

void plan_print_json(const struct plan_report *report)
{
    const struct experiment *experiment = report->experiment;
    const char *record = experiment->record.rule == RECORD_FULL ? "full" : "candidates";
    struct totals all = {0};
    struct totals *jobs = total_by_job(report, &all);
    json_t *object = json_pack("{s:s, s:s, s:i, s:i, s:I, s:f, s:I}", "experiment", experiment->name, "results",
                               experiment->results, "pipelines_total", all.n_pipelines, "units", all.n_units, "tokens",
                               (json_int_t)all.n_tokens, "flop", all.flop, "stage_bytes", (json_int_t)all.stage_bytes);
    json_t *more = json_pack("{s:I, s:I, s:s, s:i, s:i, s:I, s:f, s:b, s:o, s:o, s:o}", "store_bytes_candidates",
                             (json_int_t)all.candidate_bytes, "store_bytes_full", (json_int_t)all.full_bytes, "record",
                             record, "workers", report->n_workers, "threads", report->threads, "rank_bytes",
                             (json_int_t)report->rank_bytes, "rank_flop_rate", report->rank_flop_rate,
                             "rate_is_measured", report->is_measured, "simulation", json_simulation(report), "jobs",
                             json_jobs(report, jobs), "pipelines", json_pipelines(report));

    json_object_update(object, more);
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(more);
    json_decref(object);
    free(jobs);
}
