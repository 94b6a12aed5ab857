#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "grid/partition.h"

enum { MAX_N = 12 };

/* A stage needs its layers' bytes and a fixed share. */
struct memory {
    uint64_t layer[MAX_N], fixed;
};

static uint64_t stage_bytes(const void *context, int begin, int end)
{
    const struct memory *memory = context;
    uint64_t bytes = memory->fixed;

    for (int l = begin; l < end; l++)
        bytes += memory->layer[l];
    return bytes;
}

static void cuts_are_the_known_best(void **state)
{
    static const struct {
        int n_layers, n_stages;
        double cost[MAX_N], most;
    } rows[] = {
        {4, 1, {1, 2, 3, 4}, 10},
        {4, 2, {1, 2, 3, 4}, 6}, /* 1 2 3 | 4 */
        {4, 4, {1, 2, 3, 4}, 4},
        {6, 3, {1, 1, 1, 1, 1, 1}, 2},
        {6, 4, {1, 1, 1, 1, 1, 1}, 2},
        {5, 2, {9, 1, 1, 1, 1}, 9},
        {9, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 17}, /* 1-5 | 6 7 | 8 9: the textbook's example */
        {3, 2, {0, 0, 0}, 0},
    };
    int cut[MAX_N + 1];
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct partition partition = {.n_layers = rows[i].n_layers, .cost = rows[i].cost};
        assert_int_equal(partition_cut(&partition, rows[i].n_stages, cut, &err), 0);
        assert_int_equal(cut[0], 0);
        assert_int_equal(cut[rows[i].n_stages], rows[i].n_layers);
        for (int s = 0; s < rows[i].n_stages; s++)
            assert_true(cut[s] < cut[s + 1]);
        assert_true(partition_cost(&partition, rows[i].n_stages, cut) == rows[i].most);
    }
}

/* Visits every cut of n layers into n_stages stages, as bit masks of places to cut. */
static double best_by_enumeration(const struct partition *partition, int n_stages)
{
    double best = -1;

    for (unsigned mask = 0; mask < 1u << (partition->n_layers - 1); mask++) {
        int cut[MAX_N + 1] = {0}, n = 0;
        for (int l = 1; l < partition->n_layers; l++)
            if (mask >> (l - 1) & 1)
                cut[++n] = l;
        cut[++n] = partition->n_layers;
        if (n != n_stages || (partition->limit && partition_bytes(partition, n, cut) > partition->limit))
            continue;
        double cost = partition_cost(partition, n, cut);
        if (best < 0 || cost < best)
            best = cost;
    }
    return best;
}

static void cuts_equal_enumeration(void **state)
{
    struct error err;
    int cut[MAX_N + 1], n_feasible = 0, n_not = 0;

    (void)state;
    for (uint64_t trial = 0; trial < 400; trial++) {
        int n = 1 + (int)random_below(1, trial, 0, 10), n_stages = 1 + (int)random_below(1, trial, 1, (uint64_t)n);
        double cost[MAX_N];
        struct memory memory = {.fixed = random_below(1, trial, 2, 20)};
        struct partition partition = {n, cost, stage_bytes, &memory, random_below(1, trial, 3, 200)};
        for (uint64_t l = 0; l < (uint64_t)n; l++) {
            cost[l] = (double)random_below(2, trial, l, 50); /* whole numbers: sums are exact */
            memory.layer[l] = random_below(3, trial, l, 50);
        }
        double best = best_by_enumeration(&partition, n_stages);
        int rc = partition_cut(&partition, n_stages, cut, &err);
        assert_int_equal(rc, best < 0 ? -1 : 0);
        n_not += rc != 0;
        n_feasible += rc == 0;
        if (rc != 0)
            continue;
        assert_true(partition_cost(&partition, n_stages, cut) == best);
        assert_true(partition.limit == 0 || partition_bytes(&partition, n_stages, cut) <= partition.limit);
    }
    assert_true(n_feasible > 50 && n_not > 50); /* both were seen */
}

static void the_fewest_stages_are_found(void **state)
{
    static const double cost[5] = {1, 1, 1, 1, 1};
    struct memory memory = {{30, 30, 30, 30, 30}, 10};
    struct partition partition = {5, cost, stage_bytes, &memory, 0};
    struct error err;
    int n;

    (void)state;
    assert_int_equal(partition_least_stages(&partition, &n, &err), 0);
    assert_int_equal(n, 1); /* no limit */
    partition.limit = 160;
    assert_int_equal(partition_least_stages(&partition, &n, &err), 0);
    assert_int_equal(n, 1);
    partition.limit = 159;
    assert_int_equal(partition_least_stages(&partition, &n, &err), 0);
    assert_int_equal(n, 2);
    partition.limit = 70;
    assert_int_equal(partition_least_stages(&partition, &n, &err), 0);
    assert_int_equal(n, 3);
    partition.limit = 40;
    assert_int_equal(partition_least_stages(&partition, &n, &err), 0);
    assert_int_equal(n, 5);
    partition.limit = 39;
    assert_int_equal(partition_least_stages(&partition, &n, &err), -1);
    assert_non_null(strstr(err.text, "layer 0 alone needs"));
}

/* Of the cuts with the least greatest cost, the most even one. */
static void the_other_stages_are_even(void **state)
{
    static const double cost[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct partition partition = {.n_layers = 10, .cost = cost};
    struct error err;
    int cut[5], n_of_size[4] = {0};

    (void)state;
    assert_int_equal(partition_cut(&partition, 4, cut, &err), 0);
    for (int s = 0; s < 4; s++)
        n_of_size[cut[s + 1] - cut[s]]++;
    assert_int_equal(n_of_size[2], 2);
    assert_int_equal(n_of_size[3], 2);
}

static void more_stages_than_layers_is_an_error(void **state)
{
    static const double cost[2] = {1, 1};
    struct partition partition = {.n_layers = 2, .cost = cost};
    struct error err;
    int cut[4];

    (void)state;
    assert_int_equal(partition_cut(&partition, 3, cut, &err), -1);
    assert_string_equal(err.text, "3 stages for 2 layers: a stage holds at least one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_are_the_known_best),
        cmocka_unit_test(cuts_equal_enumeration),
        cmocka_unit_test(the_fewest_stages_are_found),
        cmocka_unit_test(the_other_stages_are_even),
        cmocka_unit_test(more_stages_than_layers_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
