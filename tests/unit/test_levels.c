#include "test.h"

#include <math.h>
#include <string.h>

#include "summary/levels.h"

enum { GAP = 2, SUPPORT = 3, MAX_SINKS = 32 };

struct row {
    int l_start, lifetime, count;
};

static size_t make(struct level_sink *sinks, const struct row *rows, size_t n_rows)
{
    size_t n = 0;

    for (size_t r = n_rows; r-- > 0;) /* not in order */
        for (int i = 0; i < rows[r].count; i++, n++)
            sinks[n] = (struct level_sink){.sample = (int)n,
                                           .l_start = rows[r].l_start,
                                           .lifetime = rows[r].lifetime,
                                           .sink_score = rows[r].lifetime / 100.0,
                                           .mlp_norm = i == 0 ? NAN : 50};
    return n;
}

static void sinks_cluster_by_start_and_lifetime(void **state)
{
    static const struct row rows[] = {
        {16, 18, 2}, {16, 20, 1},             /* a step of 2 holds together: a level of 3 */
        {16, 23, 3},                          /* a step of 3 divides */
        {22, 10, 2},                          /* 2 are not enough */
        {23, 10, 1},                          /* another start */
        {30, 5, 1},  {30, 7, 1},  {30, 9, 1}, /* a chain */
    };
    struct level_sink sinks[MAX_SINKS];
    struct level_list levels;
    size_t n = make(sinks, rows, sizeof rows / sizeof *rows);

    (void)state;
    levels_find(&levels, sinks, n, GAP, SUPPORT);
    assert_int_equal(levels.n, 3);
    assert_int_equal(levels.items[0].l_start, 16);
    assert_int_equal(levels.items[0].lifetime_min, 18);
    assert_int_equal(levels.items[0].lifetime_max, 20);
    assert_float_equal(levels.items[0].lifetime_median, 18, 0);
    assert_int_equal(levels.items[0].count, 3);
    assert_float_equal(levels.items[0].share, 3 / 12.0, 1e-12);
    assert_float_equal(levels.items[0].sink_score, (0.18 + 0.18 + 0.20) / 3, 1e-12);
    assert_float_equal(levels.items[0].mlp_norm, 50, 0); /* missing ones left out */
    assert_float_equal(levels.items[0].lifetime_sd, sqrt(4 / 3.0), 1e-12);
    assert_int_equal(levels.items[1].lifetime_min, 23);
    assert_float_equal(levels.items[1].lifetime_sd, 0, 0);
    assert_int_equal(levels.items[2].l_start, 30);
    assert_float_equal(levels.items[2].lifetime_median, 7, 0);
    int unassigned = 0;
    for (size_t i = 0; i < n; i++) {
        unassigned += sinks[i].level < 0;
        if (sinks[i].level >= 0)
            assert_int_equal(levels.items[sinks[i].level].l_start, sinks[i].l_start);
    }
    assert_int_equal(unassigned, 3);
    level_list_clear(&levels);
}

static void an_even_count_has_the_mean_of_the_middle_two(void **state)
{
    static const struct row rows[] = {{16, 18, 2}, {16, 19, 2}};
    struct level_sink sinks[MAX_SINKS];
    struct level_list levels;

    (void)state;
    levels_find(&levels, sinks, make(sinks, rows, 2), GAP, SUPPORT);
    assert_float_equal(levels.items[0].lifetime_median, 18.5, 0);
    level_list_clear(&levels);
}

static void no_sinks_have_no_levels(void **state)
{
    struct level_list levels;

    (void)state;
    levels_find(&levels, NULL, 0, GAP, SUPPORT);
    assert_int_equal(levels.n, 0);
    assert_true(isnan(levels_share(NULL, 0, GAP, SUPPORT, NULL)));
    level_list_clear(&levels);
}

/* The share under multiplicities is that of the sinks written out as often. */
static void the_share_counts_multiplicities(void **state)
{
    static const struct row rows[] = {{16, 18, 1}, {16, 20, 1}, {16, 22, 1}, {20, 5, 1}};
    static const struct {
        double weight[4]; /* of samples 3, 2, 1, 0: rows are made backwards */
        double share;
    } cases[] = {
        {{1, 1, 1, 1}, 3 / 4.0}, {{1, 0, 1, 1}, 0}, /* 18 and 22 lie apart without 20 */
        {{3, 0, 1, 0}, 3 / 4.0},                    /* one sink three times is a level */
        {{0, 0, 0, 3}, 1},       {{0, 0, 0, 2}, 0}, {{0, 0, 0, 0}, NAN},
    };
    struct level_sink sinks[MAX_SINKS];
    struct level_list levels;
    size_t n = make(sinks, rows, 4);

    (void)state;
    levels_find(&levels, sinks, n, GAP, SUPPORT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double weight[4];
        for (int k = 0; k < 4; k++)
            weight[3 - k] = cases[i].weight[k];
        double share = levels_share(sinks, n, GAP, SUPPORT, weight);
        assert_true(isnan(cases[i].share) ? isnan(share) : fabs(share - cases[i].share) < 1e-12);
    }
    level_list_clear(&levels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinks_cluster_by_start_and_lifetime),
        cmocka_unit_test(an_even_count_has_the_mean_of_the_middle_two),
        cmocka_unit_test(no_sinks_have_no_levels),
        cmocka_unit_test(the_share_counts_multiplicities),
    };

    return cmocka_run_group_tests_name("levels", tests, NULL, NULL);
}
