/* Widening equals the reference, bit for bit: golden files of tests/reference/dtypes.py,
 * and closed forms where a type has few enough values to try all. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "files.h"
#include "weights/dtype.h"
#include "weights/weights.h"

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Equal bits; a NaN equals any other (their signs and payloads differ between machines). */
static void assert_same_floats(const float *got, const float *expected, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (bits_of(got[i]) == bits_of(expected[i]) || (isnan(got[i]) && isnan(expected[i])))
            continue;
        fail_msg("%s: element %zu is %a, not %a", what, i, (double)got[i], (double)expected[i]);
    }
}

/* Blocks in a file begin at any byte: the same from an odd address, and the last block alone. */
static void check_unaligned(const struct dtype *dtype, const void *blocks, size_t n_blocks, const float *expected)
{
    size_t size = n_blocks * dtype->block_bytes, n = n_blocks * dtype->block_elements;
    uint8_t *odd = xcalloc(size + 1, 1);
    float *got = xcalloc(n, sizeof *got);

    memcpy(odd + 1, blocks, size);
    dtype->widen(odd + 1, got, n);
    assert_same_floats(got, expected, n, dtype->name);
    dtype->widen(odd + 1 + size - dtype->block_bytes, got, dtype->block_elements);
    assert_same_floats(got, expected + n - dtype->block_elements, dtype->block_elements, dtype->name);
    free(odd);
    free(got);
}

/* A golden file: blocks, then the floats they stand for. */
static void check_golden(const struct dtype *dtype, const struct bytes *file)
{
    size_t n_blocks = file->n / (dtype->block_bytes + dtype->block_elements * sizeof(float));
    size_t n = n_blocks * dtype->block_elements;
    float *got = xcalloc(n, sizeof *got), *expected = xcalloc(n, sizeof *expected);

    assert_true(n_blocks >= 10);
    assert_int_equal(file->n, n_blocks * dtype->block_bytes + n * sizeof(float));
    memcpy(expected, file->data + n_blocks * dtype->block_bytes, n * sizeof *expected);
    dtype->widen(file->data, got, n);
    assert_same_floats(got, expected, n, dtype->name);
    check_unaligned(dtype, file->data, n_blocks, expected);
    free(got);
    free(expected);
}

static void golden_types_equal_the_reference(void **state)
{
    static const char *const names[] = {"Q4_0", "Q4_1", "Q5_0",   "Q5_1",   "Q8_0",  "Q2_K",    "Q3_K",    "Q4_K",
                                        "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4", "F8_E4M3", "F8_E5M2", "F8_E8M0"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        snprintf(name, sizeof name, "dtypes/%s.bin", names[i]);
        char *path = files_test_data(name);
        struct bytes file = files_read(path);
        check_golden(dtype_by_name(names[i]), &file);
        bytes_clear(&file);
        free(path);
    }
}

/* IEEE binary16, from its definition. */
static float half_value(unsigned half)
{
    int exponent = (int)(half >> 10 & 31), mantissa = (int)(half & 1023);
    double magnitude = exponent == 31  ? (mantissa ? NAN : INFINITY)
                       : exponent == 0 ? ldexp(mantissa, -24)
                                       : ldexp(1024 + mantissa, exponent - 25);

    return (float)(half & 0x8000 ? -magnitude : magnitude);
}

static void every_half_has_its_value(void **state)
{
    enum { N = 65536 };
    uint16_t *halves = xcalloc(N, sizeof *halves);
    float *got = xcalloc(N, sizeof *got), *expected = xcalloc(N, sizeof *expected);

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        halves[i] = (uint16_t)i;
        expected[i] = half_value(i);
    }
    dtype_by_name("F16")->widen(halves, got, N);
    assert_same_floats(got, expected, N, "F16");
    dtype_by_name("F16")->widen(halves + 1, got, 77); /* neither aligned nor a multiple of a vector */
    assert_same_floats(got, expected + 1, 77, "F16");
    for (unsigned i = 0; i < N; i++) {
        uint32_t bits = i << 16;
        memcpy(&expected[i], &bits, sizeof bits);
    }
    dtype_by_name("BF16")->widen(halves, got, N);
    assert_same_floats(got, expected, N, "BF16");
    dtype_by_name("BF16")->widen(halves + 3, got, 45);
    assert_same_floats(got, expected + 3, 45, "BF16");
    free(halves);
    free(got);
    free(expected);
}

static void numbers_that_are_no_weights_widen_too(void **state)
{
    const int64_t i64[] = {-1, 1LL << 40};
    const uint8_t u8[] = {255, 1};
    const double f64[] = {0.1, -3};
    float got[2];

    (void)state;
    dtype_by_name("I64")->widen(i64, got, 2);
    assert_true(got[0] == -1 && got[1] == 1099511627776.0f);
    dtype_by_name("I8")->widen(u8, got, 2);
    assert_true(got[0] == -1 && got[1] == 1);
    dtype_by_name("BOOL")->widen(u8, got, 2);
    assert_true(got[0] == 255 && got[1] == 1);
    dtype_by_name("F64")->widen(f64, got, 2);
    assert_true(got[0] == 0.1f && got[1] == -3);
}

