/* What the master tells the world while it runs. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "run/master_state.h"

const struct plan_pipeline *watch_pipeline(const struct master *master, int index)
{
    return &master->plan->pipelines[master->pipelines[index]];
}

double watch_tokens(const struct master *master, int index)
{
    return (double)plan_pipeline_tokens(master->plan, watch_pipeline(master, index));
}

void watch_init(struct master *master)
{
    struct heartbeat *beat = &master->beat;

    gethostname(beat->host, sizeof beat->host - 1);
    snprintf(beat->state, sizeof beat->state, "running");
    beat->pid = (long)getpid();
    beat->started = (double)time(NULL);
    beat->n_ranks = master->crew.n_ranks;
    beat->total = master->plan->n_pipelines;
    for (int i = 0; i < master->n; i++)
        beat->tokens_total += watch_tokens(master, i);
    master->begun = profile_now();
    master->beaten = -HEARTBEAT_SECONDS;
    progress_init(&master->line, master->begun);
}

static void list_running(struct master *master, double now)
{
    struct heartbeat *beat = &master->beat;

    beat->n_units = 0;
    for (int i = 0; i < master->n && beat->n_units < HEARTBEAT_MAX_RUNNING; i++) {
        if (!schedule_is_running(master->schedule, i))
            continue;
        const struct plan_pipeline *p = watch_pipeline(master, i);
        const struct plan_job *job = &master->plan->jobs[p->job];
        struct heartbeat_unit *unit = &beat->units[beat->n_units++];
        memcpy(unit->identity, p->identity, sizeof unit->identity);
        snprintf(unit->model, sizeof unit->model, "%s", master->plan->models[job->model].entry->label);
        snprintf(unit->prompt_set, sizeof unit->prompt_set, "%s",
                 master->experiment->prompt_sets[job->prompt_set].label);
        unit->sample_begin = p->sample_begin;
        unit->sample_end = p->sample_end;
        unit->n_stages = p->n_stages;
        unit->attempt = master->flights[i].attempt;
        unit->seconds = now - master->flights[i].start;
    }
}

static void count(struct master *master, double now)
{
    struct schedule_counts counts = schedule_counts(master->schedule);
    struct heartbeat *beat = &master->beat;

    beat->stored = master->n_stored_before + counts.done;
    beat->running = counts.running;
    beat->failed = counts.failed;
    beat->waiting = counts.waiting;
    beat->tokens_per_second = now > master->begun ? beat->tokens_done / (now - master->begun) : -1;
    beat->seconds_left = counts.done > 0 ? schedule_seconds_left(master->schedule, now) : -1;
    beat->updated = (double)time(NULL);
}

void watch_beat(struct master *master, const char *state)
{
    double now = profile_now();
    struct error err;

    if (state)
        snprintf(master->beat.state, sizeof master->beat.state, "%s", state);
    if (!state && now - master->beaten < HEARTBEAT_SECONDS && now - master->line.shown < 0.5)
        return;
    count(master, now);
    progress_show(&master->line, &master->beat, now);
    if (!state && now - master->beaten < HEARTBEAT_SECONDS)
        return;
    master->beaten = now;
    list_running(master, now);
    heartbeat_write(master->results, &master->beat, &err); /* that it fails shows in its age */
}

void watch_finish(struct master *master, const char *state)
{
    watch_beat(master, state);
    progress_hide(&master->line);
}

void watch_print_profile(const struct master *master)
{
    struct profile sum = master->own;
    double seconds = profile_now() - master->begun;

    fprintf(stderr, "seconds by rank and phase, of %.1f\n%6s", seconds, "rank");
    for (int p = 0; p < N_PHASES; p++)
        fprintf(stderr, " %15s", phase_name((enum phase)p));
    for (int w = 0; w < master->crew.n_workers; w++) {
        fprintf(stderr, "\n%6d", crew_rank(&master->crew, w));
        for (int p = 0; p < N_PHASES; p++)
            fprintf(stderr, " %15.2f", master->profiles[w].seconds[p]);
        profile_sum(&sum, &master->profiles[w]);
    }
    fprintf(stderr, "\n%6s", "all");
    for (int p = 0; p < N_PHASES; p++)
        fprintf(stderr, " %15.2f", sum.seconds[p]);
    fputc('\n', stderr);
}
