/* Products of pairs of bfloat16: the CPU's own where it has them, and their C code with
 * the instruction emulated (emulated_avx512.h) on any CPU with AVX2 and FMA. */
#include "test.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/bf16.h"
#include "base/memory.h"
#include "kernel/bfloat16.h"
#include "kernel/rounded.h"
#include "model/linear.h"
#include "random_floats.h"

enum { ROWS = 125, COLUMNS = 75, WIDTH = 80 };

#ifdef SINKGRID_EMULATED_AVX512
extern const struct pair_products native_emulated_pairs_products;
extern const struct kernel native_avx2_kernel;
#endif

static const struct pair_products *products[2];
static int n_products;

static int choose_products(void **state)
{
    (void)state;
    if (bfloat16_hardware())
        products[n_products++] = bfloat16_hardware();
    else
        print_message("bfloat16 products: not on this CPU\n");
#ifdef SINKGRID_EMULATED_AVX512
    if (kernel_supported(&native_avx2_kernel))
        products[n_products++] = &native_emulated_pairs_products;
#else
    print_message("emulated bfloat16 products: not built: no SIMDe (Debian: libsimde-dev)\n");
#endif
    return 0;
}

static void need_products(void)
{
    if (n_products > 0)
        return;
    print_message("nothing to compare here: neither bfloat16 products nor AVX2 with SIMDe\n");
    skip();
}

static float *rounded_floats(size_t n, uint64_t stream)
{
    float *x = random_floats(13, n, stream);

    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(x[i]);
    return x;
}

/* c (m, COLUMNS) of the definition in double: within float32's rounding of the sums. */
static void assert_product(size_t m, size_t k, const float *a, const float *b, const float *c)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            double sum = 0, scale = 0;
            for (size_t p = 0; p < k; p++) {
                double term = (double)a[i * KERNEL_DEPTH + p] * b[j * KERNEL_DEPTH + p];
                sum += term;
                scale += fabs(term);
            }
            assert_true(fabs(c[i * WIDTH + j] - sum) <= 1e-6 * scale);
        }
}

/* Even and odd depths, every remainder of rows; plain rows and packed ones have the same
 * bits, and so has a row alone. */
static void products_equal_their_definition(void **state)
{
    static const size_t depths[] = {1, 2, 3, 77, 255, KERNEL_DEPTH};
    float *a = rounded_floats(ROWS * KERNEL_DEPTH, 1), *b = rounded_floats(COLUMNS * KERNEL_DEPTH, 2);
    float *slab = float_alloc(kernel_slab_floats(COLUMNS, KERNEL_DEPTH), "slab", NULL);
    float *packed = float_alloc(kernel_packed_floats(ROWS, KERNEL_DEPTH), "rows", NULL);
    static float plain[ROWS * WIDTH], other[ROWS * WIDTH], alone[WIDTH];

    (void)state;
    need_products();
    for (int i = 0; i < n_products; i++)
        for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
            size_t k = depths[d];
            products[i]->pack(COLUMNS, k, b, KERNEL_DEPTH, slab);
            for (size_t m = ROWS - 12; m <= ROWS; m++) {
                products[i]->multiply(0, m, COLUMNS, k, a, KERNEL_DEPTH, slab, plain, WIDTH, false);
                products[i]->pack_rows(m, k, a, KERNEL_DEPTH, packed);
                products[i]->multiply_packed(m, COLUMNS, k, packed, slab, other, WIDTH, false);
                for (size_t r = 0; r < m; r++)
                    assert_memory_equal(plain + r * WIDTH, other + r * WIDTH, COLUMNS * sizeof *plain);
            }
            assert_product(ROWS, k, a, b, plain);
            products[i]->multiply(0, 1, COLUMNS, k, a + 100 * KERNEL_DEPTH, KERNEL_DEPTH, slab, alone, WIDTH, false);
            assert_memory_equal(alone, plain + 100 * WIDTH, COLUMNS * sizeof *alone);
        }
    float_free(a);
    float_free(b);
    float_free(slab);
    float_free(packed);
}

