/* Units written and read back, listed; failures noted. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "any_unit.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "root_folder.h"
#include "store/store.h"

static void assert_same_info(const struct unit_info *a, const struct unit_info *b)
{
    assert_string_equal(a->identity, b->identity);
    assert_string_equal(a->model, b->model);
    assert_string_equal(a->family, b->family);
    assert_string_equal(a->arm, b->arm);
    assert_string_equal(a->prompt_set, b->prompt_set);
    assert_string_equal(a->architecture, b->architecture);
    assert_string_equal(a->precision, b->precision);
    assert_string_equal(a->model_fingerprint, b->model_fingerprint);
    assert_string_equal(a->kernel, b->kernel);
    assert_string_equal(a->provenance, b->provenance);
    assert_int_equal(a->numerics_version, b->numerics_version);
    assert_true(a->n_params == b->n_params && a->seed == b->seed);
    assert_int_equal(a->n_layers, b->n_layers);
    assert_int_equal(a->n_embd, b->n_embd);
    assert_int_equal(a->layer_begin, b->layer_begin);
    assert_int_equal(a->layer_end, b->layer_end);
    assert_int_equal(a->record_full, b->record_full);
    assert_true(a->record_cosine == b->record_cosine && a->norm_ratio == b->norm_ratio && a->epsilon == b->epsilon);
    assert_int_equal(a->n_control, b->n_control);
}

static void assert_same_sample(const struct unit_sample *a, const struct unit_sample *b)
{
    assert_int_equal(a->sample, b->sample);
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->truncated, b->truncated);
    assert_int_equal(a->templated, b->templated);
    assert_string_equal(a->fingerprint, b->fingerprint);
    assert_int_equal(a->n_tokens_recorded, b->n_tokens_recorded);
    for (int t = 0; t < a->n_tokens_recorded; t++) {
        assert_int_equal(a->position[t], b->position[t]);
        assert_int_equal(a->token_id[t], b->token_id[t]);
        assert_int_equal(a->occurrences[t], b->occurrences[t]);
        assert_string_equal(a->token_text[t], b->token_text[t]);
    }
}

static void assert_same_measurement(const struct measurement *a, const struct measurement *b)
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

static void every_bit_comes_back(void **state)
{
    static const struct {
        int n_samples, n_rows, learned;
    } rows[] = {{1, 5, 0}, {4, 9, 1}, {2, 0, 0}, {3, 1, 1}};
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct unit written = any_unit(rows[i].n_samples, rows[i].n_rows, rows[i].learned), read;
        assert_int_equal(store_write(root_folder(), &written, &err), 0);
        assert_true(store_has(root_folder(), IDENTITY));
        assert_int_equal(store_read(&read, path, &err), 0);
        assert_same_info(&written.info, &read.info);
        for (int s = 0; s < rows[i].n_samples; s++)
            assert_same_sample(&written.samples[s], &read.samples[s]);
        assert_same_measurement(&written.measurement, &read.measurement);
        unit_clear(&written);
        unit_clear(&read);
    }
    free(path);
}

/* Foreign bytes in a token's text are spelt out, so that every reader of UTF-8 can open the file. */
static void bytes_that_are_not_utf8_are_spelt_out(void **state)
{
    struct unit written = any_unit(1, 3, 0), read;
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    free(written.samples[0].token_text[1]);
    written.samples[0].token_text[1] = xstrdup("a\xe2\x82z\xff");
    assert_int_equal(store_write(root_folder(), &written, &err), 0);
    assert_int_equal(store_read(&read, path, &err), 0);
    assert_string_equal(read.samples[0].token_text[1], "a<0xE2><0x82>z<0xFF>");
    unit_clear(&written);
    unit_clear(&read);
    free(path);
}

static void two_writes_of_a_unit_give_equal_bytes(void **state)
{
    struct unit unit = any_unit(3, 9, 1);
    char *path = store_unit_path(root_folder(), IDENTITY), *bytes[2];
    struct error err;
    size_t size[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_write(root_folder(), &unit, &err), 0);
        bytes[i] = file_read(path, SIZE_MAX / 2, &size[i], &err);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    unit_clear(&unit);
    free(path);
}

static void the_list_is_sorted_and_holds_units_only(void **state)
{
    static const char *const names[] = {"b.nc", "a.nc", "a.nc.17.tmp", "notes.txt", ".hidden.nc"};
    char *folder = xasprintf("%s/list", root_folder()), **paths;
    struct error err;
    int n;

    (void)state;
    assert_int_equal(store_list(folder, &paths, &n, &err), 0); /* no folder: no units */
    assert_int_equal(n, 0);
    store_list_free(paths, n);
    char *units = xasprintf("%s/units", folder);
    assert_int_equal(folder_make(units, &err), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/%s", units, names[i]);
        assert_int_equal(output_write(path, "", 0, &err), 0);
        free(path);
    }
    assert_int_equal(store_list(folder, &paths, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_non_null(strstr(paths[0], "/a.nc"));
    assert_non_null(strstr(paths[1], "/b.nc"));
    store_list_free(paths, n);
    free(units);
    free(folder);
}

static void a_failure_is_written_and_cleared(void **state)
{
    char *path = xasprintf("%s/failed/%s.txt", root_folder(), IDENTITY);
    struct error err;
    size_t size;

    (void)state;
    assert_int_equal(store_write_failure(root_folder(), IDENTITY, "rank 3, host n1: no memory\n", &err), 0);
    assert_int_equal(store_write_failure(root_folder(), IDENTITY, "rank 4, host n2: no memory\n", &err), 0);
    char *text = file_read(path, 1000, &size, &err);
    assert_string_equal(text, "rank 4, host n2: no memory\n");
    store_clear_failure(root_folder(), IDENTITY);
    assert_int_equal(access(path, F_OK), -1);
    store_clear_failure(root_folder(), IDENTITY);
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_comes_back),
        cmocka_unit_test(bytes_that_are_not_utf8_are_spelt_out),
        cmocka_unit_test(two_writes_of_a_unit_give_equal_bytes),
        cmocka_unit_test(the_list_is_sorted_and_holds_units_only),
        cmocka_unit_test(a_failure_is_written_and_cleared),
    };

    return cmocka_run_group_tests_name("store", tests, make_root, remove_root);
}
