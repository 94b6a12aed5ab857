#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/hparams.h"
#include "probe/measurement.h"

enum { SEED = 7, N_HEADS = 3 };

/* A float of any bits: NaNs with payloads, infinities and denormals among them. */
static float any_float(uint64_t stream, uint64_t counter)
{
    uint32_t bits = (uint32_t)random_u64(SEED, stream, counter);
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_layer(struct layer_record *layer, int columns, int heads, uint64_t stream)
{
    for (int r = 0; r < layer->n_rows; r++) {
        layer->position[r] = 2 * r + (int)(stream % 2);
        layer->reason[r] = (uint8_t)random_below(SEED, stream, (uint64_t)r, 32);
    }
    for (int i = 0; i < layer->n_rows * columns; i++)
        layer->values[i] = any_float(stream, 1000 + (uint64_t)i);
    for (int i = 0; layer->alpha && i < layer->n_rows * heads; i++)
        layer->alpha[i] = any_float(stream, 100000 + (uint64_t)i);
    for (int i = 0; layer->learned_sink && i < heads; i++)
        layer->learned_sink[i] = any_float(stream, 200000 + (uint64_t)i);
    for (int c = 0; c < columns; c++) {
        layer->summary[c].count = (int32_t)random_below(SEED, stream, 300000 + (uint64_t)c, 20);
        layer->summary[c].q50 = any_float(stream, 400000 + (uint64_t)c);
    }
}

/* Samples of 20, 21, ... tokens with 0, 1, 2 ... candidates and the layers [begin, end);
 * layer end - 1 without alpha, as the final row's record. */
static struct measurement make(int n_samples, int begin, int end)
{
    struct measurement m;

    measurement_init(&m, N_HEADS, n_samples);
    for (int i = 0; i < n_samples; i++) {
        struct sample_record *sample = &m.samples[i];
        sample->sample = 40 + i;
        sample->n_tokens = 20 + i;
        sample->n_candidates = i % (MAX_CANDIDATES + 1);
        for (int c = 0; c < sample->n_candidates; c++)
            sample->candidate[c] = c;
        sample->n_layers = end - begin;
        sample->layers = xcalloc((size_t)(end - begin), sizeof *sample->layers);
        for (int l = begin; l < end; l++) {
            int columns = quantity_columns(sample->n_candidates);
            layer_record_init(&sample->layers[l - begin], l, (l + i) % 5, columns, l == 9 ? 0 : N_HEADS,
                              l % 2 ? N_HEADS : 0);
            fill_layer(&sample->layers[l - begin], columns, N_HEADS, (uint64_t)(100 * i + l));
        }
    }
    return m;
}

static void assert_same_bytes(const struct measurement *a, const struct measurement *b)
{
    uint8_t *bytes[2];
    size_t size[2];

    measurement_pack(a, &bytes[0], &size[0]);
    measurement_pack(b, &bytes[1], &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void assert_same_floats(const float *a, const float *b, int n)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a && n)
        assert_memory_equal(a, b, (size_t)n * sizeof *a);
}

static void assert_same_layer(const struct layer_record *a, const struct layer_record *b, int columns)
{
    assert_int_equal(a->layer, b->layer);
    assert_int_equal(a->n_rows, b->n_rows);
    if (a->n_rows) {
        assert_memory_equal(a->position, b->position, (size_t)a->n_rows * sizeof *a->position);
        assert_memory_equal(a->reason, b->reason, (size_t)a->n_rows);
    }
    assert_same_floats(a->values, b->values, a->n_rows * columns);
    assert_same_floats(a->alpha, b->alpha, a->n_rows * N_HEADS);
    assert_same_floats(a->learned_sink, b->learned_sink, N_HEADS);
    assert_memory_equal(a->summary, b->summary, (size_t)columns * sizeof *a->summary);
}

static void every_bit_survives_the_way(void **state)
{
    struct measurement sent = make(12, 0, 10), received;
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    measurement_pack(&sent, &bytes, &size);
    assert_int_equal(measurement_unpack(&received, bytes, size, &err), 0);
    assert_int_equal(received.n_heads, N_HEADS);
    assert_int_equal(received.n_samples, 12);
    for (int i = 0; i < 12; i++) {
        const struct sample_record *a = &sent.samples[i], *b = &received.samples[i];
        assert_int_equal(a->sample, b->sample);
        assert_int_equal(a->n_tokens, b->n_tokens);
        assert_int_equal(a->n_candidates, b->n_candidates);
        assert_memory_equal(a->candidate, b->candidate, sizeof a->candidate);
        assert_int_equal(a->n_layers, b->n_layers);
        for (int l = 0; l < a->n_layers; l++)
            assert_same_layer(&a->layers[l], &b->layers[l], quantity_columns(a->n_candidates));
    }
    free(bytes);
    measurement_clear(&sent);
    measurement_clear(&received);
}

static void an_empty_measurement_survives(void **state)
{
    struct measurement sent, received;
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    measurement_init(&sent, N_HEADS, 0);
    measurement_pack(&sent, &bytes, &size);
    assert_int_equal(measurement_unpack(&received, bytes, size, &err), 0);
    assert_int_equal(received.n_samples, 0);
    free(bytes);
    measurement_clear(&sent);
    measurement_clear(&received);
}

/* Copied to the end of a buffer of its own, so that a sanitizer sees a byte read too far. */
static int unpack_copy(const uint8_t *bytes, size_t size, struct error *err)
{
    struct measurement received;
    uint8_t *copy = malloc(size ? size : 1);

    memcpy(copy, bytes, size);
    int rc = measurement_unpack(&received, copy, size, err);
    if (rc == 0)
        measurement_clear(&received);
    else
        assert_null(received.samples);
    free(copy);
    return rc;
}

static void every_cut_fails(void **state)
{
    struct measurement sent = make(3, 0, 3);
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    measurement_pack(&sent, &bytes, &size);
    for (size_t n = 0; n < size; n++)
        assert_int_equal(unpack_copy(bytes, n, &err), -1);
    bytes = xrealloc(bytes, size + 1, 1);
    bytes[size] = 0;
    assert_int_equal(unpack_copy(bytes, size + 1, &err), -1);
    free(bytes);
    measurement_clear(&sent);
}

/* Every byte of the sizes and positions set to every hostile value: no crash, whatever comes back. */
static void hostile_bytes_end_cleanly(void **state)
{
    static const uint8_t hostile[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct measurement sent = make(3, 0, 3);
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    measurement_pack(&sent, &bytes, &size);
    for (size_t at = 0; at < size; at++) {
        uint8_t before = bytes[at];
        for (size_t h = 0; h < sizeof hostile; h++) {
            bytes[at] = hostile[h];
            unpack_copy(bytes, size, &err);
        }
        bytes[at] = before;
    }
    free(bytes);
    measurement_clear(&sent);
}

static void lies_are_named(void **state)
{
    static const struct {
        int offset; /* of an int32 in the bytes of make(2, 0, 3) */
        int32_t value;
        const char *text;
    } rows[] = {
        {0, 1, "measurement: these bytes are none"},
        {4, -1, "measurement: -1 heads, 2 samples"},
        {8, 1 << 30, "measurement: 3 heads, 1073741824 samples"},
        {16, 0, "measurement: sample 40 has 0 tokens, 0 candidates"},
        {20, MAX_CANDIDATES + 1, "measurement: sample 40 has 20 tokens, 9 candidates"},
        {24, MAX_LAYERS + 2, "measurement: 514 layers"},
        {28, MAX_LAYERS + 1, "measurement: layer 513 after layer -1"},
        {32, 21, "measurement: layer 0 has 21 rows of 20 tokens, flags 1"},
        {36, 4, "measurement: layer 0 has 0 rows of 20 tokens, flags 4"},
    };
    struct measurement sent = make(2, 0, 3);
    struct error err;
    uint8_t *bytes;
    size_t size;

    (void)state;
    measurement_pack(&sent, &bytes, &size);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t before;
        memcpy(&before, bytes + rows[i].offset, sizeof before);
        memcpy(bytes + rows[i].offset, &rows[i].value, sizeof before);
        assert_int_equal(unpack_copy(bytes, size, &err), -1);
        assert_string_equal(err.text, rows[i].text);
        memcpy(bytes + rows[i].offset, &before, sizeof before);
    }
    free(bytes);
    measurement_clear(&sent);
}

static void positions_must_ascend_within_the_sample(void **state)
{
    static const int32_t bad[][2] = {{3, 3}, {4, 3}, {-1, 3}, {3, 21}};
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct measurement sent = make(2, 1, 2);
        uint8_t *bytes;
        size_t size;
        assert_int_equal(sent.samples[1].layers[0].n_rows, 2);
        memcpy(sent.samples[1].layers[0].position, bad[i], sizeof bad[i]);
        measurement_pack(&sent, &bytes, &size);
        assert_int_equal(unpack_copy(bytes, size, &err), -1);
        free(bytes);
        measurement_clear(&sent);
    }
}

