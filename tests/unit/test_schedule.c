/* What runs next: the structures that find it, and single decisions. Whole grids: test_simulate.c. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "run/heap.h"
#include "run/mintree.h"
#include "run/schedule.h"

enum { SEED = 20251222, GIB = 1 << 30 };

/* ---- the structures, against the plain way ---- */

static void a_heap_yields_keys_in_order(void **state)
{
    enum { N = 500 };
    struct heap heap;
    int least[5], popped = 0;
    double last = -1;

    (void)state;
    heap_init(&heap, N);
    for (int i = 0; i < N; i++)
        heap_push(&heap, i, floor(100 * random_uniform(SEED, 1, (uint64_t)i)));
    for (int i = 0; i < N; i += 3)
        heap_remove(&heap, i);
    heap_remove(&heap, 0);
    while (heap.n > 0) {
        int n = heap_least(&heap, 5, least), id = heap_pop(&heap);
        assert_true(n == (heap.n + 1 < 5 ? heap.n + 1 : 5) && least[0] == id);
        for (int i = 1; i < n; i++)
            assert_true(heap.key[least[i]] >= heap.key[least[i - 1]]);
        assert_true(id % 3 != 0 && heap.key[id] >= last);
        last = heap.key[id];
        popped++;
    }
    assert_int_equal(popped, N - (N + 2) / 3);
    assert_int_equal(heap_pop(&heap), -1);
    heap_clear(&heap);
}

static void a_mintree_finds_what_a_scan_finds(void **state)
{
    static const int sizes[] = {1, 2, 3, 7, 8, 100};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct mintree tree;
        int n = sizes[s], value[100];
        mintree_init(&tree, n);
        assert_int_equal(mintree_find(&tree, 0, 1000), -1);
        for (int i = 0; i < n; i++)
            mintree_set(&tree, i, value[i] = (int)random_below(SEED, 2, (uint64_t)i, 10));
        for (int from = 0; from <= n; from++)
            for (int bound = 0; bound < 10; bound++) {
                int expected = from;
                while (expected < n && value[expected] > bound)
                    expected++;
                assert_int_equal(mintree_find(&tree, from, bound), expected < n ? expected : -1);
            }
        mintree_clear(&tree);
    }
}

/* ---- single decisions ---- */

static struct schedule *create(int n_workers, const struct schedule_pipeline *pipelines, int n, int max_attempts,
                               bool fail_fast)
{
    struct schedule_worker *workers = xcalloc((size_t)n_workers, sizeof *workers);
    const struct schedule_settings settings = {max_attempts, fail_fast, 1};

    for (int i = 0; i < n_workers; i++)
        workers[i] = (struct schedule_worker){i / 4, GIB, 1};
    struct schedule *schedule = schedule_create(workers, n_workers, pipelines, n, &settings);
    free(workers);
    return schedule;
}

static void free_all(struct schedule *schedule, int n_workers)
{
    for (int i = 0; i < n_workers; i++)
        schedule_worker_free(schedule, i);
}

static enum schedule_verdict end_all(struct schedule *schedule, const struct schedule_start *start, enum stage_end end,
                                     double now)
{
    enum schedule_verdict verdict = VERDICT_RUNNING;

    for (int s = 0; s < start->n_stages; s++) {
        assert_int_equal(verdict, VERDICT_RUNNING);
        verdict = schedule_stage_end(schedule, start->pipeline, s, end, now);
    }
    return verdict == VERDICT_MEASURED ? schedule_stored(schedule, start->pipeline, true) : verdict;
}

static void a_gang_waits_for_the_late_worker(void **state)
{
    const struct schedule_pipeline deep = {3, 0, 0, 30};
    struct schedule *schedule = create(3, &deep, 1, 2, false);
    struct schedule_start start;

    (void)state;
    assert_false(schedule_next(schedule, 0, &start));
    schedule_worker_free(schedule, 2);
    schedule_worker_free(schedule, 0);
    assert_false(schedule_next(schedule, 1, &start));
    schedule_worker_free(schedule, 1);
    assert_true(schedule_next(schedule, 2, &start));
    assert_int_equal(start.n_stages, 3);
    assert_int_equal(start.workers[0] + start.workers[1] + start.workers[2], 3);
    assert_false(schedule_over(schedule, 2));
    assert_int_equal(end_all(schedule, &start, STAGE_END_OK, 12), VERDICT_DONE);
    assert_true(schedule_over(schedule, 12));
    schedule_destroy(schedule);
}

