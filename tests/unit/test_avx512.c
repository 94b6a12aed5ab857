/* The AVX-512 kernel against the AVX2 one, bit by bit: its C code runs on any CPU with
 * AVX2 and FMA through SIMDe's emulation of the instructions (emulated_avx512.h), and
 * as it is where the CPU has AVX-512. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "random_floats.h"

enum { ROWS = 29, COLUMNS = 75, LENGTH = 150, WIDTH = 80, EXTRA = 16 };

#ifdef SINKGRID_KERNELS_X86
extern const struct kernel native_avx2_kernel, native_avx512_kernel;
#endif
#ifdef SINKGRID_EMULATED_AVX512
extern const struct kernel native_emulated_kernel;
#endif

static const struct kernel *reference;
static const struct kernel *kernels[2]; /* to be compared with it */
static int n_kernels;
static float *a, *b, *c; /* random, (LENGTH, KERNEL_DEPTH) each */

static int choose_kernels(void **state)
{
    (void)state;
#ifdef SINKGRID_KERNELS_X86
    if (kernel_supported(&native_avx2_kernel))
        reference = &native_avx2_kernel;
    if (reference && kernel_supported(&native_avx512_kernel))
        kernels[n_kernels++] = &native_avx512_kernel;
    else
        print_message("native-avx512: not on this CPU\n");
#endif
#ifdef SINKGRID_EMULATED_AVX512
    if (reference)
        kernels[n_kernels++] = &native_emulated_kernel;
#else
    print_message("native-emulated: not built: no SIMDe (Debian: libsimde-dev)\n");
#endif
    a = random_floats(11, LENGTH * KERNEL_DEPTH, 1);
    b = random_floats(11, LENGTH * KERNEL_DEPTH, 2);
    c = random_floats(11, LENGTH * KERNEL_DEPTH, 3);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    float_free(a);
    float_free(b);
    float_free(c);
    return 0;
}

static void need_kernels(void)
{
    if (n_kernels > 0)
        return;
    print_message("nothing to compare here: neither AVX-512 nor AVX2 with SIMDe\n");
    skip();
}

/* c (m, n) of a (m, k) and n columns of b, added to what `c` holds, from plain rows or packed ones. */
static void multiply(const struct kernel *kernel, bool packed, size_t m, size_t n, size_t k, float *to)
{
    float *slab = float_alloc(kernel_slab_floats(n, k), "slab", NULL);
    float *rows = float_alloc(kernel_packed_floats(m, k), "rows", NULL);

    kernel->pack(n, k, b, KERNEL_DEPTH, slab);
    memcpy(to, c, m * WIDTH * sizeof *to);
    if (packed) {
        kernel->pack_rows(m, k, a, KERNEL_DEPTH, rows);
        kernel->multiply_packed(m, n, k, rows, slab, to, WIDTH, true);
    } else {
        kernel->multiply(0, m, n, k, a, KERNEL_DEPTH, slab, to, WIDTH, true);
    }
    float_free(slab);
    float_free(rows);
}

static void assert_rows_equal(size_t m, size_t n, const float *x, const float *y)
{
    for (size_t r = 0; r < m; r++)
        assert_memory_equal(x + r * WIDTH, y + r * WIDTH, n * sizeof *x);
}

/* Every remainder of rows, columns and inner indices that either kernel's tiles leave. */
static void products_have_the_same_bits(void **state)
{
    static const size_t depths[] = {1, 2, 3, 64, 255, KERNEL_DEPTH};
    static float expected[ROWS * WIDTH], got[ROWS * WIDTH];

    (void)state;
    need_kernels();
    for (int i = 0; i < n_kernels; i++)
        for (size_t m = 1; m <= ROWS; m++)
            for (size_t n = 1; n <= COLUMNS; n += 7)
                for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
                    multiply(reference, false, m, n, depths[d], expected);
                    multiply(kernels[i], false, m, n, depths[d], got);
                    assert_rows_equal(m, n, expected, got);
                    multiply(kernels[i], true, m, n, depths[d], got);
                    assert_rows_equal(m, n, expected, got);
                }
}

/* Scores of `n_dims` against KERNEL_DEPTH keys, then values weighted with them. */
static void attend(const struct kernel *kernel, size_t n_dims, float *scores, float *values)
{
    size_t n_keys = kernel_slab_floats(KERNEL_DEPTH, n_dims), n_values = kernel_slab_floats(n_dims, KERNEL_DEPTH);
    float *keys = float_alloc(n_keys, "keys", NULL), *slab = float_alloc(n_values, "values", NULL);

    memset(slab, 0, n_values * sizeof *slab); /* dimensions that fill the last panel */
    for (size_t t = 0; t < KERNEL_DEPTH; t++) {
        kernel->put_key(n_dims, t, b + t * LENGTH, keys);
        kernel->put_value(n_dims, t, c + t * LENGTH, slab);
    }
    kernel->multiply_keys(0, ROWS, KERNEL_DEPTH, n_dims, a, LENGTH, keys, keys, scores, KERNEL_DEPTH);
    kernel->multiply_values(0, ROWS, n_dims, KERNEL_DEPTH, scores, KERNEL_DEPTH, slab, slab, values, LENGTH, false);
    float_free(keys);
    float_free(slab);
}

