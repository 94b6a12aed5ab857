/* Schedules of whole grids, simulated. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "run/schedule.h"
#include "run/simulate.h"

enum { SEED = 20251222, GIB = 1 << 30 };

struct watch {
    int *starts; /* by pipeline */
    const struct schedule_worker *workers;
    const struct schedule_pipeline *pipelines;
    double last_deep; /* time of the last start of a pipeline with `deep` stages or more */
    int deep;
};

static void see_start(void *context, const struct schedule_start *start, double now)
{
    struct watch *watch = context;
    const struct schedule_pipeline *p = &watch->pipelines[start->pipeline];

    watch->starts[start->pipeline]++;
    assert_int_equal(start->attempt, watch->starts[start->pipeline]);
    assert_int_equal(start->n_stages, p->n_stages);
    for (int s = 0; s < start->n_stages; s++)
        assert_true(watch->workers[start->workers[s]].bytes >= p->stage_bytes);
    if (p->n_stages >= watch->deep)
        watch->last_deep = now;
}

struct grid {
    int n_workers, n_pipelines;
    struct schedule_worker *workers;
    struct schedule_pipeline *pipelines;
    struct watch watch;
};

/* Models of 1 ... max_stages stages; shards of a model differ in cost by a factor of 4
 * at most, models by 1000. `realistic`: larger models are deeper, in powers of two. */
static struct grid grid_create(int n_workers, int n_pipelines, int max_stages, bool uneven, bool realistic,
                               uint64_t seed)
{
    struct grid grid = {n_workers, n_pipelines, .workers = xcalloc((size_t)n_workers, sizeof *grid.workers),
                        .pipelines = xcalloc((size_t)n_pipelines, sizeof *grid.pipelines)};
    int n_models = n_pipelines / 100 + 1;

    for (int i = 0; i < n_workers; i++) {
        int node = i / 64;
        uint64_t big = uneven && node % 4 == 0;
        grid.workers[i] = (struct schedule_worker){node, (1 + big) * (uint64_t)GIB, uneven && node % 3 == 1 ? 0.5 : 1};
    }
    for (int i = 0; i < n_pipelines; i++) {
        int model = i % n_models;
        double u = random_uniform(seed, 1, (uint64_t)model), size = pow(1000, u);
        int n_stages = 1 + (int)random_below(seed, 2, (uint64_t)model, (uint64_t)max_stages);
        if (realistic)
            n_stages = (int)exp2(floor(u * (log2(max_stages) + 1)));
        uint64_t bytes = uneven && model % 5 == 0 ? 2 * (uint64_t)GIB : GIB;
        grid.pipelines[i] = (struct schedule_pipeline){n_stages, bytes, model,
                                                       size * n_stages * pow(4, random_uniform(seed, 3, (uint64_t)i))};
    }
    grid.watch =
        (struct watch){xcalloc((size_t)n_pipelines, sizeof(int)), grid.workers, grid.pipelines, .deep = max_stages};
    return grid;
}

static struct simulation grid_run(struct grid *grid, struct simulation_settings settings)
{
    struct simulation result;

    settings.see_start = see_start;
    settings.context = &grid->watch;
    settings.seed = SEED;
    simulate(grid->workers, grid->n_workers, grid->pipelines, grid->n_pipelines, &settings, &result);
    return result;
}

static void grid_free(struct grid *grid)
{
    free(grid->workers);
    free(grid->pipelines);
    free(grid->watch.starts);
}

static void report(const char *what, const struct grid *grid, const struct simulation *r)
{
    printf(
        "# %s: %d pipelines, %d workers: makespan %.1f s, bound %.1f s (total/ranks %.1f, longest %.1f), ratio %.3f, "
        "utilization %.3f, kept %.2f, nodes a start %.3f, %.1f us a pipeline\n",
        what, grid->n_pipelines, grid->n_workers, r->makespan, r->bound, r->total_bound, r->longest,
        r->bound / r->makespan, r->utilization, (double)r->n_kept / (double)(r->n_events - grid->n_workers),
        (double)r->n_nodes / (double)r->n_starts, 1e6 * r->host_seconds / grid->n_pipelines);
}

/* Any workers, any depths, wrong guesses, jitter, late workers: each pipeline is done exactly once,
 * on workers that are large enough; and simulate aborts if the schedule stands still. */
