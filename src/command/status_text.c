#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/human.h"
#include "base/json.h"
#include "base/memory.h"
#include "command/status_report.h"

/* Lines per (model, prompt set): those of a job follow each other in the list. */
struct job_line {
    const struct manifest_entry *first;
    int n, count[N_PIPELINE_STATES];
};

static struct job_line *lines_of(const struct status_report *report, int *n_lines)
{
    struct job_line *lines = xcalloc((size_t)report->manifest.n_entries, sizeof *lines);
    int n = 0;

    for (int i = 0; i < report->manifest.n_entries; i++) {
        const struct manifest_entry *entry = &report->manifest.entries[i];
        if (n == 0 || strcmp(lines[n - 1].first->model, entry->model) != 0 ||
            strcmp(lines[n - 1].first->prompt_set, entry->prompt_set) != 0)
            lines[n++].first = entry;
        lines[n - 1].n++;
        lines[n - 1].count[report->states[i]]++;
    }
    *n_lines = n;
    return lines;
}

/* ---- for people ---- */

static void print_run(const struct status_report *report)
{
    const struct heartbeat *heartbeat = &report->heartbeat;
    char age[HUMAN_SIZE], since[HUMAN_SIZE];

    if (!report->has_heartbeat) {
        printf("run            none has left a sign of life\n");
        return;
    }
    printf("run            %s on %s, process %ld, %d rank%s, for %s; last sign of life %s ago%s\n", heartbeat->state,
           heartbeat->host, heartbeat->pid, heartbeat->n_ranks, heartbeat->n_ranks == 1 ? "" : "s",
           human_seconds(since, heartbeat->updated - heartbeat->started), human_seconds(age, report->age),
           !report->is_alive && strcmp(heartbeat->state, "running") == 0 ? ": it seems to be dead" : "");
}

static void print_progress(const struct status_report *report)
{
    enum { WIDTH = 40 };
    double share = report->flop_total > 0 ? report->flop_done / report->flop_total : 0;
    char left[HUMAN_SIZE], bar[WIDTH + 1];
    int filled = (int)(share * WIDTH);

    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    printf("pipelines      %d: %d done, %d running, %d failed, %d missing\n", report->manifest.n_entries,
           report->count[PIPELINE_DONE], report->count[PIPELINE_RUNNING], report->count[PIPELINE_FAILED],
           report->count[PIPELINE_MISSING]);
    printf("work           [%s] %.1f %%\n", bar, 100 * share);
    if (report->seconds_left >= 0)
        printf("time left      %s\n", human_seconds(left, report->seconds_left));
    if (report->n_foreign > 0)
        printf(
            "others         %d unit files belong to other models, prompts or settings: `sinkgrid clean` lists them\n",
            report->n_foreign);
}

static void print_jobs(const struct status_report *report)
{
    int n_lines;
    struct job_line *lines = lines_of(report, &n_lines);

    printf("\n  %-32s %-24s %10s %7s %6s %6s %7s\n", "model", "prompt set", "pipelines", "done", "run", "failed",
           "missing");
    for (int i = 0; i < n_lines; i++)
        printf("  %-32s %-24s %10d %7d %6d %6d %7d\n", lines[i].first->model, lines[i].first->prompt_set, lines[i].n,
               lines[i].count[PIPELINE_DONE], lines[i].count[PIPELINE_RUNNING], lines[i].count[PIPELINE_FAILED],
               lines[i].count[PIPELINE_MISSING]);
    free(lines);
}

/* The record's lines, as `run` wrote them: what failed, then each attempt with rank, host and reason. */
static void print_failures(const struct status_report *report)
{
    for (int i = 0; i < report->manifest.n_entries; i++) {
        if (!report->failures[i])
            continue;
        printf("\nfailed\n");
        for (const char *line = report->failures[i]; *line;) {
            size_t length = strcspn(line, "\n");
            printf("  %.*s\n", (int)length, line);
            line += length + (line[length] == '\n');
        }
    }
    if (report->count[PIPELINE_FAILED] > STATUS_MAX_TEXTS)
        printf("\n... and %d more: %s/failed/\n", report->count[PIPELINE_FAILED] - STATUS_MAX_TEXTS, report->results);
}

void status_print_text(const struct status_report *report)
{
    printf("results        %s\n", report->results);
    print_run(report);
    print_progress(report);
    print_jobs(report);
    print_failures(report);
}

/* ---- for programs ---- */

static json_t *json_heartbeat(const struct status_report *report)
{
    const struct heartbeat *h = &report->heartbeat;

    if (!report->has_heartbeat)
        return json_null();
    return json_pack("{s:s, s:b, s:s, s:I, s:i, s:f, s:f, s:f, s:f}", "state", h->state, "alive", report->is_alive,
                     "host", h->host, "pid", (json_int_t)h->pid, "ranks", h->n_ranks, "started", h->started, "updated",
                     h->updated, "age", report->age, "tokens_per_second", h->tokens_per_second);
}

static json_t *json_pipelines(const struct status_report *report)
{
    json_t *list = json_array();

    for (int i = 0; i < report->manifest.n_entries; i++) {
        const struct manifest_entry *e = &report->manifest.entries[i];
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:s, s:[i,i], s:[i,i]}", "identity", e->identity, "state",
                      pipeline_state_names[report->states[i]], "model", e->model, "prompt_set", e->prompt_set,
                      "samples", e->sample_begin, e->sample_end, "layers", e->layer_begin, e->layer_end);
        if (report->failures[i])
            json_object_set_new(object, "error", json_string(report->failures[i]));
        json_array_append_new(list, object);
    }
    return list;
}

void status_print_json(const struct status_report *report)
{
    json_t *object =
        json_pack("{s:s, s:i, s:f, s:f, s:i}", "results", report->results, "total", report->manifest.n_entries,
                  "flop_done", report->flop_done, "flop_total", report->flop_total, "foreign", report->n_foreign);

    for (int s = 0; s < N_PIPELINE_STATES; s++)
        json_object_set_new(object, pipeline_state_names[s], json_integer(report->count[s]));
    json_object_set_new(object, "seconds_left",
                        report->seconds_left >= 0 ? json_real(report->seconds_left) : json_null());
    json_object_set_new(object, "run", json_heartbeat(report));
    json_object_set_new(object, "pipelines", json_pipelines(report));
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}
