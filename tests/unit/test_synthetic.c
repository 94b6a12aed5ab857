/* Random weights without a file. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "weights/weights.h"

#define SMALL "synthetic:llama?layers=3&embd=64&heads=4&kv_heads=2&mlp=96&vocab=50"

static struct weights *open_path(const char *path, bool header_only)
{
    struct error err;
    struct weights *weights = weights_open(path, header_only, &err);

    if (!weights)
        fail_msg("%s", err.text);
    return weights;
}

static void assert_shape(const struct weights *weights, const char *name, size_t rows, size_t columns)
{
    const struct tensor *tensor = weights_find(weights, name);

    assert_non_null(tensor);
    assert_int_equal(tensor_rows(tensor), rows);
    assert_int_equal(tensor_columns(tensor), columns);
}

static void tensors_are_those_of_a_llama_folder(void **state)
{
    struct weights *weights = open_path(SMALL, false);
    long value = 0;
    struct error err;

    (void)state;
    assert_string_equal(weights_format(weights), "synthetic");
    assert_int_equal(weights_count(weights), 3 + 3 * 9);
    assert_shape(weights, "model.embed_tokens.weight", 50, 64);
    assert_shape(weights, "model.layers.2.self_attn.q_proj.weight", 64, 64);
    assert_shape(weights, "model.layers.2.self_attn.k_proj.weight", 32, 64);
    assert_shape(weights, "model.layers.2.mlp.down_proj.weight", 64, 96);
    assert_shape(weights, "model.layers.0.input_layernorm.weight", 1, 64);
    assert_shape(weights, "lm_head.weight", 50, 64);
    assert_int_equal(json_get_long(weights_config(weights), "num_key_value_heads", &value, &err), 0);
    assert_int_equal(value, 2);
    weights_close(weights);
}

/* Uniform with variance 1 / n: for 64 x 96 numbers the sample variance is within 6 % (its standard
 * deviation is sqrt(0.8 / N) = 1.1 % of it), none is beyond sqrt(3 / n). */
static void linear_maps_have_variance_one_over_inputs(void **state)
{
    enum { ROWS = 64, N = 96 };
    struct weights *weights = open_path(SMALL "&dtype=BF16", false);
    const struct tensor *tensor = weights_find(weights, "model.layers.1.mlp.down_proj.weight");
    float row[N];
    double sum = 0, square = 0;

    (void)state;
    assert_string_equal(tensor->dtype->name, "BF16");
    for (size_t i = 0; i < ROWS; i++) {
        tensor_widen(tensor, i, 0, N, row);
        for (size_t j = 0; j < N; j++) {
            sum += (double)row[j];
            square += (double)row[j] * (double)row[j];
            assert_true(fabs((double)row[j]) <= sqrt(3.0 / N));
        }
    }
    assert_true(fabs(sum / (ROWS * N)) < 6 * sqrt(1.0 / N / (ROWS * N)));
    assert_true(fabs(square / (ROWS * N) * N - 1) < 0.06);
    weights_close(weights);
}

static void the_seed_decides(void **state)
{
    static const char *const paths[] = {SMALL, SMALL, SMALL "&seed=2", SMALL "&context=8192"};
    char hex[4][SHA256_HEX_SIZE];
    struct error err;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct weights *weights = open_path(paths[i], false);
        assert_int_equal(weights_fingerprint(weights, true, hex[i], &err), 0);
        weights_close(weights);
    }
    assert_string_equal(hex[0], hex[1]);
    assert_string_not_equal(hex[0], hex[2]);
    assert_string_not_equal(hex[0], hex[3]);
}

/* Llama 2 70B in no time. */
static void headers_cost_nothing(void **state)
{
    struct weights *weights =
        open_path("synthetic:llama?layers=80&embd=8192&heads=64&kv_heads=8&mlp=28672&vocab=32000", true);
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < weights_count(weights); i++) {
        n += tensor_elements(weights_at(weights, i));
        assert_null(weights_at(weights, i)->data);
    }
    assert_true(n == 68976648192u); /* the published number of parameters */
    weights_close(weights);
}

static void wrong_settings_are_refused(void **state)
{
    static const struct {
        const char *path, *reason;
    } rows[] = {
        {"synthetic:llama?layer=2", "unknown setting \"layer\""},
        {"synthetic:llama?layers", "is not KEY=VALUE"},
        {"synthetic:llama?layers=0", "layers=0: not a number from 1"},
        {"synthetic:llama?layers=2x", "not a number"},
        {"synthetic:llama?dtype=Q4_K", "neither F32 nor BF16"},
        {"synthetic:llama?heads=4&kv_heads=3", "no multiple of kv_heads"},
        {"synthetic:llama2", "question mark"},
        {"synthetic:llama?vocab=1000000000&embd=1000000000&heads=1&mlp=1000000000&layers=9", "overflow"},
        {"synthetic:gpt2", "No such file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err;
        assert_null(weights_open(rows[i].path, true, &err));
        if (!strstr(err.text, rows[i].reason))
            fail_msg("\"%s\" does not contain \"%s\"", err.text, rows[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_those_of_a_llama_folder),
        cmocka_unit_test(linear_maps_have_variance_one_over_inputs),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(headers_cost_nothing),
        cmocka_unit_test(wrong_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
