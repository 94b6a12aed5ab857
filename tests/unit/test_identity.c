#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "grid/identity.h"

static const int first_two[] = {0, 1}, other_two[] = {0, 2};
static const struct identity_sample samples[] = {{0, "aa", false, false, first_two, 2},
                                                 {1, "bb", false, false, first_two, 2}};
static const struct record_settings record = {RECORD_CANDIDATES, 0.5, 64};

static struct identity base(void)
{
    return (struct identity){
        .model = "m",
        .prompt_set = "p",
        .model_fingerprint = "f0",
        .measured = {0, 8},
        .record = &record,
        .epsilon = 0.3,
        .seed = 1,
        .precision = PRECISION_FLOAT32,
        .numerics_version = 1,
        .samples = samples,
        .n_samples = 2,
    };
}

/* Everything that can change the content changes the name, each in its own way. */
static void every_part_counts(void **state)
{
    enum { N = 18 };
    struct identity rows[N];
    struct identity_sample changed[5][2];
    struct record_settings records[3] = {record, record, record};
    char hex[N][SHA256_HEX_SIZE];
    int n = 0;

    (void)state;
    for (int i = 0; i < N; i++)
        rows[i] = base();
    for (int i = 0; i < 5; i++)
        memcpy(changed[i], samples, sizeof samples);
    rows[n++].n_samples = 2;
    rows[n++].model = "m2";
    rows[n++].prompt_set = "p2";
    rows[n++].model_fingerprint = "f1";
    rows[n++].measured.begin = 1;
    rows[n++].measured.end = 7;
    records[0].rule = RECORD_FULL;
    rows[n++].record = &records[0];
    records[1].cosine = 0.4;
    rows[n++].record = &records[1];
    records[2].n_control = 0;
    rows[n++].record = &records[2];
    rows[n++].epsilon = 0.25;
    rows[n++].seed = 2;
    rows[n++].precision = PRECISION_BFLOAT16;
    rows[n++].numerics_version = 2;
    rows[n++].n_samples = 1;
    changed[0][1].fingerprint = "bc";
    rows[n++].samples = changed[0];
    changed[1][1].candidates = other_two;
    rows[n++].samples = changed[1];
    changed[2][0].number = 5;
    rows[n++].samples = changed[2];
    changed[3][0].truncated = true;
    rows[n++].samples = changed[3];
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++) {
        identity_hash(&rows[i], hex[i]);
        assert_int_equal(strlen(hex[i]), SHA256_HEX_SIZE - 1);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(hex[i], hex[j]);
    }
}

/* The same content gives the same name: whoever asks, from whichever arrays. */
static void equal_content_has_one_name(void **state)
{
    struct identity_sample copy[2];
    struct identity a = base(), b = base();
    char fingerprint[] = "bb", hex_a[SHA256_HEX_SIZE], hex_b[SHA256_HEX_SIZE];

    (void)state;
    memcpy(copy, samples, sizeof copy);
    copy[1].fingerprint = fingerprint;
    b.samples = copy;
    identity_hash(&a, hex_a);
    identity_hash(&b, hex_b);
    assert_string_equal(hex_a, hex_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_counts),
        cmocka_unit_test(equal_content_has_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
