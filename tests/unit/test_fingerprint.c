/* The fingerprint is a model's, wherever it lies, and sees any change of it. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "model_file.h"

enum { LARGE = 100 * 1024 }; /* bytes of the first tensor: more than the fingerprint samples */

static int setup(void **state)
{
    int rc = model_file_setup(state);
    struct model_file *file = *state;

    file->name = "model.safetensors";
    file->opens_folder = true;
    files_safetensors_head(&file->bytes,
                           "{\"large\":{\"dtype\":\"U8\",\"shape\":[102400],\"data_offsets\":[0,102400]},"
                           "\"small\":{\"dtype\":\"U8\",\"shape\":[10],\"data_offsets\":[102400,102410]}}");
    bytes_zeros(&file->bytes, LARGE + 10);
    free(files_write_text(file->folder, "config.json", "{}"));
    return rc;
}

static void get_fingerprint(struct model_file *file, bool verify, char hex[SHA256_HEX_SIZE])
{
    struct weights *weights = model_file_need(file);

    assert_int_equal(weights_fingerprint(weights, verify, hex, &file->err), 0);
    assert_int_equal(strlen(hex), SHA256_HEX_SIZE - 1);
    weights_close(weights);
}

/* Whether a change of the byte at `offset` from the end changes the fingerprint. */
static bool sees_change(struct model_file *file, size_t offset, bool verify)
{
    char before[SHA256_HEX_SIZE], after[SHA256_HEX_SIZE];
    char *byte = &file->bytes.data[file->bytes.n - offset];

    get_fingerprint(file, verify, before);
    *byte ^= 1;
    get_fingerprint(file, verify, after);
    *byte ^= 1;
    return strcmp(before, after) != 0;
}

static void any_byte_within_the_sample_counts(void **state)
{
    struct model_file *file = *state;
    size_t start = LARGE + 10; /* of the data, from the end */
    const char *name = memmem(file->bytes.data, file->bytes.n, "small", 5);

    assert_true(sees_change(file, start, false));
    assert_true(sees_change(file, start - 65535, false));
    assert_false(sees_change(file, start - 65536, false)); /* beyond 64 KiB of the first tensor */
    assert_true(sees_change(file, start - 65536, true));
    assert_true(sees_change(file, 11, true));
    assert_true(sees_change(file, 10, false)); /* the second tensor */
    assert_true(sees_change(file, 1, false));
    assert_true(sees_change(file, (size_t)(file->bytes.data + file->bytes.n - name), false)); /* becomes "rmall" */
}

static void the_place_does_not_count_but_the_configuration_does(void **state)
{
    struct model_file *file = *state;
    struct model_file other = {.folder = files_make_folder(), .name = "weights.safetensors", .opens_folder = true};
    char here[SHA256_HEX_SIZE], there[SHA256_HEX_SIZE], changed[SHA256_HEX_SIZE];

    other.bytes = file->bytes;
    free(files_write_text(other.folder, "config.json", "{}"));
    get_fingerprint(file, false, here);
    get_fingerprint(&other, false, there);
    assert_string_equal(here, there);
    free(files_write_text(other.folder, "config.json", "{ }"));
    get_fingerprint(&other, false, changed);
    assert_string_not_equal(here, changed);
    files_remove_folder(other.folder);
}

static void fixtures_have_one_but_cannot_be_verified(void **state)
{
    struct model_file *file = *state;
    struct weights *weights = model_file_open(file, file->bytes.n - LARGE - 10, true);
    char hex[SHA256_HEX_SIZE];

    assert_non_null(weights);
    assert_int_equal(weights_fingerprint(weights, false, hex, &file->err), 0);
    assert_int_equal(weights_fingerprint(weights, true, hex, &file->err), -1);
    assert_non_null(strstr(file->err.text, "tensor large has no data to verify"));
    weights_close(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_byte_within_the_sample_counts, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(the_place_does_not_count_but_the_configuration_does, setup,
                                        model_file_teardown),
        cmocka_unit_test_setup_teardown(fixtures_have_one_but_cannot_be_verified, setup, model_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
