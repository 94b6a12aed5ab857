/* What the master costs: processor time a unit of the schedule alone (simulated, 4096
 * ranks), and, under mpirun, of schedule and messages together with workers that
 * answer at once. Stated limit: 1 ms a unit. Usage: [mpirun -n N] tests/bench/master */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/random.h"
#include "run/message.h"
#include "run/schedule.h"
#include "run/simulate.h"

enum { N_UNITS = 10000, N_RANKS = 4096, N_MESSAGE_UNITS = 2000, N_TOKENS = 4000, RESULT_BYTES = 200 << 10 };
static const double LIMIT_MS = 1;

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int report(const char *what, int n_units, double seconds)
{
    double ms = 1e3 * seconds / n_units;

    printf("%-46s %6d units %9.4f ms a unit, %.3f of the limit of %g ms\n", what, n_units, ms, ms / LIMIT_MS, LIMIT_MS);
    return ms > LIMIT_MS;
}

/* ---- the schedule alone ---- */

static struct schedule_pipeline *random_pipelines(int n, int max_stages)
{
    struct schedule_pipeline *pipelines = xcalloc((size_t)n, sizeof *pipelines);

    for (int i = 0; i < n; i++) {
        int model = i % 100;
        int n_stages = 1 + (int)random_below(1, 1, (uint64_t)model, (uint64_t)max_stages);
        pipelines[i] = (struct schedule_pipeline){n_stages, 0, model, 1 + 1000 * random_uniform(1, 2, (uint64_t)i)};
    }
    return pipelines;
}

static int bench_schedule(int max_stages)
{
    struct schedule_worker *workers = xcalloc(N_RANKS, sizeof *workers);
    struct schedule_pipeline *pipelines = random_pipelines(N_UNITS, max_stages);
    const struct simulation_settings settings = {.seconds_per_cost = 1, .jitter = 0.2, .seed = 1, .n_chunks = 50};
    struct simulation result;
    char what[64];

    for (int i = 0; i < N_RANKS; i++)
        workers[i] = (struct schedule_worker){i / 64, 1, 1};
    simulate(workers, N_RANKS, pipelines, N_UNITS, &settings, &result);
    free(workers);
    free(pipelines);
    snprintf(what, sizeof what, "schedule, %d simulated ranks, depth <= %d", N_RANKS, max_stages);
    return report(what, N_UNITS, result.host_seconds);
}

/* ---- with messages ---- */

static void answer_at_once(void)
{
    struct ready_message ready = {.n_cpus = 1};
    struct assignment assignment;
    uint8_t *bytes = xcalloc(RESULT_BYTES, 1);

    message_send_ready(&ready);
    while (message_receive_assignment(&assignment)) {
        const struct result_message result = {.pipeline = assignment.n.pipeline,
                                              .attempt = assignment.n.attempt,
                                              .stage = assignment.n.stage,
                                              .size = RESULT_BYTES};
        message_send_result(&result, bytes);
        assignment_clear(&assignment);
    }
    free(bytes);
}

static void send_start(const struct schedule_start *start)
{
    const struct assignment_numbers numbers = {.pipeline = start->pipeline,
                                               .attempt = start->attempt,
                                               .n_embd = 64,
                                               .chunk_tokens = 64,
                                               .n_samples = 4,
                                               .n_ids = N_TOKENS};
    struct assignment assignment;

    assignment_init(&assignment, &numbers, "/models/some/model");
    for (int i = 0; i < numbers.n_samples; i++)
        assignment.samples[i].n_tokens = N_TOKENS / numbers.n_samples;
    message_send_assignment(start->workers[0] + 1, &assignment);
    assignment_clear(&assignment);
}

static int bench_messages(void)
{
    int n_workers = message_size() - 1, round = 0, rank;
    struct schedule_worker *workers = xcalloc((size_t)n_workers, sizeof *workers);
    struct schedule_pipeline *pipelines = random_pipelines(N_MESSAGE_UNITS, 1);
    struct ready_message *ready = xcalloc((size_t)n_workers + 1, sizeof *ready);
    const struct schedule_settings settings = {1, false, 1};
    struct schedule_start start;
    struct result_message result;
    uint8_t *bytes;

    for (int i = 0; i < n_workers; i++)
        workers[i] = (struct schedule_worker){0, 1, 1};
    message_receive_ready(ready);
    double begin = cpu_seconds();
    struct schedule *schedule = schedule_create(workers, n_workers, pipelines, N_MESSAGE_UNITS, &settings);
    for (int i = 0; i < n_workers; i++)
        schedule_worker_free(schedule, i);
    for (double now = 0; !schedule_over(schedule, now); now += 1e-3) {
        while (schedule_next(schedule, now, &start))
            send_start(&start);
        if (!message_receive_result(&rank, &result, &bytes)) {
            message_nap(&round);
            continue;
        }
        round = 0;
        free(bytes);
        if (schedule_stage_end(schedule, result.pipeline, 0, STAGE_END_OK, now) == VERDICT_MEASURED)
            schedule_stored(schedule, result.pipeline, true);
    }
    double seconds = cpu_seconds() - begin;
    for (int i = 1; i <= n_workers; i++)
        message_send_stop(i);
    schedule_destroy(schedule);
    free(workers);
    free(pipelines);
    free(ready);
    return report("schedule and messages (4000 ids, 200 KiB back)", N_MESSAGE_UNITS, seconds);
}

int main(int argc, char **argv)
{
    int rc = 0;

    if (!message_launched()) {
        rc |= bench_schedule(1);
        rc |= bench_schedule(16);
        return rc | bench_schedule(64);
    }
    message_init(&argc, &argv);
    if (message_size() < 2)
        die("needs a worker");
    if (message_rank() > 0)
        answer_at_once();
    else
        rc = bench_messages();
    message_finish();
    return rc;
}
