#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "summary/statistics.h"

enum { MAX_N = 64 };

/* What numpy and scipy say: tests/reference/summary_statistics.py. */
static json_t *golden;

static int read_golden(void **state)
{
    const char *top = getenv("abs_top_srcdir");
    char *path = xasprintf("%s/tests/data/statistics.json", top ? top : ".");
    struct error err;

    (void)state;
    golden = json_read_file(path, &err);
    free(path);
    return golden ? 0 : -1;
}

static int release_golden(void **state)
{
    (void)state;
    json_decref(golden);
    return 0;
}

static void assert_near(double value, const json_t *expected)
{
    if (json_is_null(expected)) {
        assert_true(isnan(value));
        return;
    }
    double e = json_number_value(expected);
    if (!(fabs(value - e) <= 1e-12 * fmax(1, fabs(e))))
        fail_msg("%.17g instead of %.17g", value, e);
}

static size_t doubles(const json_t *object, const char *name, double *values)
{
    const json_t *array = json_object_get(object, name);
    size_t n = json_array_size(array);

    assert_true(n <= MAX_N);
    for (size_t i = 0; i < n; i++)
        values[i] = json_number_value(json_array_get(array, i));
    return n;
}

static void order_statistics_equal_numpys(void **state)
{
    double q[MAX_N], x[MAX_N];
    size_t n_q = doubles(golden, "quantiles", q), at;
    json_t *row;

    (void)state;
    json_array_foreach(json_object_get(golden, "univariate"), at, row)
    {
        size_t n = doubles(row, "x", x);
        assert_near(statistics_mean(x, n), json_object_get(row, "mean"));
        assert_near(statistics_sd(x, n), json_object_get(row, "sd"));
        assert_near(statistics_median(x, n), json_object_get(row, "median"));
        statistics_sort(x, n);
        for (size_t i = 0; i < n_q; i++)
            assert_near(statistics_quantile(x, n, q[i]), json_array_get(json_object_get(row, "quantiles"), i));
    }
    assert_true(at >= 10);
}

static void rank_correlation_equals_scipys(void **state)
{
    double x[MAX_N], y[MAX_N], weight[MAX_N];
    struct rank_pairs pairs;
    json_t *row;
    size_t at;

    (void)state;
    json_array_foreach(json_object_get(golden, "bivariate"), at, row)
    {
        size_t n = doubles(row, "x", x);
        doubles(row, "y", y);
        doubles(row, "weight", weight);
        rank_pairs_init(&pairs, x, y, n);
        assert_near(rank_correlation(&pairs, NULL), json_object_get(row, "rho"));
        assert_near(rank_correlation(&pairs, weight), json_object_get(row, "weighted_rho"));
        rank_pairs_clear(&pairs);
    }
    assert_true(at >= 20);
}

static void entropy_equals_scipys(void **state)
{
    double counts[MAX_N];
    json_t *row;
    size_t at;

    (void)state;
    json_array_foreach(json_object_get(golden, "histogram"), at, row)
    {
        size_t n = doubles(row, "counts", counts);
        assert_near(statistics_entropy(counts, n), json_object_get(row, "entropy"));
    }
    assert_true(at >= 4);
}

static void nothing_gives_nothing(void **state)
{
    struct rank_pairs pairs;

    (void)state;
    assert_true(isnan(statistics_mean(NULL, 0)));
    assert_true(isnan(statistics_median(NULL, 0)));
    assert_true(isnan(statistics_quantile(NULL, 0, 0.5)));
    assert_true(isnan(statistics_entropy(NULL, 0)));
    rank_pairs_init(&pairs, NULL, NULL, 0);
    assert_true(isnan(rank_correlation(&pairs, NULL)));
    rank_pairs_clear(&pairs);
}

struct mean_context {
    const double *x;
    size_t n;
};

static double weighted_mean(const double *weight, void *context)
{
    const struct mean_context *c = context;
    double sum = 0, total = 0;

    for (size_t i = 0; i < c->n; i++) {
        sum += weight[i] * c->x[i];
        total += weight[i];
    }
    return sum / total;
}

static double constant_drops_out(const double *weight, void *context)
{
    (void)weight;
    (void)context;
    return NAN;
}

/* Drops resamples without unit 0, which are (1 - 1/n)^n of them: more than a third. */
static double needs_the_first(const double *weight, void *context)
{
    return weight[0] > 0 ? weighted_mean(weight, context) : NAN;
}