static void the_check_tells_right_from_wrong(void **state)
{
    struct pair_products wrong;

    (void)state;
    need_products();
    for (int i = 0; i < n_products; i++) {
        assert_true(pair_products_deviation(products[i]) < 1e-6);
        wrong = *products[i];
        wrong.pack = kernel_select(NULL)->pack; /* floats taken for pairs */
        assert_false(pair_products_deviation(&wrong) < 1e-5);
    }
}

enum { TOKENS = 530, N_IN = 301, N_OUT = 40, PADDED_OUT = 48 }; /* parts of rows, two blocks, the second odd */

static void apply(const struct kernel *kernel, const float *weight, const float *x, bool packed, float *y)
{
    struct tensor tensor = {.name = "w", .dtype = dtype_by_name("F32"), .n_dims = 2, .shape = {N_OUT, N_IN},
                            .data = weight, .size = N_OUT * N_IN * sizeof(float)};
    struct row_span span = {.n = TOKENS};
    struct rows rows = {.n = TOKENS, .spans = &span, .n_spans = 1};
    struct linear linear;
    struct linear_job job = {.linear = &linear, .x = x, .ldx = N_IN, .y = y, .ldy = PADDED_OUT};

    linear_init(&linear, &tensor, 0, N_OUT, N_IN);
    if (packed)
        rows.packed = float_alloc(kernel_packed_floats(TOKENS, N_IN), "rows", NULL);
    linear_apply(kernel, &job, 1, &rows);
    float_free(rows.packed);
}

/* A linear map differs from the one with emulated products by the last bit of a bfloat16
 * at most, where a sum lies near the middle of two of them; and rarely. */
static void linear_maps_agree_with_emulated_ones(void **state)
{
    float *weight = random_floats(13, N_OUT * N_IN, 3), *x = rounded_floats(TOKENS * N_IN, 4);
    static float expected[TOKENS * PADDED_OUT], got[TOKENS * PADDED_OUT];

    (void)state;
    need_products();
    omp_set_num_threads(2);
    apply(kernel_rounded(kernel_select(NULL), NULL), weight, x, true, expected);
    for (int i = 0; i < 2 * n_products; i++) {
        size_t n_other = 0;
        apply(kernel_rounded(kernel_select(NULL), products[i / 2]), weight, x, i % 2, got);
        for (size_t r = 0; r < TOKENS; r++)
            for (size_t j = 0; j < N_OUT; j++) {
                double e = expected[r * PADDED_OUT + j], g = got[r * PADDED_OUT + j];
                assert_true(fabs(g - e) <= ldexp(fabs(e), -7) + 1e-4);
                n_other += g != e;
            }
        assert_true(n_other < TOKENS * N_OUT / 100);
    }
    float_free(weight);
    float_free(x);
}

static void the_choice_is_the_users(void **state)
{
    struct error err = {""};

    (void)state;
    assert_int_equal(unsetenv("SINKGRID_BFLOAT16"), 0);
    assert_non_null(bfloat16_kernel(&err));
    assert_false(bfloat16_kernel(&err)->pairs);
    assert_non_null(strstr(bfloat16_description(), "emulated: "));
    assert_int_equal(setenv("SINKGRID_BFLOAT16", "fast", 1), 0);
    assert_null(bfloat16_kernel(&err));
    assert_non_null(strstr(err.text, "\"fast\" is neither \"emulated\" nor \"hardware\""));
    assert_int_equal(setenv("SINKGRID_BFLOAT16", "hardware", 1), 0);
    const struct kernel *kernel = bfloat16_kernel(&err);
    if (bfloat16_hardware()) {
        assert_true(kernel && kernel->pairs);
        assert_non_null(strstr(bfloat16_description(), bfloat16_hardware()->name));
    } else {
        assert_null(kernel);
        assert_non_null(strstr(err.text, "this CPU has no bfloat16 products"));
        assert_string_equal(bfloat16_description(), err.text);
    }
    unsetenv("SINKGRID_BFLOAT16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_their_definition),
        cmocka_unit_test(the_check_tells_right_from_wrong),
        cmocka_unit_test(linear_maps_agree_with_emulated_ones),
        cmocka_unit_test(the_choice_is_the_users),
    };
    return cmocka_run_group_tests(tests, choose_products, NULL);
}