static void parts_join_in_any_order(void **state)
{
    struct error err;

    (void)state;
    struct measurement expected = make(4, 0, 10);
    struct measurement forth = make(4, 0, 3), middle = make(4, 3, 7), end = make(4, 7, 10);
    assert_int_equal(measurement_join(&forth, &middle, &err), 0);
    assert_int_equal(measurement_join(&forth, &end, &err), 0);
    assert_null(end.samples);
    assert_same_bytes(&forth, &expected);
    measurement_clear(&forth);

    forth = make(4, 0, 3), middle = make(4, 3, 7), end = make(4, 7, 10);
    assert_int_equal(measurement_join(&end, &forth, &err), 0);
    assert_int_equal(measurement_join(&end, &middle, &err), 0);
    assert_same_bytes(&end, &expected);
    measurement_clear(&end);
    measurement_clear(&expected);
}

static void a_join_that_does_not_fit_changes_nothing(void **state)
{
    struct measurement whole = make(2, 0, 3), overlap = make(2, 2, 4), fewer = make(1, 3, 4);
    struct measurement other = make(2, 3, 4), before = make(2, 0, 3);
    struct error err;

    (void)state;
    assert_int_equal(measurement_join(&whole, &overlap, &err), -1);
    assert_string_equal(err.text, "measurement: layer 2 of sample 40 came twice");
    assert_int_equal(measurement_join(&whole, &fewer, &err), -1);
    other.samples[1].sample = 99;
    assert_int_equal(measurement_join(&whole, &other, &err), -1);
    assert_string_equal(err.text, "measurement: sample 41 joined with sample 99");
    assert_same_bytes(&whole, &before);
    measurement_clear(&whole);
    measurement_clear(&overlap);
    measurement_clear(&fewer);
    measurement_clear(&other);
    measurement_clear(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_survives_the_way),
        cmocka_unit_test(an_empty_measurement_survives),
        cmocka_unit_test(every_cut_fails),
        cmocka_unit_test(hostile_bytes_end_cleanly),
        cmocka_unit_test(lies_are_named),
        cmocka_unit_test(positions_must_ascend_within_the_sample),
        cmocka_unit_test(parts_join_in_any_order),
        cmocka_unit_test(a_join_that_does_not_fit_changes_nothing),
    };

    return cmocka_run_group_tests_name("measurement", tests, NULL, NULL);
}
