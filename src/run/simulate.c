#include "run/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "grid/plan.h"
#include "run/heap.h"

/* Streams of the generator. */
enum { STREAM_TIME = 1, STREAM_FAILURE, STREAM_LATE };

enum { QUEUE = 2 }; /* stages that a worker is at or has before it, at most */

struct job {             /* one stage on a worker; its end is an event */
    int pipeline, stage; /* pipeline -1: it reports for the first time */
    enum stage_end end;
};

struct simulator {
    const struct schedule_worker *workers;
    const struct schedule_pipeline *pipelines;
    const struct simulation_settings *settings;
    int n_workers, n_pipelines;
    struct schedule *schedule;
    struct heap queue; /* events by time; an event's identifier is an index into jobs */
    struct job *jobs;  /* (n_workers, QUEUE) */
    double *free_from; /* (n_workers) when its last stage ends */
    int *holds;        /* (n_workers) model, -1 */
    struct simulation *result;
};

static double processor_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Time that each stage computes. */
static double true_seconds(const struct simulator *sim, const struct schedule_start *start)
{
    const struct schedule_pipeline *p = &sim->pipelines[start->pipeline];
    uint64_t counter = (uint64_t)start->pipeline * 64 + (uint64_t)start->attempt;
    double u = random_uniform(sim->settings->seed, STREAM_TIME, counter), slowest = INFINITY;

    for (int s = 0; s < start->n_stages; s++)
        slowest = fmin(slowest, sim->workers[start->workers[s]].speed);
    return p->cost / p->n_stages / slowest * sim->settings->seconds_per_cost *
           (1 + sim->settings->jitter * (2 * u - 1));
}

static void note_start(struct simulator *sim, const struct schedule_start *start, double now)
{
    struct simulation *result = sim->result;
    int model = sim->pipelines[start->pipeline].model;

    result->n_starts++;
    for (int s = 0; s < start->n_stages; s++) {
        int worker = start->workers[s];
        result->n_kept += sim->holds[worker] == model;
        result->n_nodes += s == 0 || sim->workers[worker].node != sim->workers[start->workers[s - 1]].node;
        sim->holds[worker] = model;
    }
    if (sim->settings->see_start)
        sim->settings->see_start(sim->settings->context, start, now);
}

static enum stage_end draw_end(const struct simulator *sim, const struct schedule_start *start, int stage)
{
    uint64_t attempt = (uint64_t)start->pipeline * 64 + (uint64_t)start->attempt;
    uint64_t counter = attempt * SCHEDULE_MAX_STAGES + (uint64_t)stage;

    return random_uniform(sim->settings->seed, STREAM_FAILURE, counter) < sim->settings->failure_rate ? STAGE_END_FAILED
                                                                                                      : STAGE_END_OK;
}

static void push_job(struct simulator *sim, int worker, struct job job, double end)
{
    int slot = worker * QUEUE;

    if (sim->queue.place[slot] >= 0)
        slot++;
    sim->jobs[slot] = job;
    sim->free_from[worker] = end;
    heap_push(&sim->queue, slot, end);
}

/* A stage begins when its worker is free, and ends no earlier than a chunk after the one before it. */
static void start_pipeline(struct simulator *sim, const struct schedule_start *start, double now)
{
    double seconds = true_seconds(sim, start), before = 0;
    int n_chunks = sim->settings->n_chunks;

    note_start(sim, start, now);
    sim->result->work += seconds * start->n_stages;
    for (int s = 0; s < start->n_stages; s++) {
        int worker = start->workers[s];
        double end = fmax(now, sim->free_from[worker]) + seconds;
        if (s > 0 && n_chunks > 0)
            end = fmax(end, before + seconds / n_chunks);
        before = end;
        push_job(sim, worker, (struct job){start->pipeline, s, draw_end(sim, start, s)}, end);
    }
}

static void dispatch(struct simulator *sim, double now)
{
    struct schedule_start start;

    while (schedule_next(sim->schedule, now, &start))
        start_pipeline(sim, &start, now);
}

static void take_event(struct simulator *sim, int slot, double now)
{
    const struct job *job = &sim->jobs[slot];

    sim->result->n_events++;
    if (job->pipeline < 0) {
        schedule_worker_free(sim->schedule, slot / QUEUE);
        return;
    }
    if (schedule_stage_end(sim->schedule, job->pipeline, job->stage, job->end, now) == VERDICT_MEASURED)
        schedule_stored(sim->schedule, job->pipeline, true);
}

static void run(struct simulator *sim)
{
    double now = 0, begin = processor_seconds();

    dispatch(sim, now);
    while (!schedule_over(sim->schedule, now)) {
        int slot = heap_pop(&sim->queue);
        if (slot < 0) {
            log_error("the schedule stands still: %d pipelines wait and nothing runs",
                      schedule_counts(sim->schedule).waiting);
            abort();
        }
        now = sim->queue.key[slot];
        take_event(sim, slot, now);
        if (sim->result->n_events >= sim->n_workers || sim->settings->late > 0) /* the master waits for all */
            dispatch(sim, now);
    }
    sim->result->makespan = now;
    sim->result->host_seconds = processor_seconds() - begin;
}

