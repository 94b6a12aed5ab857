#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/hparams_read.h"
#include "model/rope.h"

enum { MAX_PAIRS = 64 };

static struct rope rope_of(double theta, int n_dims)
{
    struct rope rope = rope_default();

    rope.theta = theta;
    rope.n_dims = n_dims;
    rope.factor = 1;
    rope.original_positions = 64;
    return rope;
}

static void assert_near(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 2e-6 * fabs(expected)))
        fail_msg("%.9g, expected %.9g", actual, expected);
}

/* theta^(-2 i / n) */
static double plain(const struct rope *rope, int i)
{
    return pow(rope->theta, -2.0 * i / rope->n_dims);
}

static void plain_and_linear(void **state)
{
    struct rope rope = rope_of(10000, 24);
    float f[MAX_PAIRS], factor;

    (void)state;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(factor, 1);
    for (int i = 0; i < 12; i++)
        assert_near(f[i], plain(&rope, i));
    rope.scaling = ROPE_SCALING_LINEAR;
    rope.factor = 2.5;
    rope_frequencies(&rope, 100, f, &factor);
    for (int i = 0; i < 12; i++)
        assert_near(f[i], plain(&rope, i) / 2.5);
}

/* An odd number of dimensions has one pair more, as transformers has it. */
static void odd_dimensions(void **state)
{
    struct rope rope = rope_of(10000, 7);
    struct rope_table table;
    float f[MAX_PAIRS], factor;

    (void)state;
    rope_frequencies(&rope, 100, f, &factor);
    for (int i = 0; i < 4; i++)
        assert_near(f[i], pow(10000, -2.0 * i / 7));
    assert_int_equal(rope_table_init(&table, &rope, 10, NULL), 0);
    assert_int_equal(table.half, 4);
    rope_table_clear(&table);
    assert_int_equal(rope_check(&rope, 8, NULL), 0);
    assert_int_equal(rope_check(&rope, 7, NULL), -1);
}

/* NTK: at n positions beyond the original N the base is theta (s n / N - s + 1)^(d / (d - 2)),
 * so that the last frequency is divided by just s n / N - s + 1. */
static void dynamic_stretches_with_the_length(void **state)
{
    struct rope rope = rope_of(10000, 32);
    float f[MAX_PAIRS], factor;

    (void)state;
    rope.scaling = ROPE_SCALING_DYNAMIC;
    rope.factor = 4;
    assert_true(rope_depends_on_length(&rope));
    rope_frequencies(&rope, 64, f, &factor);
    for (int i = 0; i < 16; i++)
        assert_near(f[i], plain(&rope, i));
    rope_frequencies(&rope, 160, f, &factor);
    assert_near(f[0], 1);
    assert_near(f[15], plain(&rope, 15) / (4.0 * 160 / 64 - 3));
}

/* Llama 3.1: wavelengths below 64 / 4 are kept, above 64 / 1 divided by 8, and the one in the middle of the
 * ramp, where positions / wavelength is (1 + 4) / 2, is the mean of both. */
static void llama3_divides_long_waves(void **state)
{
    const double pi = 3.14159265358979323846;
    double middle = 2 * pi * 2.5 / 64;              /* the frequency of that wavelength */
    struct rope rope = rope_of(1 / (middle * middle), 4); /* frequencies 1 and 1 / sqrt(theta) = middle */
    float f[MAX_PAIRS], factor;

    (void)state;
    rope.scaling = ROPE_SCALING_LLAMA3;
    rope.factor = 8;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(f[0], 1);
    assert_near(f[1], (middle + middle / 8) / 2);
    rope.theta = 1e6;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(f[1], 1e-3 / 8);
}

/* YaRN: more than beta_fast turns over the original positions: kept; fewer than beta_slow: divided. */
static void yarn_keeps_fast_divides_slow(void **state)
{
    const double pi = 3.14159265358979323846;
    struct rope rope = rope_of(10000, 64);
    float f[MAX_PAIRS], factor;

    (void)state;
    rope.scaling = ROPE_SCALING_YARN;
    rope.factor = 16;
    rope.original_positions = 4096;
    rope.truncate = false;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(factor, 0.1 * log(16) + 1);
    double low = 64 * log(4096 / (32 * 2 * pi)) / (2 * log(10000)), high = 64 * log(4096 / (2 * pi)) / (2 * log(10000));
    for (int i = 0; i < 32; i++) {
        double turns = 4096 * plain(&rope, i) / (2 * pi), share = (i - low) / (high - low);
        if (turns > 32)
            assert_near(f[i], plain(&rope, i));
        else if (turns < 1)
            assert_near(f[i], plain(&rope, i) / 16);
        else
            assert_near(f[i], plain(&rope, i) * (1 - share + share / 16));
    }
    rope.mscale = 0.7;
    rope.mscale_all_dim = 1.3;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(factor, (0.1 * 0.7 * log(16) + 1) / (0.1 * 1.3 * log(16) + 1));
    rope.attention_factor = 1.25;
    rope_frequencies(&rope, 100, f, &factor);
    assert_near(factor, 1.25);
}

