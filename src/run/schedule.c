#include "run/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/schedule_state.h"

/* ---- creation ---- */

static void wait_again(struct schedule *schedule, int pipeline)
{
    schedule->progress[pipeline].state = WAITING;
    schedule->counts.waiting++;
    schedule->waiting_cost[schedule->level[pipeline]] += schedule->pipelines[pipeline].cost;
    pending_add(&schedule->pending, pipeline);
}

static void settle(struct schedule *schedule, int pipeline)
{
    const struct schedule_pipeline *p = &schedule->pipelines[pipeline];
    int level = schedule->level[pipeline];

    schedule->progress[pipeline].failed_node = schedule->progress[pipeline].successor = -1;
    if (level < pool_levels(schedule->pool) && pool_total_count(schedule->pool, level) >= p->n_stages) {
        wait_again(schedule, pipeline);
        return;
    }
    schedule->progress[pipeline].state = FAILED;
    schedule->counts.failed++;
}

struct schedule *schedule_create(const struct schedule_worker *workers, int n_workers,
                                 const struct schedule_pipeline *pipelines, int n_pipelines,
                                 const struct schedule_settings *settings)
{
    struct schedule *schedule = xcalloc(1, sizeof *schedule);
    size_t n = (size_t)n_pipelines;

    schedule->settings = *settings;
    schedule->n_workers = n_workers;
    schedule->n_pipelines = n_pipelines;
    schedule->pipelines = xcalloc(n, sizeof *schedule->pipelines);
    if (n > 0)
        memcpy(schedule->pipelines, pipelines, n * sizeof *pipelines);
    schedule->level = xcalloc(n, sizeof *schedule->level);
    schedule->progress = xcalloc(n, sizeof *schedule->progress);
    schedule->pool = pool_create(workers, n_workers);
    schedule->reservation.pipeline = schedule->last_free = schedule->first_ended = -1;
    schedule->deadline = INFINITY;
    for (int i = 0; i < n_pipelines; i++) {
        assert(pipelines[i].n_stages >= 1 && pipelines[i].n_stages <= SCHEDULE_MAX_STAGES);
        schedule->level[i] = pool_level_for(schedule->pool, pipelines[i].stage_bytes);
    }
    /* One level more than there are: that of the impossible ones, which are never added. */
    pending_init(&schedule->pending, schedule->pipelines, n_pipelines, schedule->level,
                 pool_levels(schedule->pool) + 1);
    for (int l = 0; l < pool_levels(schedule->pool); l++)
        heap_init(&schedule->ends[l], n_pipelines);
    for (int i = 0; i < n_pipelines; i++)
        settle(schedule, i);
    return schedule;
}

void schedule_destroy(struct schedule *schedule)
{
    if (!schedule)
        return;
    for (int l = 0; l < MAX_LEVELS; l++)
        heap_clear(&schedule->ends[l]);
    for (int i = 0; i < schedule->n_pipelines; i++) {
        free(schedule->progress[i].workers);
        free(schedule->progress[i].ended);
    }
    pending_clear(&schedule->pending);
    pool_destroy(schedule->pool);
    free(schedule->pipelines);
    free(schedule->level);
    free(schedule->progress);
    free(schedule);
}

bool schedule_impossible(const struct schedule *schedule, int pipeline)
{
    const struct progress *progress = &schedule->progress[pipeline];

    return progress->state == FAILED && progress->attempts == 0;
}

/* ---- decisions ---- */