static void every_pipeline_is_done_exactly_once(void **state)
{
    static const struct {
        const char *what;
        int n_workers, n_pipelines, max_stages;
        bool uneven, realistic;
        double guess, jitter, late;
        double least_ratio; /* of the bound to the makespan */
    } rows[] = {
        {"even", 4096, 10000, 1, false, false, 0, 0, 0, 0.80},
        {"deep", 4096, 10000, 16, false, false, 0, 0.2, 0, 0.75},
        {"wrong guess", 4096, 10000, 64, false, false, 1e-6, 0.3, 1, 0.6},
        {"wrong guess, slow", 4096, 10000, 64, false, false, 1e6, 0.3, 1, 0.6},
        {"uneven", 4096, 10000, 16, true, false, 0, 0.3, 0, 0.4},
        {"few workers", 17, 10000, 16, false, false, 0, 0.3, 0, 0.85},
        {"one worker", 1, 1000, 1, false, false, 0, 0.3, 0, 0.85},
        {"realistic", 1024, 10000, 16, false, true, 0, 0.3, 0, 0.85},
        {"realistic, uneven", 1024, 10000, 16, true, true, 0, 0.3, 0, 0.6},
        {"exact depth", 128, 1000, 128, false, false, 0, 0.3, 0, 0.55},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grid grid = grid_create(rows[i].n_workers, rows[i].n_pipelines, rows[i].max_stages, rows[i].uneven,
                                       rows[i].realistic, i);
        const struct simulation_settings settings = {.seconds_per_cost = 1,
                                                     .guess = rows[i].guess,
                                                     .jitter = rows[i].jitter,
                                                     .late = rows[i].late,
                                                     .n_chunks = 50};
        struct simulation result = grid_run(&grid, settings);
        report(rows[i].what, &grid, &result);
        assert_int_equal(result.n_done, grid.n_pipelines);
        for (int p = 0; p < grid.n_pipelines; p++)
            assert_int_equal(grid.watch.starts[p], 1);
        assert_true(result.bound / result.makespan >= rows[i].least_ratio);
        grid_free(&grid);
    }
}

/* A stage in fifty fails: done and failed add up, nobody has more than max_attempts, and
 * without failures left nothing failed. */
static void failures_are_retried_up_to_the_limit(void **state)
{
    struct grid grid = grid_create(300, 5000, 8, true, false, 77);
    const struct simulation_settings settings = {
        .seconds_per_cost = 1, .jitter = 0.2, .failure_rate = 0.02, .max_attempts = 3};
    struct simulation result = grid_run(&grid, settings);
    int most = 0;

    (void)state;
    report("failures", &grid, &result);
    for (int p = 0; p < grid.n_pipelines; p++)
        most = grid.watch.starts[p] > most ? grid.watch.starts[p] : most;
    assert_int_equal(result.n_done + result.n_failed, grid.n_pipelines);
    assert_true(result.n_failed > 0 && result.n_failed < 50); /* expected about 5000 x 0.08^3 = 3 */
    assert_int_equal(most, 3);
    assert_int_equal(result.n_impossible, 0);
    grid_free(&grid);
}

/* A pipeline over all workers, short, among thousands of small ones: it starts well
 * before the end though its time puts it in the middle of the order. */
static void deep_pipelines_do_not_starve(void **state)
{
    struct grid grid = grid_create(64, 4000, 1, false, false, 5);
    const struct simulation_settings settings = {.seconds_per_cost = 1, .jitter = 0.5, .guess = 100};

    (void)state;
    for (int i = 0; i < grid.n_pipelines; i++)
        grid.pipelines[i].cost = 10 + i % 10;
    grid.pipelines[1234] = (struct schedule_pipeline){64, GIB, 3, 64 * 15};
    grid.watch.deep = 64;
    struct simulation result = grid_run(&grid, settings);
    report("one deep", &grid, &result);
    assert_int_equal(result.n_done, grid.n_pipelines);
    assert_true(grid.watch.last_deep < 0.7 * result.makespan);
    grid_free(&grid);
}

/* Pipelines no deeper than a node stay on one, and shards find workers that hold their model. */
static void pipelines_stay_on_a_node_and_near_their_model(void **state)
{
    struct grid grid = grid_create(256, 8000, 4, false, true, 9);
    const struct simulation_settings settings = {.seconds_per_cost = 1, .jitter = 0.1, .n_chunks = 50};
    struct simulation result = grid_run(&grid, settings);

    (void)state;
    report("near", &grid, &result);
    assert_true((double)result.n_nodes / (double)result.n_starts < 1.5);
    assert_true((double)result.n_kept / (double)(result.n_events - grid.n_workers) > 0.5);
    grid_free(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pipeline_is_done_exactly_once),
        cmocka_unit_test(failures_are_retried_up_to_the_limit),
        cmocka_unit_test(deep_pipelines_do_not_starve),
        cmocka_unit_test(pipelines_stay_on_a_node_and_near_their_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
