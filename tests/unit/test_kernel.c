#include "test.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "kernel/openblas.h"
#include "kernel/openblas_core.h"
#include "random_floats.h"

enum { M = 203, N = 75, K = 256, PADDED = 80 };

static void the_number_of_threads_stays(void **state)
{
    int n_threads = omp_get_max_threads();

    (void)state;
    omp_set_num_threads(3);
    openblas_start();
    assert_int_equal(omp_get_max_threads(), 3);
    omp_set_num_threads(n_threads);
}

static void every_kernel_equals_plain_c(void **state)
{
    (void)state;
    for (const struct kernel *const *k = kernel_table(); *k; k++) {
        if (!kernel_supported(*k)) {
            print_message("kernel %s: not on this CPU\n", (*k)->name);
            continue;
        }
        double deviation = kernel_deviation(*k);
        if (!(deviation < 1e-6))
            print_error("%s deviates by %g\n", (*k)->name, deviation);
        assert_true(deviation < 1e-6);
    }
}

struct product {
    float *a, *b, *slab;
};

/* Rows [begin, end) of the sample, in one call. */
static void multiply(const struct kernel *kernel, const struct product *p, size_t begin, size_t end, float *c)
{
    kernel->multiply(begin, end - begin, N, K, p->a + begin * K, K, p->slab, c + begin * PADDED, PADDED, false);
}

/* The same of scores of keys, the slab read ahead or not. */
static void multiply_keys(const struct kernel *kernel, const struct product *p, size_t begin, size_t end, float *c)
{
    kernel->multiply_keys(begin, end - begin, N, K, p->a + begin * K, K, p->slab, begin % 2 ? p->slab : NULL,
                          c + begin * PADDED, PADDED);
}

/* The same product in pieces of 1, 2, 3, ... rows has the same bits. */
static void products_do_not_depend_on_the_rows_of_a_call(void **state)
{
    struct product p = {random_floats(7, M * K, 1), random_floats(7, N * K, 2), NULL};
    float *whole = random_floats(7, M * PADDED, 3), *pieces = random_floats(7, M * PADDED, 4);

    (void)state;
    for (const struct kernel *const *k = kernel_table(); *k; k++) {
        if (!kernel_supported(*k))
            continue;
        p.slab = float_alloc(kernel_slab_floats(N, K), "slab", NULL);
        (*k)->pack(N, K, p.b, K, p.slab);
        multiply(*k, &p, 0, M, whole);
        for (size_t begin = 0, n = 1; begin < M; begin += n++)
            (n % 3 ? multiply : multiply_keys)(*k, &p, begin, begin + n < M ? begin + n : M, pieces);
        for (size_t i = 0; i < M; i++)
            assert_memory_equal(whole + i * PADDED, pieces + i * PADDED, N * sizeof *whole);
        float_free(p.slab);
    }
    float_free(p.a);
    float_free(p.b);
    float_free(whole);
    float_free(pieces);
}

/* Rows in the kernel's own order give the same bits, for every remainder of rows and of
 * inner indices. */
static void packed_rows_give_the_same_product(void **state)
{
    float *a = random_floats(7, M * K, 1), *b = random_floats(7, N * K, 2);
    float *plain = random_floats(7, M * PADDED, 3), *packed = random_floats(7, M * PADDED, 4);
    float *rows = float_alloc(kernel_packed_floats(M, K), "rows", NULL);
    float *slab = float_alloc(kernel_slab_floats(N, K), "slab", NULL);

    (void)state;
    for (const struct kernel *const *k = kernel_table(); *k; k++) {
        if (!kernel_supported(*k) || !(*k)->pack_rows)
            continue;
        for (size_t m = M - 12; m <= M; m++)
            for (size_t depth = K - 5; depth <= K; depth++) {
                (*k)->pack(N, depth, b, K, slab);
                (*k)->pack_rows(m, depth, a, K, rows);
                (*k)->multiply(0, m, N, depth, a, K, slab, plain, PADDED, false);
                (*k)->multiply_packed(m, N, depth, rows, slab, packed, PADDED, false);
                for (size_t i = 0; i < m; i++)
                    assert_memory_equal(plain + i * PADDED, packed + i * PADDED, N * sizeof *plain);
            }
    }
    float_free(a);
    float_free(b);
    float_free(plain);
    float_free(packed);
    float_free(rows);
    float_free(slab);
}

/* 2^x over its domain against libm's double: the stated error of attention weights. */
static void exp2_is_accurate_to_two_ulp(void **state)
{
    const struct kernel *kernel = kernel_select(NULL);
    double worst = 0;
    float x[64], y[64];

    (void)state;
    for (double start = -126; start < -0.01; start += 0.01) {
        for (int i = 0; i < 64; i++)
            x[i] = y[i] = (float)(start + 0.01 * i / 64);
        kernel->exp2_shifted(64, 0.0f, y);
        for (int i = 0; i < 64; i++)
            worst = fmax(worst, fabs(y[i] / exp2((double)x[i]) - 1));
    }
    assert_true(worst < 2 * 0x1p-23);
    x[0] = -200.0f;
    x[1] = -INFINITY;
    x[2] = 3.0f;
    assert_true(kernel->exp2_shifted(3, 3.0f, x) == 1.0f);
    assert_true(x[0] == 0x1p-126f && x[1] == 0x1p-126f && x[2] == 1.0f);
}

/* Sums of any length count each element once. */
static void exp2_sums_its_results(void **state)
{
    const struct kernel *kernel = kernel_select(NULL);
    float x[100];

    (void)state;
    for (size_t n = 0; n <= 100; n++) {
        for (size_t i = 0; i < n; i++)
            x[i] = -1.0f;
        assert_true(kernel->exp2_shifted(n, 0.0f, x) == 0.5f * (float)n);
    }
}