static void the_longest_starts_first(void **state)
{
    const struct schedule_pipeline pipelines[] = {{1, 0, 0, 10}, {1, 0, 1, 500}, {1, 0, 2, 100}};
    struct schedule *schedule = create(1, pipelines, 3, 1, false);
    struct schedule_start start;
    int order[3];

    (void)state;
    free_all(schedule, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(schedule_next(schedule, i, &start));
        assert_false(schedule_next(schedule, i, &start));
        order[i] = start.pipeline;
        end_all(schedule, &start, STAGE_END_OK, i + 1);
    }
    assert_true(order[0] == 1 && order[1] == 2 && order[2] == 0);
    schedule_destroy(schedule);
}

/* One stage fails, the others are skipped: a new attempt, then failure for good; fail-fast stops. */
static void a_failed_stage_costs_an_attempt(void **state)
{
    const struct schedule_pipeline pipelines[] = {{2, 0, 0, 20}, {2, 0, 0, 1}};
    struct schedule *schedule = create(2, pipelines, 2, 2, true);
    struct schedule_start start;

    (void)state;
    free_all(schedule, 2);
    for (int attempt = 1; attempt <= 2; attempt++) {
        assert_true(schedule_next(schedule, attempt, &start));
        assert_true(start.pipeline == 0 && start.attempt == attempt);
        assert_int_equal(schedule_stage_end(schedule, 0, 1, STAGE_END_OK, attempt), VERDICT_RUNNING);
        assert_int_equal(schedule_stage_end(schedule, 0, 0, STAGE_END_FAILED, attempt),
                         attempt == 1 ? VERDICT_RETRY : VERDICT_FAILED);
    }
    assert_false(schedule_next(schedule, 3, &start));
    assert_true(schedule_over(schedule, 3));
    assert_int_equal(schedule_counts(schedule).failed, 1);
    assert_int_equal(schedule_counts(schedule).waiting, 1);
    assert_false(schedule_impossible(schedule, 0));
    schedule_destroy(schedule);
}

static void a_result_that_cannot_be_stored_fails_its_pipeline(void **state)
{
    const struct schedule_pipeline one = {1, 0, 0, 1};
    struct schedule *schedule = create(1, &one, 1, 2, false);
    struct schedule_start start;

    (void)state;
    free_all(schedule, 1);
    for (int attempt = 1; attempt <= 2; attempt++) {
        assert_true(schedule_next(schedule, 0, &start));
        assert_int_equal(schedule_stage_end(schedule, 0, 0, STAGE_END_OK, 1), VERDICT_MEASURED);
        assert_false(schedule_over(schedule, 1));
        assert_int_equal(schedule_stored(schedule, 0, false), attempt == 1 ? VERDICT_RETRY : VERDICT_FAILED);
    }
    assert_true(schedule_over(schedule, 1));
    schedule_destroy(schedule);
}

static void a_retry_leaves_the_node_that_failed(void **state)
{
    const struct schedule_pipeline one = {2, 0, 0, 1};
    struct schedule *schedule = create(8, &one, 1, 2, false); /* two nodes of four */
    struct schedule_start start;

    (void)state;
    free_all(schedule, 8);
    assert_true(schedule_next(schedule, 0, &start));
    int node = start.workers[0] / 4;
    assert_int_equal(start.workers[1] / 4, node);
    assert_int_equal(end_all(schedule, &start, STAGE_END_FAILED, 1), VERDICT_RETRY);
    assert_true(schedule_next(schedule, 1, &start));
    assert_int_equal(start.workers[0] / 4, 1 - node);
    assert_int_equal(start.workers[1] / 4, 1 - node);
    schedule_destroy(schedule);
}

static void a_stop_starts_nothing_and_counts_what_was_dropped(void **state)
{
    const struct schedule_pipeline pipelines[] = {{1, 0, 0, 9}, {1, 0, 0, 9}, {1, 0, 0, 9}};
    struct schedule *schedule = create(2, pipelines, 3, 2, false);
    struct schedule_start a, b, c;

    (void)state;
    free_all(schedule, 2);
    assert_true(schedule_next(schedule, 0, &a) && schedule_next(schedule, 0, &b));
    schedule_stop(schedule);
    assert_false(schedule_over(schedule, 1));
    assert_int_equal(end_all(schedule, &a, STAGE_END_OK, 1), VERDICT_DONE);
    assert_false(schedule_next(schedule, 1, &c));
    assert_int_equal(end_all(schedule, &b, STAGE_END_DROPPED, 1), VERDICT_DROPPED);
    assert_true(schedule_over(schedule, 1));
    assert_int_equal(schedule_counts(schedule).done, 1);
    assert_int_equal(schedule_counts(schedule).waiting, 2);
    schedule_destroy(schedule);
}