static void rows_of_the_table_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < dtype_count(); i++) {
        const struct dtype *dtype = dtype_at(i);
        assert_ptr_equal(dtype_by_name(dtype->name), dtype);
        if (dtype->gguf_type >= 0)
            assert_ptr_equal(dtype_of_gguf((uint32_t)dtype->gguf_type), dtype);
        if (dtype->safetensors)
            assert_ptr_equal(dtype_of_safetensors(dtype->safetensors), dtype);
        assert_true(dtype->block_elements > 0 && dtype->block_bytes > 0);
    }
    assert_null(dtype_of_gguf(4)); /* Q4_2, removed from ggml */
    assert_null(dtype_of_gguf(UINT32_MAX));
    assert_null(dtype_of_safetensors("Q4_K"));
}

/* ---- block scales in a tensor of their own ---- */

/* Opens the safetensors file of that name with a config.json beside it. */
static struct weights *open_golden(char *folder, const char *name, const char *config)
{
    char data_name[64];
    struct error err;

    snprintf(data_name, sizeof data_name, "dtypes/%s.safetensors", name);
    char *path = files_test_data(data_name);
    struct bytes file = files_read(path);
    free(files_write_text(folder, "config.json", config));
    free(files_write(folder, "model.safetensors", file.data, file.n));
    struct weights *weights = weights_open(folder, false, &err);
    if (!weights)
        fail_msg("%s", err.text);
    bytes_clear(&file);
    free(path);
    return weights;
}

static void check_scaled(const struct tensor *tensor, const char *name)
{
    char data_name[64];
    size_t columns = tensor_columns(tensor), block = tensor->dtype->block_elements;

    snprintf(data_name, sizeof data_name, "dtypes/%s.f32", name);
    char *path = files_test_data(data_name);
    struct bytes expected = files_read(path);
    float *row = xcalloc(columns, sizeof *row);
    assert_int_equal(expected.n, tensor_elements(tensor) * sizeof(float));
    for (size_t i = 0; i < tensor_rows(tensor); i++) {
        const float *wanted = (const float *)expected.data + i * columns;
        tensor_widen(tensor, i, 0, columns, row);
        assert_same_floats(row, wanted, columns, name);
        tensor_widen(tensor, i, block, columns, row);
        assert_same_floats(row, wanted + block, columns - block, name);
    }
    free(row);
    free(path);
    bytes_clear(&expected);
}

static void mxfp4_pairs_are_one_tensor(void **state)
{
    char *folder = files_make_folder();
    struct weights *weights = open_golden(folder, "mxfp4", "{}");
    const struct tensor *tensor = weights_find(weights, "mlp.experts.gate_up_proj");

    (void)state;
    assert_int_equal(weights_count(weights), 1);
    assert_non_null(tensor);
    assert_null(weights_find(weights, "mlp.experts.gate_up_proj_scales"));
    assert_null(weights_find(weights, "mlp.experts.gate_up_proj_blocks"));
    assert_int_equal(tensor->n_dims, 3);
    assert_int_equal(tensor->shape[0], 2);
    assert_int_equal(tensor->shape[1], 3);
    assert_int_equal(tensor->shape[2], 64);
    check_scaled(tensor, "mxfp4");
    weights_close(weights);
    files_remove_folder(folder);
}

static void f8_with_block_scales_equals_the_reference(void **state)
{
    static const char *const names[] = {"f8_f32", "f8_bf16"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        char *folder = files_make_folder();
        struct weights *weights =
            open_golden(folder, names[i], "{\"quantization_config\": {\"weight_block_size\": [4, 128]}}");
        assert_int_equal(weights_count(weights), 1);
        check_scaled(weights_find(weights, "proj.weight"), names[i]);
        weights_close(weights);
        files_remove_folder(folder);
    }
}

/* Ones (0x38) of (130, 200), so that blocks of 128 are cut in both directions, with four scales. */
static void f8_blocks_are_128_by_128_unless_told(void **state)
{
    static const char header[] = "{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[130,200],\"data_offsets\":[0,26000]},"
                                 "\"w_scale_inv\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[26000,26016]}}";
    static const float scales[] = {1, 2, 3, 4};
    char *folder = files_make_folder();
    struct bytes file = {0};
    struct error err;
    float row[200];

    (void)state;
    files_safetensors_head(&file, header);
    for (int i = 0; i < 26000; i++)
        bytes_append(&file, "\x38", 1);
    bytes_append(&file, scales, sizeof scales);
    free(files_write(folder, "model.safetensors", file.data, file.n));
    free(files_write_text(folder, "config.json", "{}"));
    struct weights *weights = weights_open(folder, false, &err);
    assert_non_null(weights);
    for (size_t i = 0; i < 130; i++) {
        tensor_widen(weights_find(weights, "w"), i, 0, 200, row);
        for (size_t j = 0; j < 200; j++)
            assert_true(row[j] == scales[i / 128 * 2 + j / 128]);
    }
    weights_close(weights);
    bytes_clear(&file);
    files_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_types_equal_the_reference),
        cmocka_unit_test(every_half_has_its_value),
        cmocka_unit_test(numbers_that_are_no_weights_widen_too),
        cmocka_unit_test(rows_of_the_table_agree),
        cmocka_unit_test(mxfp4_pairs_are_one_tensor),
        cmocka_unit_test(f8_with_block_scales_equals_the_reference),
        cmocka_unit_test(f8_blocks_are_128_by_128_unless_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