static void attention_has_the_same_bits(void **state)
{
    static const size_t dims[] = {16, 64, 80, 128};
    static float expected_scores[ROWS * KERNEL_DEPTH], scores[ROWS * KERNEL_DEPTH];
    static float expected[ROWS * LENGTH], got[ROWS * LENGTH];

    (void)state;
    need_kernels();
    for (int i = 0; i < n_kernels; i++)
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
            attend(reference, dims[d], expected_scores, expected);
            attend(kernels[i], dims[d], scores, got);
            assert_memory_equal(expected_scores, scores, sizeof scores);
            for (size_t r = 0; r < ROWS; r++)
                assert_memory_equal(expected + r * LENGTH, got + r * LENGTH, dims[d] * sizeof *got);
        }
}

/* All functions of rows of n floats; what they return, and the rows that they write, one after the other. Rows
 * end with a float that must stay. */
static size_t compute_rows(const struct kernel *kernel, size_t n, float *to)
{
    const float *rows[KERNEL_DOTS] = {a, b, c, a + 1};
    float *start = to, bound = n > 0 ? fabsf(a[n / 2]) : 0.5f;

    *to++ = kernel->sum_squares(n, a);
    *to++ = kernel->dot(n, a, b);
    to[KERNEL_DOTS] = kernel->dots(n, b, KERNEL_DOTS, rows, to);
    to += KERNEL_DOTS + 1;
    *to++ = kernel->sum(n, a);
    *to++ = kernel->sum_square_deviations(n, a, 0.25f);
    *to++ = kernel->max_abs(n, a);
    *to++ = kernel->largest(n, a);
    *to++ = (float)kernel->count_abs_not_above(n, a, bound);
    *to++ = kernel->least_abs_above(n, a, bound);
    *to++ = kernel->all_finite(n, a);
#define ROW(call)                                                                                                      \
    memcpy(to, c, (n + EXTRA) * sizeof *to);                                                                           \
    call;                                                                                                              \
    to += n + EXTRA
    ROW(kernel->scale_rms(n, a, 1.7f, b, 1.0f, true, to));
    ROW(kernel->scale_layer(n, a, 0.1f, 1.7f, b, c, to));
    ROW(kernel->scale_layer(n, a, 0.1f, 1.7f, b, NULL, to));
    ROW(kernel->add(n, a, to));
    ROW(kernel->add_scaled(n, 0.3f, a, to));
    ROW(kernel->scale(n, 0.3f, a, to));
    ROW(kernel->multiply_rows(n, a, b, to));
    ROW(kernel->silu(n, a, to));
    ROW(kernel->gelu_tanh(n, a, to));
    ROW(kernel->tanh_cap(n, 0.8f, to));
    ROW(kernel->add_columns(7, n, b, KERNEL_DEPTH, a, to));
#undef ROW
    memcpy(to, c, (n + EXTRA) * sizeof *to);
    to[n + EXTRA] = kernel->exp2_shifted(n, 5.0f, to);
    return (size_t)(to + n + EXTRA + 1 - start);
}

static void rows_have_the_same_bits(void **state)
{
    static float expected[64 + 13 * (LENGTH + EXTRA)], got[64 + 13 * (LENGTH + EXTRA)];

    (void)state;
    need_kernels();
    for (int i = 0; i < n_kernels; i++)
        for (size_t n = 0; n <= LENGTH; n++) {
            size_t n_floats = compute_rows(reference, n, expected);
            assert_int_equal(compute_rows(kernels[i], n, got), n_floats);
            assert_memory_equal(expected, got, n_floats * sizeof *got);
        }
}

/* Lanes behind the end of a row, and not finite ones in it. */
static void what_is_not_finite_is_found(void **state)
{
    (void)state;
    need_kernels();
    for (int i = 0; i < n_kernels; i++)
        for (size_t n = 1; n <= 70; n++) {
            float x[71] = {0};
            x[n] = NAN;
            assert_true(kernels[i]->all_finite(n, x));
            x[n - 1] = INFINITY;
            assert_false(kernels[i]->all_finite(n, x));
            assert_true(kernels[i]->max_abs(n, x) == INFINITY);
        }
}

static void plain_c_agrees(void **state)
{
    (void)state;
    need_kernels();
    for (int i = 0; i < n_kernels; i++)
        assert_true(kernel_deviation(kernels[i]) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_have_the_same_bits),
        cmocka_unit_test(attention_has_the_same_bits),
        cmocka_unit_test(rows_have_the_same_bits),
        cmocka_unit_test(what_is_not_finite_is_found),
        cmocka_unit_test(plain_c_agrees),
    };
    return cmocka_run_group_tests(tests, choose_kernels, free_all);
}
