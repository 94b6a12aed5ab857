#include "test.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/attention.h"
#include "random_floats.h"

/* No multiples of tiles, panels or groups; two groups and two key blocks. */
enum { T = 307, HEADS = 6, KV_HEADS = 2, DIM = 20, WIDTH = HEADS * DIM, KV_WIDTH = KV_HEADS * DIM };

struct input {
    float *query, *key, *value; /* (T, WIDTH), (T, KV_WIDTH); queries times ATTENTION_LOG2E */
    float sinks[HEADS];
};

struct result {
    float *out;  /* (T, WIDTH) */
    float *sums; /* (HEADS, T + 1): column T is the learned sink's */
};

static struct input *input_create(void)
{
    struct input *input = xcalloc(1, sizeof *input);

    input->query = random_floats(11, T * WIDTH, 1);
    input->key = random_floats(11, T * KV_WIDTH, 2);
    input->value = random_floats(11, T * KV_WIDTH, 3);
    for (int h = 0; h < HEADS; h++)
        input->sinks[h] = (float)random_normal(11, 4, (uint64_t)h);
    return input;
}

static void input_destroy(struct input *input)
{
    float_free(input->query);
    float_free(input->key);
    float_free(input->value);
    free(input);
}

static void result_init(struct result *result)
{
    result->out = float_alloc(T * WIDTH, "test", NULL);
    result->sums = float_alloc(HEADS * (T + 1), "test", NULL);
}

static void result_clear(struct result *result)
{
    float_free(result->out);
    float_free(result->sums);
}

/* ---- the definition, in double ---- */

static double score(const struct input *in, const struct attention_settings *s, int head, int i, int j)
{
    double sum = 0;

    for (int d = 0; d < DIM; d++)
        sum += (double)in->query[i * WIDTH + head * DIM + d] *
               in->key[j * KV_WIDTH + head / (HEADS / KV_HEADS) * DIM + d];
    sum /= ATTENTION_LOG2E;
    return s->softcap > 0 ? s->softcap * tanh(sum / s->softcap) : sum;
}

static void plain_row(const struct input *in, const struct attention_settings *s, int head, int i,
                      struct result *result)
{
    double weight[T], sum = s->sinks ? exp((double)s->sinks[head]) : 0;
    int first = s->window && i + 1 > (int)s->window ? i + 1 - (int)s->window : 0;

    for (int j = first; j <= i; j++)
        sum += weight[j] = exp(score(in, s, head, i, j));
    for (int j = first; j <= i; j++) {
        const float *value = in->value + j * KV_WIDTH + head / (HEADS / KV_HEADS) * DIM;
        result->sums[head * (T + 1) + j] += (float)(weight[j] / sum);
        for (int d = 0; d < DIM; d++)
            result->out[i * WIDTH + head * DIM + d] += (float)(weight[j] / sum * value[d]);
    }
    if (s->sinks)
        result->sums[head * (T + 1) + T] += (float)(exp((double)s->sinks[head]) / sum);
}

static void plain_attention(const struct input *in, const struct attention_settings *s, struct result *result)
{
    for (int head = 0; head < HEADS; head++)
        for (int i = 0; i < T; i++)
            plain_row(in, s, head, i, result);
}

/* ---- ours, in chunks of `step` rows ---- */

static void attend(const struct kernel *kernel, const struct input *in, const struct attention_settings *s, size_t step,
                   struct result *result)
{
    struct cache_shape shape = {.n_heads = HEADS, .n_kv_heads = KV_HEADS, .head_dim = DIM};
    struct cache *cache = cache_create(&shape, T, NULL);
    struct attention *attention = attention_create(step, T, HEADS, DIM, NULL);

    for (size_t begin = 0; begin < T; begin += step) {
        size_t end = begin + step < T ? begin + step : T;
        struct attention_rows rows = {.cache = cache, .begin = begin, .end = end, .query = in->query + begin * WIDTH,
                                      .ldq = WIDTH, .out = result->out + begin * WIDTH, .ldo = WIDTH};
        for (size_t t = begin; t < end; t++)
            cache_put(cache, kernel, t, in->key + t * KV_WIDTH, in->value + t * KV_WIDTH);
        assert_int_equal(attention_apply(attention, kernel, s, &rows, 1, NULL), 0);
    }
    for (size_t h = 0; h < HEADS; h++)
        memcpy(result->sums + h * (T + 1), cache->total + h * cache->stride, (T + 1) * sizeof(float));
    attention_destroy(attention);
    cache_destroy(cache);
}

static void assert_close(const float *actual, const float *expected, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)actual[i] - expected[i]) <= tolerance * (1 + fabs((double)expected[i]))))
            fail_msg("element %zu is %.9g, expected %.9g", i, actual[i], expected[i]);
}