/* Workers for a pipeline: free ones, or those of the pipeline that it follows. */
static void find_workers(struct schedule *schedule, struct choice choice, int *workers)
{
    const struct schedule_pipeline *p = &schedule->pipelines[choice.pipeline];
    int near = schedule->last_free < 0 ? -1 : pool_node(schedule->pool, schedule->last_free);

    if (choice.after < 0) {
        const struct pool_request request = {.n = p->n_stages,
                                             .level = schedule->level[choice.pipeline],
                                             .level_end = choice.level_end,
                                             .model = p->model,
                                             .near = near,
                                             .avoid = schedule->progress[choice.pipeline].failed_node};
        pool_take(schedule->pool, &request, workers);
        return;
    }
    struct progress *before = &schedule->progress[choice.after];
    memcpy(workers, before->workers, (size_t)p->n_stages * sizeof *workers);
    for (int s = 0; s < p->n_stages; s++)
        if (before->ended[s])
            pool_claim(schedule->pool, workers[s]);
    before->successor = choice.pipeline;
    heap_remove(&schedule->ends[before->level], choice.after); /* it frees nobody */
}

/* A gang is as fast and as large as its weakest worker. */
static void note_workers(struct schedule *schedule, int pipeline, const int *workers)
{
    struct progress *progress = &schedule->progress[pipeline];
    int n_stages = schedule->pipelines[pipeline].n_stages;

    progress->workers = xcalloc((size_t)n_stages, sizeof *progress->workers);
    progress->ended = xcalloc((size_t)n_stages, sizeof *progress->ended);
    memcpy(progress->workers, workers, (size_t)n_stages * sizeof *workers);
    progress->speed = INFINITY;
    progress->level = MAX_LEVELS;
    for (int s = 0; s < n_stages; s++) {
        progress->speed = fmin(progress->speed, pool_speed(schedule->pool, workers[s]));
        if (pool_level(schedule->pool, workers[s]) < progress->level)
            progress->level = pool_level(schedule->pool, workers[s]);
    }
}

static void begin(struct schedule *schedule, struct choice choice, double now, struct schedule_start *start)
{
    int pipeline = choice.pipeline;
    const struct schedule_pipeline *p = &schedule->pipelines[pipeline];
    struct progress *progress = &schedule->progress[pipeline];

    *start = (struct schedule_start){.pipeline = pipeline, .attempt = progress->attempts + 1, .n_stages = p->n_stages};
    pending_take(&schedule->pending, pipeline);
    if (schedule->reservation.pipeline == pipeline)
        schedule->reservation.pipeline = -1;
    schedule->counts.waiting--;
    schedule->counts.running++;
    schedule->waiting_cost[schedule->level[pipeline]] -= p->cost;
    find_workers(schedule, choice, start->workers);
    note_workers(schedule, pipeline, start->workers);
    progress->state = RUNNING;
    progress->attempts++;
    progress->stages_left = p->n_stages;
    progress->failed = progress->dropped = false;
    progress->predecessor = choice.after;
    progress->successor = -1;
    progress->start = now;
    heap_push(&schedule->ends[progress->level], pipeline, schedule_expected_end(schedule, pipeline));
}

bool schedule_next(struct schedule *schedule, double now, struct schedule_start *start)
{
    if (schedule->stopped || pool_free_count(schedule->pool, 0) == 0)
        return false;
    struct choice choice = choice_make(schedule, now);
    if (choice.pipeline < 0)
        return false;
    begin(schedule, choice, now, start);
    return true;
}

/* ---- events ---- */

void schedule_worker_free(struct schedule *schedule, int worker)
{
    pool_release(schedule->pool, worker);
    schedule->last_free = worker;
}

static enum schedule_verdict fail_attempt(struct schedule *schedule, int pipeline)
{
    struct progress *progress = &schedule->progress[pipeline];

    schedule->counts.running--;
    if (progress->attempts < schedule->settings.max_attempts) {
        wait_again(schedule, pipeline);
        return VERDICT_RETRY;
    }
    progress->state = FAILED;
    schedule->counts.failed++;
    if (schedule->settings.fail_fast)
        schedule_stop(schedule);
    return VERDICT_FAILED;
}

static enum schedule_verdict drop(struct schedule *schedule, int pipeline)
{
    schedule->progress[pipeline].state = DROPPED;
    schedule->counts.running--;
    schedule->counts.waiting++;
    return VERDICT_DROPPED;
}

