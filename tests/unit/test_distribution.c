#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernel/kernel.h"
#include "probe/distribution.h"
#include "probe/select.h"

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void sorting_equals_qsort(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 63, 1023, 1024, 5000};
    float x[5000], y[5000], space[5000];

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        for (size_t i = 0; i < n; i++)
            x[i] = y[i] = (float)(random_normal(1, s, i) * pow(10, (double)random_below(1, 2, i, 40) - 20));
        if (n > 7)
            x[7] = y[7] = 0.0f;
        sort_floats(n, x, space);
        qsort(y, n, sizeof *y, compare_floats);
        assert_memory_equal(x, y, n * sizeof *x);
    }
}

/* numpy.quantile([1, 2, 4, 8, 16], q) by hand: position q * 4. */
static void quantiles_interpolate_linearly(void **state)
{
    const float x[] = {1, 2, 4, 8, 16};
    float values[] = {16, 1, 8, 2, 4}, space[5];
    struct column_summary s;

    (void)state;
    assert_true(sorted_quantile(5, x, 0.25) == 2);
    assert_true(sorted_quantile(5, x, 0.5) == 4);
    assert_true(fabs(sorted_quantile(5, x, 0.99) - (8 + 0.96 * 8)) < 1e-12);
    summarize_column(5, values, space, &s);
    assert_int_equal(s.count, 5);
    assert_true(fabs(s.mean - 6.2) < 1e-6);
    assert_true(fabs(s.sd - sqrt((5.2 * 5.2 + 4.2 * 4.2 + 2.2 * 2.2 + 1.8 * 1.8 + 9.8 * 9.8) / 4)) < 1e-5);
    assert_true(s.q01 == (float)1.04 && s.q50 == 4);
    summarize_column(1, values, space, &s);
    assert_true(isnan(s.sd) && s.q99 == 1);
    summarize_column(0, values, space, &s);
    assert_true(s.count == 0 && isnan(s.mean) && isnan(s.q50));
}

static void the_median_of_magnitudes_is_exact(void **state)
{
    const struct kernel *kernel = kernel_select(NULL);
    float x[577], y[577];

    (void)state;
    for (size_t n = 1; n <= 577; n += n < 20 ? 1 : 31) {
        for (size_t i = 0; i < n; i++) {
            x[i] = (float)random_normal(3, n, i);
            if (i % 5 == 0)
                x[i] = 0.25f; /* ties */
            y[i] = fabsf(x[i]);
        }
        qsort(y, n, sizeof *y, compare_floats);
        float expected = n % 2 ? y[n / 2] : 0.5f * (y[n / 2 - 1] + y[n / 2]);
        assert_true(median_abs(kernel, n, x) == expected);
    }
    memset(x, 0, sizeof x);
    assert_true(median_abs(kernel, 8, x) == 0);
}

static void control_tokens_are_distinct_and_behind_the_first(void **state)
{
    int32_t a[64], b[64];

    (void)state;
    assert_int_equal(control_positions("0123456789abcdef", 8, 64, 1, a), 0);
    assert_int_equal(control_positions("0123456789abcdef", 20, 64, 1, a), 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(a[i], 8 + i); /* all, where there are fewer */
    assert_int_equal(control_positions("0123456789abcdef", 5000, 64, 1, a), 64);
    for (int i = 0; i < 64; i++)
        assert_true(a[i] >= 8 && a[i] < 5000 && (i == 0 || a[i] > a[i - 1]));
    control_positions("0123456789abcdef", 5000, 64, 1, b);
    assert_memory_equal(a, b, sizeof a);
    control_positions("fedcba9876543210", 5000, 64, 1, b);
    assert_memory_not_equal(a, b, sizeof a);
    control_positions("0123456789abcdef", 5000, 64, 2, b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* Each of 12 positions should be drawn in a quarter of 4000 samples: within 5 standard errors. */
static void control_tokens_are_uniform(void **state)
{
    int count[20] = {0};

    (void)state;
    for (int s = 0; s < 4000; s++) {
        char fingerprint[17];
        int32_t drawn[3];
        snprintf(fingerprint, sizeof fingerprint, "%016x", s * 2654435761u);
        control_positions(fingerprint, 20, 3, 9, drawn);
        for (int i = 0; i < 3; i++)
            count[drawn[i]]++;
    }
    for (int t = 8; t < 20; t++)
        assert_true(abs(count[t] - 1000) < 5 * 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_equals_qsort),
        cmocka_unit_test(quantiles_interpolate_linearly),
        cmocka_unit_test(the_median_of_magnitudes_is_exact),
        cmocka_unit_test(control_tokens_are_distinct_and_behind_the_first),
        cmocka_unit_test(control_tokens_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