static void check_variant(const struct input *in, const struct attention_settings *settings)
{
    static const size_t steps[] = {1, 7, 16, 64, 250};
    struct result plain, whole, pieces;

    result_init(&plain);
    plain_attention(in, settings, &plain);
    for (const struct kernel *const *k = kernel_table(); *k; k++) {
        if (!kernel_supported(*k))
            continue;
        result_init(&whole);
        attend(*k, in, settings, T, &whole);
        assert_close(whole.out, plain.out, T * WIDTH, 2e-5);
        assert_close(whole.sums, plain.sums, HEADS * (T + 1), 2e-5);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            result_init(&pieces);
            omp_set_num_threads(1 + (int)(i % 3));
            attend(*k, in, settings, steps[i], &pieces);
            assert_memory_equal(pieces.out, whole.out, T * WIDTH * sizeof(float));
            assert_memory_equal(pieces.sums, whole.sums, HEADS * (T + 1) * sizeof(float));
            result_clear(&pieces);
        }
        result_clear(&whole);
    }
    result_clear(&plain);
}

/* Every variant equals its definition on every kernel, and has the same bits for any chunks and threads. */
static void attention_equals_its_definition(void **state)
{
    struct input *in = *state;
    struct attention_settings plain = {.n_heads = HEADS, .n_kv_heads = KV_HEADS, .head_dim = DIM};
    struct attention_settings window = plain, sinks = plain, capped = plain, narrow = plain;

    window.window = 100;
    narrow.window = 1;
    capped.softcap = 3;
    sinks.sinks = in->sinks;
    sinks.window = 270;
    check_variant(in, &plain);
    check_variant(in, &window);
    check_variant(in, &narrow);
    check_variant(in, &capped);
    check_variant(in, &sinks);
}

/* Without learned sinks each row's weights sum to 1, so all columns sum to T. */
static void columns_sum_to_the_number_of_rows(void **state)
{
    struct input *in = *state;
    struct attention_settings settings = {.n_heads = HEADS, .n_kv_heads = KV_HEADS, .head_dim = DIM};
    struct result result;

    result_init(&result);
    attend(kernel_select(NULL), in, &settings, T, &result);
    for (int h = 0; h < HEADS; h++) {
        double sum = 0;
        for (int t = 0; t < T; t++)
            sum += result.sums[h * (T + 1) + t];
        assert_true(fabs(sum / T - 1) < 1e-6);
    }
    result_clear(&result);
}

/* Scores of thousands, as massive activations make them, neither overflow nor vanish. */
static void huge_scores_are_exact(void **state)
{
    struct input *in = *state;
    struct attention_settings settings = {.n_heads = HEADS, .n_kv_heads = KV_HEADS, .head_dim = DIM};
    struct result result, plain;

    for (int i = 0; i < T * WIDTH; i++)
        in->query[i] *= 40;
    result_init(&result);
    attend(kernel_select(NULL), in, &settings, 64, &result);
    for (int i = 0; i < T * WIDTH; i++) {
        assert_true(isfinite(result.out[i]));
        in->query[i] /= 40;
    }
    result_init(&plain); /* a softcap far above the scores is the same as none */
    settings.softcap = 1e6f;
    attend(kernel_select(NULL), in, &settings, 64, &plain);
    result_clear(&result);
    result_init(&result);
    settings.softcap = 0;
    attend(kernel_select(NULL), in, &settings, 64, &result);
    assert_close(plain.out, result.out, T * WIDTH, 1e-4);
    result_clear(&result);
    result_clear(&plain);
}

/* Keys and values too many for a cache, which are read ahead. Where all keys are 0 row i
 * gives each of i + 1 keys 1 / (i + 1), and its output is the mean of their values, here
 * of 0 ... i in every dimension. */
static void a_long_text_has_its_closed_form(void **state)
{
    enum { LONG = 2600, WIDE = 256 };
    struct attention_settings settings = {.n_heads = 1, .n_kv_heads = 1, .head_dim = WIDE};
    struct cache_shape shape = {.n_heads = 1, .n_kv_heads = 1, .head_dim = WIDE};
    struct cache *cache = cache_create(&shape, LONG, NULL);
    struct attention *attention = attention_create(LONG, LONG, 1, WIDE, NULL);
    float *query = random_floats(11, LONG * WIDE, 5), *out = float_alloc(LONG * WIDE, "test", NULL);
    struct attention_rows rows = {.cache = cache, .end = LONG, .query = query, .ldq = WIDE, .out = out, .ldo = WIDE};
    static float key[WIDE], value[WIDE];
    double received = 0;

    (void)state;
    for (size_t t = 0; t < LONG; t++) {
        for (size_t d = 0; d < WIDE; d++)
            value[d] = (float)t;
        cache_put(cache, kernel_select(NULL), t, key, value);
    }
    assert_int_equal(attention_apply(attention, kernel_select(NULL), &settings, &rows, 1, NULL), 0);
    for (size_t t = LONG; t-- > 0;) {
        received += 1.0 / (double)(t + 1);
        assert_true(fabs((double)cache->total[t] / received - 1) < 2e-6);
        for (size_t d = 0; d < WIDE; d += WIDE - 1)
            assert_true(fabs((double)out[t * WIDE + d] - 0.5 * (double)t) <= 2e-6 * (double)LONG);
    }
    attention_destroy(attention);
    cache_destroy(cache);
    float_free(query);
    float_free(out);
}

static int setup(void **state)
{
    *state = input_create();
    return 0;
}

static int teardown(void **state)
{
    input_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_equals_its_definition),
        cmocka_unit_test(columns_sum_to_the_number_of_rows),
        cmocka_unit_test(huge_scores_are_exact),
        cmocka_unit_test(a_long_text_has_its_closed_form),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