/* Costs 100 and 10 at a true speed of 1; at time 100 the speed is known, and of
 * what is left only the short ones end before 150. */
static void what_cannot_end_before_the_deadline_does_not_start(void **state)
{
    const struct schedule_pipeline pipelines[] = {{1, 0, 0, 100}, {1, 0, 0, 100}, {1, 0, 0, 10}};
    struct schedule *schedule = create(1, pipelines, 3, 2, false);
    struct schedule_start start;

    (void)state;
    schedule_set_deadline(schedule, 150);
    free_all(schedule, 1);
    assert_true(schedule_next(schedule, 0, &start) && start.pipeline == 0);
    end_all(schedule, &start, STAGE_END_OK, 100);
    assert_true(schedule_next(schedule, 100, &start) && start.pipeline == 2);
    end_all(schedule, &start, STAGE_END_OK, 110);
    assert_false(schedule_next(schedule, 110, &start));
    assert_true(schedule_over(schedule, 110));
    assert_int_equal(schedule_counts(schedule).waiting, 1);
    schedule_destroy(schedule);
}

static void impossible_pipelines_are_refused(void **state)
{
    const struct schedule_pipeline pipelines[] = {{3, 0, 0, 1}, {1, 2 * (uint64_t)GIB, 0, 1}, {2, GIB, 0, 1}};
    struct schedule *schedule = create(2, pipelines, 3, 2, false);

    (void)state;
    assert_true(schedule_impossible(schedule, 0));
    assert_true(schedule_impossible(schedule, 1));
    assert_false(schedule_impossible(schedule, 2));
    assert_int_equal(schedule_counts(schedule).failed, 2);
    schedule_destroy(schedule);
}

/* Four workers: two long singles run until 100, and a pair of 4 stages waits. The short ones that end
 * before 100 may start in the gap, those that do not may not. */
static void short_work_fills_the_gap_before_a_deep_pipeline(void **state)
{
    const struct schedule_pipeline pipelines[] = {
        {1, 0, 0, 100}, {1, 0, 0, 100}, {4, 0, 1, 4 * 75}, {1, 0, 2, 40}, {1, 0, 2, 40}, {1, 0, 2, 40}, {2, 0, 2, 120},
    };
    struct schedule *schedule = create(4, pipelines, 7, 1, false);
    struct schedule_start a, b, s[2], start;

    (void)state;
    schedule_worker_free(schedule, 0);
    schedule_worker_free(schedule, 1);
    assert_true(schedule_next(schedule, 0, &a) && a.pipeline == 0);
    assert_true(schedule_next(schedule, 0, &b) && b.pipeline == 1);
    schedule_worker_free(schedule, 2);
    schedule_worker_free(schedule, 3);
    assert_true(schedule_next(schedule, 10, &start) && start.pipeline == 6); /* 60 seconds, two wide */
    end_all(schedule, &start, STAGE_END_OK, 70);
    assert_false(schedule_next(schedule, 70, s)); /* 40 seconds would end at 110 */
    end_all(schedule, &a, STAGE_END_OK, 100);
    assert_false(schedule_next(schedule, 100, s));
    end_all(schedule, &b, STAGE_END_OK, 120); /* later than estimated: still nobody slipped in */
    assert_true(schedule_next(schedule, 120, &start) && start.pipeline == 2);
    schedule_destroy(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_yields_keys_in_order),
        cmocka_unit_test(a_mintree_finds_what_a_scan_finds),
        cmocka_unit_test(a_gang_waits_for_the_late_worker),
        cmocka_unit_test(the_longest_starts_first),
        cmocka_unit_test(a_failed_stage_costs_an_attempt),
        cmocka_unit_test(a_result_that_cannot_be_stored_fails_its_pipeline),
        cmocka_unit_test(a_retry_leaves_the_node_that_failed),
        cmocka_unit_test(a_stop_starts_nothing_and_counts_what_was_dropped),
        cmocka_unit_test(what_cannot_end_before_the_deadline_does_not_start),
        cmocka_unit_test(impossible_pipelines_are_refused),
        cmocka_unit_test(short_work_fills_the_gap_before_a_deep_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