static void activations_equal_their_formulas(void **state)
{
    const struct kernel *kernel = kernel_select(NULL);
    float x[1001], y[1001];

    (void)state;
    for (int i = 0; i < 1001; i++)
        x[i] = (float)(i - 500) / 25.0f;
    kernel->silu(1001, x, y);
    for (int i = 0; i < 1001; i++) {
        double v = x[i], expected = v / (1 + exp(-v));
        assert_true(fabs(y[i] - expected) <= 1e-6 * fabs(expected) + 1e-12);
    }
    kernel->gelu_tanh(1001, x, y);
    for (int i = 0; i < 1001; i++) {
        double v = x[i], expected = 0.5 * v * (1 + tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
        assert_true(fabs(y[i] - expected) <= 1e-6 * fabs(v));
    }
    memcpy(y, x, sizeof y);
    kernel->tanh_cap(1001, 3.0f, y);
    for (int i = 0; i < 1001; i++) {
        double expected = 3 * tanh(x[i] / 3.0);
        assert_true(fabs(y[i] - expected) <= 1e-6 * fabs(expected));
    }
}

static void reductions_equal_their_sums(void **state)
{
    const struct kernel *kernel = kernel_select(NULL);
    float *x = random_floats(7, 1000, 5), *y = random_floats(7, 1000, 6);

    (void)state;
    for (size_t n = 0; n < 1000; n += 37) {
        double dot = 0, scale = 1e-30, most = 0;
        size_t below = 0;
        for (size_t i = 0; i < n; i++) {
            dot += (double)x[i] * y[i];
            scale += fabs((double)x[i] * y[i]);
            most = fmax(most, fabs(x[i]));
            below += fabs(x[i]) <= 0.5;
        }
        assert_true(fabs(kernel->dot(n, x, y) - dot) <= 1e-6 * scale);
        assert_true(kernel->max_abs(n, x) == (float)most);
        assert_int_equal(kernel->count_abs_not_above(n, x, 0.5f), below);
    }
    assert_true(kernel->all_finite(1000, x));
    x[991] = NAN;
    assert_false(kernel->all_finite(1000, x));
    x[991] = -INFINITY;
    assert_false(kernel->all_finite(1000, x));
    float_free(x);
    float_free(y);
}

static void column_sums_are_one_chain_an_element(void **state)
{
    enum { ROWS = 9, COLUMNS = 53 };
    const struct kernel *kernel = kernel_select(NULL);
    float *p = random_floats(7, ROWS * COLUMNS, 8), *w = random_floats(7, ROWS, 9);
    float sums[COLUMNS] = {0}, pieces[COLUMNS] = {0};

    (void)state;
    kernel->add_columns(ROWS, COLUMNS, p, COLUMNS, w, sums);
    kernel->add_columns(4, COLUMNS, p, COLUMNS, w, pieces);
    kernel->add_columns(ROWS - 4, COLUMNS, p + 4 * COLUMNS, COLUMNS, w + 4, pieces);
    assert_memory_equal(sums, pieces, sizeof sums);
    for (int j = 0; j < COLUMNS; j++) {
        double expected = 0;
        for (int r = 0; r < ROWS; r++)
            expected += (double)w[r] * p[r * COLUMNS + j];
        assert_true(fabs(sums[j] - expected) < 1e-5);
    }
    float_free(p);
    float_free(w);
}

static void an_unknown_kernel_is_refused(void **state)
{
    struct error err;

    (void)state;
    setenv("SINKGRID_KERNEL", "abacus", 1);
    assert_null(kernel_select(&err));
    assert_non_null(strstr(err.text, "abacus"));
    unsetenv("SINKGRID_KERNEL");
    assert_non_null(kernel_select(&err));
}

/* OpenBLAS 0.3.21 says Haswell on a Zen 5; a Zen 3 must not get AVX-512. */
static void openblas_gets_the_core_that_the_cpu_has(void **state)
{
    static const struct {
        const char *core;
        struct cpu_features cpu;
        const char *better;
    } rows[] = {
        {"Haswell", {.avx512 = true, .avx2 = true}, "SKYLAKEX"},
        {"Zen", {.avx512 = true, .avx2 = true}, "SKYLAKEX"},
        {"Zen", {.avx512 = false, .avx2 = true}, NULL},
        {"Haswell", {.avx512 = false, .avx2 = true}, NULL},
        {"SkylakeX", {.avx512 = true, .avx2 = true}, NULL},
        {"Cooperlake", {.avx512 = true, .avx2 = true}, NULL},
        {"Sandybridge", {.avx512 = false, .avx2 = true}, "HASWELL"},
        {"Prescott", {.avx512 = false, .avx2 = false}, NULL},
        {"neoversen1", {.avx512 = false, .avx2 = false}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *better = openblas_better_core(rows[i].core, rows[i].cpu);
        if (rows[i].better)
            assert_string_equal(better, rows[i].better);
        else
            assert_null(better);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_kernel_is_refused),
        cmocka_unit_test(the_number_of_threads_stays),
        cmocka_unit_test(openblas_gets_the_core_that_the_cpu_has),
        cmocka_unit_test(every_kernel_equals_plain_c),
        cmocka_unit_test(products_do_not_depend_on_the_rows_of_a_call),
        cmocka_unit_test(packed_rows_give_the_same_product),
        cmocka_unit_test(exp2_is_accurate_to_two_ulp),
        cmocka_unit_test(exp2_sums_its_results),
        cmocka_unit_test(activations_equal_their_formulas),
        cmocka_unit_test(reductions_equal_their_sums),
        cmocka_unit_test(column_sums_are_one_chain_an_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