/* Work that needs a worker of at least `bytes`, over all such workers. */
static double bound_at(const struct simulator *sim, uint64_t bytes)
{
    double cost = 0, speed = 0;

    for (int i = 0; i < sim->n_workers; i++)
        speed += sim->workers[i].bytes >= bytes ? sim->workers[i].speed : 0;
    for (int i = 0; i < sim->n_pipelines; i++)
        if (sim->pipelines[i].stage_bytes >= bytes && !schedule_impossible(sim->schedule, i))
            cost += sim->pipelines[i].cost;
    return speed > 0 ? cost / speed : 0;
}

static void set_bounds(const struct simulator *sim)
{
    struct simulation *result = sim->result;
    double fastest = 0, longest = 0, total = bound_at(sim, 0);
    uint64_t most = 0;

    for (int i = 0; i < sim->n_workers; i++)
        fastest = fmax(fastest, sim->workers[i].speed);
    for (int i = 0; i < sim->n_pipelines; i++) {
        if (schedule_impossible(sim->schedule, i))
            continue;
        longest = fmax(longest, sim->pipelines[i].cost / sim->pipelines[i].n_stages);
        if (sim->pipelines[i].stage_bytes > most)
            most = sim->pipelines[i].stage_bytes;
    }
    total = fmax(total, bound_at(sim, most));
    result->total_bound = total * sim->settings->seconds_per_cost;
    result->longest = longest / fastest * sim->settings->seconds_per_cost;
    result->bound = fmax(result->total_bound, result->longest);
}

static void set_counts(const struct simulator *sim)
{
    struct schedule_counts counts = schedule_counts(sim->schedule);
    struct simulation *result = sim->result;

    for (int i = 0; i < sim->n_pipelines; i++)
        result->n_impossible += schedule_impossible(sim->schedule, i);
    result->n_done = counts.done;
    result->n_failed = counts.failed - result->n_impossible;
    result->utilization = result->makespan > 0 ? result->work / (sim->n_workers * result->makespan) : 1;
}

void simulate(const struct schedule_worker *workers, int n_workers, const struct schedule_pipeline *pipelines,
              int n_pipelines, const struct simulation_settings *settings, struct simulation *result)
{
    struct schedule_settings rules = {.max_attempts = settings->max_attempts > 0 ? settings->max_attempts : 1,
                                      .seconds_per_cost =
                                          settings->guess > 0 ? settings->guess : settings->seconds_per_cost};
    struct simulator sim = {workers, pipelines, settings, n_workers, n_pipelines, .result = result};

    memset(result, 0, sizeof *result);
    sim.schedule = schedule_create(workers, n_workers, pipelines, n_pipelines, &rules);
    sim.jobs = xcalloc((size_t)n_workers, QUEUE * sizeof *sim.jobs);
    sim.free_from = xcalloc((size_t)n_workers, sizeof *sim.free_from);
    sim.holds = xcalloc((size_t)n_workers, sizeof *sim.holds);
    heap_init(&sim.queue, n_workers * QUEUE);
    for (int i = 0; i < n_workers; i++) {
        sim.holds[i] = -1;
        push_job(&sim, i, (struct job){.pipeline = -1},
                 settings->late * random_uniform(settings->seed, STREAM_LATE, (uint64_t)i));
    }
    run(&sim);
    set_bounds(&sim);
    set_counts(&sim);
    heap_clear(&sim.queue);
    free(sim.holds);
    free(sim.free_from);
    free(sim.jobs);
    schedule_destroy(sim.schedule);
}

void simulate_plan(const struct plan *plan, int n_ranks, int ranks_per_node, double flop_rate,
                   struct simulation *result)
{
    int n_workers = n_ranks > 1 ? n_ranks - 1 : 1;
    struct schedule_worker *workers = xcalloc((size_t)n_workers, sizeof *workers);
    struct schedule_pipeline *pipelines = xcalloc((size_t)plan->n_pipelines, sizeof *pipelines);
    struct simulation_settings settings = {.seconds_per_cost = 1 / flop_rate, .seed = 1};

    for (int i = 0; i < n_workers; i++) /* rank i + 1 where rank 0 schedules */
        workers[i] =
            (struct schedule_worker){.node = (i + (n_ranks > 1)) / (ranks_per_node > 0 ? ranks_per_node : n_ranks),
                                     .bytes = UINT64_MAX,
                                     .speed = 1};
    for (int i = 0; i < plan->n_pipelines; i++) {
        const struct plan_pipeline *p = &plan->pipelines[i];
        pipelines[i] = (struct schedule_pipeline){p->n_stages, p->stage_bytes, plan->jobs[p->job].model, p->flop};
    }
    simulate(workers, n_workers, pipelines, plan->n_pipelines, &settings, result);
    free(pipelines);
    free(workers);
}