static void the_interval_is_a_function_of_seed_and_stream(void **state)
{
    double x[20];
    struct mean_context context = {x, 20};
    struct estimate a = {.n = 20}, b = a, c = a, d = a;

    (void)state;
    for (int i = 0; i < 20; i++)
        x[i] = random_normal(5, 6, (uint64_t)i);
    bootstrap_interval(&a, 20, weighted_mean, &context, 1, 2);
    bootstrap_interval(&b, 20, weighted_mean, &context, 1, 2);
    bootstrap_interval(&c, 20, weighted_mean, &context, 2, 2);
    bootstrap_interval(&d, 20, weighted_mean, &context, 1, 3);
    assert_true(a.low == b.low && a.high == b.high);
    assert_true(a.low != c.low && a.low != d.low);
    assert_true(a.low < statistics_mean(x, 20) && statistics_mean(x, 20) < a.high);
}

static void too_few_give_no_interval(void **state)
{
    double x[3] = {1, 2, 3};
    struct mean_context context = {x, 3};
    struct estimate e = {.n = 3};

    (void)state;
    bootstrap_interval(&e, 2, weighted_mean, &context, 1, 1);
    assert_true(isnan(e.low) && isnan(e.high));
    bootstrap_interval(&e, 3, weighted_mean, &context, 1, 1);
    assert_true(e.low >= 1 && e.high <= 3 && e.low < e.high);
    bootstrap_interval(&e, 3, constant_drops_out, NULL, 1, 1);
    assert_true(isnan(e.low) && isnan(e.high));
    bootstrap_interval(&e, 3, needs_the_first, &context, 1, 1); /* 70 % of the resamples remain */
    assert_true(!isnan(e.low));
    e.n = 2; /* three samples with two sinks between them */
    bootstrap_interval(&e, 3, weighted_mean, &context, 1, 1);
    assert_true(isnan(e.low) && isnan(e.high));
}

/* Percentile intervals of a normal mean with n = 40 cover it in about 94 % of experiments: the normal
 * quantile on sd with divisor n instead of Student's, 2 T_39(1.96 sqrt(39/40)) - 1 = 0.9398. 400 experiments
 * leave a standard deviation of 1.2 %; 4 of them either way. */
static void intervals_cover_as_often_as_they_say(void **state)
{
    enum { EXPERIMENTS = 400, N = 40 };
    double x[N];
    struct mean_context context = {x, N};
    struct estimate e = {.n = N};
    int covered = 0;

    (void)state;
    for (int i = 0; i < EXPERIMENTS; i++) {
        for (int k = 0; k < N; k++)
            x[k] = 3 + 2 * random_normal(77, (uint64_t)i, (uint64_t)k);
        bootstrap_interval(&e, N, weighted_mean, &context, 1, (uint64_t)i);
        covered += e.low <= 3 && 3 <= e.high;
    }
    assert_in_range(covered, (unsigned)(EXPERIMENTS * (0.9398 - 0.048)), (unsigned)(EXPERIMENTS * (0.9398 + 0.048)));
}

static double weighted_rho(const double *weight, void *context)
{
    return rank_correlation(context, weight);
}

/* A correlation of bivariate normal data, rho = 0.6: Spearman's is 6/pi asin(rho/2) = 0.5819. */
static void intervals_of_a_rank_correlation_cover_it(void **state)
{
    enum { EXPERIMENTS = 150, N = 60 };
    double x[N], y[N], truth = 6 / M_PI * asin(0.3);
    struct rank_pairs pairs;
    struct estimate e = {.n = N};
    int covered = 0;

    (void)state;
    for (int i = 0; i < EXPERIMENTS; i++) {
        for (int k = 0; k < N; k++) {
            x[k] = random_normal(78, (uint64_t)i, (uint64_t)k);
            y[k] = 0.6 * x[k] + 0.8 * random_normal(79, (uint64_t)i, (uint64_t)k);
        }
        rank_pairs_init(&pairs, x, y, N);
        bootstrap_interval(&e, N, weighted_rho, &pairs, 1, (uint64_t)i);
        rank_pairs_clear(&pairs);
        covered += e.low <= truth && truth <= e.high;
    }
    assert_in_range(covered, (unsigned)(EXPERIMENTS * 0.86), EXPERIMENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_statistics_equal_numpys),
        cmocka_unit_test(rank_correlation_equals_scipys),
        cmocka_unit_test(entropy_equals_scipys),
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(the_interval_is_a_function_of_seed_and_stream),
        cmocka_unit_test(too_few_give_no_interval),
        cmocka_unit_test(intervals_cover_as_often_as_they_say),
        cmocka_unit_test(intervals_of_a_rank_correlation_cover_it),
    };

    return cmocka_run_group_tests_name("statistics", tests, read_golden, release_golden);
}