/* The long factors serve the whole sequence as soon as it exceeds the original positions. */
static void longrope_switches_at_the_original_positions(void **state)
{
    float shorter[] = {1.5f, 2}, longer[] = {3, 5};
    struct rope rope = rope_of(10000, 4);
    float f[MAX_PAIRS], factor;

    (void)state;
    rope.scaling = ROPE_SCALING_LONGROPE;
    rope.short_factor = shorter;
    rope.long_factor = longer;
    rope.n_short = rope.n_long = 2;
    rope.factor = 0;
    rope_resolve(&rope, 256);
    assert_near(rope.factor, 4);
    rope_frequencies(&rope, 64, f, &factor);
    assert_near(f[0], 1 / 1.5);
    assert_near(f[1], 0.01 / 2);
    assert_near(factor, sqrt(1 + log(4) / log(64)));
    rope_frequencies(&rope, 65, f, &factor);
    assert_near(f[0], 1.0 / 3);
    assert_near(f[1], 0.01 / 5);
    assert_near(factor, sqrt(1 + log(4) / log(64)));
}

/* A rotation keeps the length of each pair, and a query and a key turned alike their product. */
static void rotation_by_halves(void **state)
{
    struct rope rope = rope_of(10000, 4);
    struct rope_table table;
    float row[] = {1, 2, 3, 4, 5}, expected[5];

    (void)state;
    assert_int_equal(rope_table_init(&table, &rope, 10, NULL), 0);
    expected[0] = (float)(1 * cos(7) - 3 * sin(7));
    expected[2] = (float)(3 * cos(7) + 1 * sin(7));
    expected[1] = (float)(2 * cos(0.07) - 4 * sin(0.07));
    expected[3] = (float)(4 * cos(0.07) + 2 * sin(0.07));
    expected[4] = 5;
    rope_rotate(&table, 7, 1, 5, 2.0f, row);
    for (int i = 0; i < 5; i++)
        assert_near(row[i], 2 * expected[i]);
    rope_table_clear(&table);
}

/* ---- config.json ---- */

/* The rope of a Llama-like configuration, as rope_read_top sees it. */
static struct rope read(const char *text)
{
    struct hparams hparams = {.head_dim = 8, .rope = rope_default()};
    struct error err = {""};
    json_t *config = json_read_text(text, strlen(text), "config.json", &err);

    if (!config || rope_read_top(&hparams, config, &err))
        fail_msg("%s", err.text);
    rope_resolve(&hparams.rope, 128);
    json_decref(config);
    return hparams.rope;
}

static void spellings_agree(void **state)
{
    static const char *const texts[] = {
        "{\"rope_theta\": 500.0, \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 32}}",
        "{\"rope_parameters\": {\"rope_type\": \"yarn\", \"rope_theta\": 500, \"factor\": 4.0,"
        " \"original_max_position_embeddings\": 32}}",
        "{\"rope_theta\": 500, \"rope_scaling\": {\"type\": \"linear\", \"rope_type\": \"yarn\", \"factor\": null},"
        " \"original_max_position_embeddings\": 32, \"rope_parameters\": {\"rope_type\": \"default\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct rope rope = read(texts[i]);
        assert_int_equal(rope.scaling, ROPE_SCALING_YARN);
        assert_true(rope.theta == 500 && rope.factor == 4 && rope.original_positions == 32 && rope.n_dims == 8);
        assert_true(rope.beta_fast == 32 && rope.beta_slow == 1 && rope.truncate);
    }
}

static void dynamic_starts_from_the_models_positions(void **state)
{
    (void)state;
    struct rope rope = read("{\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2.0,"
                            " \"original_max_position_embeddings\": 32}}");
    assert_int_equal(rope.original_positions, 128);
    rope = read("{\"rope_scaling\": null}");
    assert_int_equal(rope.scaling, ROPE_SCALING_NONE);
    assert_true(rope.factor == 1);
}

static void what_is_wrong_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"{\"rope_scaling\": {\"type\": \"mrope\"}}", "rotary embedding of type \"mrope\" is not supported"},
        {"{\"rope_scaling\": {\"type\": \"linear\", \"factor\": \"two\"}}", "\"factor\" is not a number"},
        {"{\"rope_scaling\": {\"type\": \"longrope\", \"long_factor\": 3}}", "\"long_factor\" is not an array"},
        {"{\"rope_parameters\": {\"rope_type\": \"longrope\", \"short_factor\": [1, \"x\"]}}",
         "\"short_factor\"[1] is not a number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hparams hparams = {.head_dim = 8, .rope = rope_default()};
        struct error err = {""};
        json_t *config = json_read_text(rows[i][0], strlen(rows[i][0]), "config.json", &err);
        assert_int_equal(rope_read_top(&hparams, config, &err), -1);
        assert_string_equal(err.text, rows[i][1]);
        json_decref(config);
        hparams_clear(&hparams);
    }
}

/* A scaling that needs a factor and has none. */
static void what_is_missing_fails(void **state)
{
    struct rope rope = rope_of(10000, 8);

    (void)state;
    rope.factor = 0;
    rope.scaling = ROPE_SCALING_LINEAR;
    rope_resolve(&rope, 128);
    assert_int_equal(rope_check(&rope, 8, NULL), -1);
    rope.scaling = ROPE_SCALING_LONGROPE;
    rope_resolve(&rope, 128);
    assert_int_equal(rope_check(&rope, 8, NULL), -1); /* without factors */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_linear),
        cmocka_unit_test(odd_dimensions),
        cmocka_unit_test(dynamic_stretches_with_the_length),
        cmocka_unit_test(llama3_divides_long_waves),
        cmocka_unit_test(yarn_keeps_fast_divides_slow),
        cmocka_unit_test(longrope_switches_at_the_original_positions),
        cmocka_unit_test(rotation_by_halves),
        cmocka_unit_test(spellings_agree),
        cmocka_unit_test(dynamic_starts_from_the_models_positions),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_is_missing_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