static void learn(struct schedule *schedule, int pipeline, double now)
{
    const struct progress *progress = &schedule->progress[pipeline];

    schedule->seen_seconds += now - progress->start;
    schedule->seen_cost += pending_time(&schedule->pipelines[pipeline]) / progress->speed;
}

static void end_stage(struct schedule *schedule, int pipeline, int stage, enum stage_end end)
{
    struct progress *progress = &schedule->progress[pipeline];
    int worker = progress->workers[stage];

    assert(progress->state == RUNNING && !progress->ended[stage]);
    progress->ended[stage] = true;
    progress->stages_left--;
    if (progress->successor < 0)
        schedule_worker_free(schedule, worker);
    if (end == STAGE_END_FAILED) {
        progress->failed = true;
        progress->failed_node = pool_node(schedule->pool, worker);
    }
    progress->dropped |= end == STAGE_END_DROPPED;
    if (stage == 0 && progress->stages_left > 0)
        schedule->first_ended = pipeline;
}

enum schedule_verdict schedule_stage_end(struct schedule *schedule, int pipeline, int stage, enum stage_end end,
                                         double now)
{
    struct progress *progress = &schedule->progress[pipeline];

    end_stage(schedule, pipeline, stage, end);
    if (progress->stages_left > 0)
        return VERDICT_RUNNING;
    heap_remove(&schedule->ends[progress->level], pipeline);
    free(progress->workers);
    free(progress->ended);
    progress->workers = NULL;
    progress->ended = NULL;
    if (progress->dropped && schedule->stopped)
        return drop(schedule, pipeline);
    if (progress->failed || progress->dropped)
        return fail_attempt(schedule, pipeline);
    learn(schedule, pipeline, now);
    progress->state = MEASURED;
    return VERDICT_MEASURED;
}

enum schedule_verdict schedule_stored(struct schedule *schedule, int pipeline, bool ok)
{
    struct progress *progress = &schedule->progress[pipeline];

    assert(progress->state == MEASURED);
    if (!ok)
        return fail_attempt(schedule, pipeline);
    progress->state = DONE;
    schedule->counts.running--;
    schedule->counts.done++;
    return VERDICT_DONE;
}

void schedule_stop(struct schedule *schedule)
{
    schedule->stopped = true;
}

void schedule_set_deadline(struct schedule *schedule, double end)
{
    schedule->deadline = end;
}

/* ---- what is known ---- */

bool schedule_over(const struct schedule *schedule, double now)
{
    if (schedule->counts.running > 0)
        return false;
    return schedule->stopped || schedule->counts.waiting == 0 || choice_head(schedule, now) < 0;
}

struct schedule_counts schedule_counts(const struct schedule *schedule)
{
    return schedule->counts;
}

bool schedule_is_running(const struct schedule *schedule, int pipeline)
{
    return schedule->progress[pipeline].state == RUNNING;
}

int schedule_attempt(const struct schedule *schedule, int pipeline)
{
    return schedule->progress[pipeline].attempts;
}

double schedule_expected_end(const struct schedule *schedule, int pipeline)
{
    const struct progress *progress = &schedule->progress[pipeline];

    return progress->start + choice_seconds(schedule, pipeline) / progress->speed;
}

double schedule_seconds_left(const struct schedule *schedule, double now)
{
    double work = choice_waiting_cost(schedule) * choice_seconds_per_cost(schedule) / pool_total_speed(schedule->pool);
    int longest = choice_first(schedule), ids[SCHEDULE_MAX_STAGES];
    double least = longest < 0 ? 0 : choice_seconds(schedule, longest);
    double running = 0;

    for (int l = 0; l < pool_levels(schedule->pool); l++) {
        int n = heap_least(&schedule->ends[l], SCHEDULE_MAX_STAGES, ids);
        for (int i = 0; i < n; i++) {
            double left = fmax(0, schedule_expected_end(schedule, ids[i]) - now);
            running += left * schedule->pipelines[ids[i]].n_stages;
            least = fmax(least, left);
        }
    }
    return fmax(work + running / schedule->n_workers, least);
}
