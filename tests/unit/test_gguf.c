/* GGUF: what is read, whole and split. Damaged files: test_gguf_damage.c. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

enum { F32 = 0, Q4_0 = 2, U32_VALUE = 77 };

enum { N_PAIRS = 16 };

/* A pair of every type. */
static void add_pairs(struct bytes *bytes)
{
    static const char *const words[] = {"a", "", "long word"};

    files_gguf_string(bytes, "general.architecture", "llama");
    files_gguf_key(bytes, "u8", META_U8), bytes_append(bytes, "\xff", 1);
    files_gguf_key(bytes, "i8", META_I8), bytes_append(bytes, "\xff", 1);
    files_gguf_key(bytes, "u16", META_U16), bytes_append(bytes, "\xfe\xff", 2);
    files_gguf_key(bytes, "i16", META_I16), bytes_append(bytes, "\xfe\xff", 2);
    files_gguf_u32(bytes, "u32", U32_VALUE);
    files_gguf_key(bytes, "i32", META_I32), bytes_u32(bytes, (uint32_t)-5);
    files_gguf_key(bytes, "f32", META_F32), bytes_f32(bytes, 0.25f);
    files_gguf_key(bytes, "yes", META_BOOL), bytes_append(bytes, "\1", 1);
    files_gguf_key(bytes, "u64", META_U64), bytes_u64(bytes, UINT64_MAX);
    files_gguf_key(bytes, "i64", META_I64), bytes_u64(bytes, (uint64_t)-6);
    files_gguf_key(bytes, "f64", META_F64), bytes_u64(bytes, 0x3ff8000000000000); /* 1.5 */
    files_gguf_key(bytes, "words", META_ARRAY), bytes_u32(bytes, META_STRING), bytes_u64(bytes, 3);
    for (int i = 0; i < 3; i++)
        bytes_text(bytes, words[i]);
    files_gguf_key(bytes, "numbers", META_ARRAY), bytes_u32(bytes, META_I32), bytes_u64(bytes, 2);
    bytes_u32(bytes, 3), bytes_u32(bytes, (uint32_t)-4);
    files_gguf_key(bytes, "nothing", META_ARRAY), bytes_u32(bytes, META_F32), bytes_u64(bytes, 0);
    files_gguf_u32(bytes, "general.alignment", 64);
}

/* All pairs and two tensors: F32 (2, 3) of 1 ... 6, then Q4_0 (1, 32) of zeros. Returns the header's size. */
static size_t build(struct bytes *bytes)
{
    static const uint64_t matrix[] = {3, 2}, row[] = {32, 1};

    files_gguf_head(bytes, 3, 2, N_PAIRS);
    add_pairs(bytes);
    files_gguf_tensor(bytes, "matrix", 2, matrix, F32, 0);
    files_gguf_tensor(bytes, "row", 2, row, Q4_0, 64);
    size_t header = bytes->n;
    files_gguf_pad(bytes, 64);
    for (int i = 1; i <= 6; i++)
        bytes_f32(bytes, (float)i);
    files_gguf_pad(bytes, 64);
    bytes_zeros(bytes, 18);
    return header;
}

static void metadata_of_all_types_is_read(void **state)
{
    static const struct {
        const char *key;
        long value;
    } rows[] = {{"u8", 255}, {"i8", -1}, {"u16", 65534}, {"i16", -2}, {"u32", U32_VALUE}, {"i32", -5}, {"i64", -6}};
    struct model_file *file = *state;

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    const struct gguf *gguf = weights_gguf(weights);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long value = 0;
        double number = 0;
        assert_int_equal(gguf_get_long(gguf, rows[i].key, &value, &file->err), 0);
        assert_int_equal(value, rows[i].value);
        assert_int_equal(gguf_get_double(gguf, rows[i].key, &number, &file->err), 0);
        assert_true(number == (double)rows[i].value);
    }
    assert_int_equal(gguf_count(gguf), N_PAIRS);
    assert_string_equal(weights_format(weights), "gguf");
    assert_null(weights_config(weights));
    weights_close(weights);
}

static void floats_strings_and_truth_values_are_read(void **state)
{
    struct model_file *file = *state;
    struct error *err = &file->err;
    struct gguf_string text;
    double number;
    bool yes = false;

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    const struct gguf *gguf = weights_gguf(weights);
    assert_int_equal(gguf_get_double(gguf, "f32", &number, err), 0);
    assert_true(number == 0.25);
    assert_int_equal(gguf_get_double(gguf, "f64", &number, err), 0);
    assert_true(number == 1.5);
    assert_int_equal(gguf_get_double(gguf, "u64", &number, err), 0);
    assert_true(number == 18446744073709551616.0);
    assert_int_equal(gguf_get_bool(gguf, "yes", &yes, err), 0);
    assert_true(yes);
    assert_int_equal(gguf_get_string(gguf, "general.architecture", &text, err), 0);
    assert_int_equal(text.length, 5);
    assert_memory_equal(text.text, "llama", 5);
    weights_close(weights);
}

static void arrays_are_read(void **state)
{
    struct model_file *file = *state;
    struct error *err = &file->err;
    const struct gguf_string *words;
    size_t n;
    long integer;
    double number;

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    const struct gguf *gguf = weights_gguf(weights);
    assert_int_equal(gguf_array_strings(gguf, "words", &words, &n, err), 0);
    assert_int_equal(n, 3);
    assert_int_equal(words[1].length, 0);
    assert_int_equal(words[2].length, 9);
    assert_memory_equal(words[2].text, "long word", 9);
    assert_int_equal(gguf_array_length(gguf, "numbers"), 2);
    assert_int_equal(gguf_array_long(gguf, "numbers", 1, &integer, err), 0);
    assert_int_equal(integer, -4);
    assert_int_equal(gguf_array_double(gguf, "numbers", 0, &number, err), 0);
    assert_true(number == 3);
    assert_int_equal(gguf_array_long(gguf, "numbers", 2, &integer, err), -1);
    assert_int_equal(gguf_array_length(gguf, "nothing"), 0);
    assert_true(gguf_has(gguf, "nothing"));
    assert_int_equal(gguf_array_strings(gguf, "absent", &words, &n, err), 0);
    assert_int_equal(n, 0);
    weights_close(weights);
}

static void wrong_types_name_the_key(void **state)
{
    struct model_file *file = *state;
    struct error *err = &file->err;
    struct gguf_string text;
    const struct gguf_string *words;
    size_t n;
    long integer = 9;
    double number;
    bool yes;

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    const struct gguf *gguf = weights_gguf(weights);
    assert_int_equal(gguf_get_long(gguf, "f32", &integer, err), -1);
    assert_string_equal(err->text, "metadata key f32 is not an integer");
    assert_int_equal(gguf_get_long(gguf, "u64", &integer, err), -1);
    assert_int_equal(gguf_get_long(gguf, "yes", &integer, err), -1);
    assert_int_equal(gguf_get_long(gguf, "numbers", &integer, err), -1);
    assert_int_equal(gguf_get_double(gguf, "words", &number, err), -1);
    assert_int_equal(gguf_get_double(gguf, "general.architecture", &number, err), -1);
    assert_int_equal(gguf_get_bool(gguf, "u8", &yes, err), -1);
    assert_int_equal(gguf_get_string(gguf, "u8", &text, err), -1);
    assert_int_equal(gguf_array_strings(gguf, "numbers", &words, &n, err), -1);
    assert_int_equal(gguf_array_long(gguf, "u8", 0, &integer, err), -1);
    assert_int_equal(gguf_get_long(gguf, "absent", &integer, err), 0);
    assert_int_equal(integer, 9);
    weights_close(weights);
}

static void tensors_are_views_outermost_dimension_first(void **state)
{
    struct model_file *file = *state;
    float row[3];

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    const struct tensor *matrix = weights_find(weights, "matrix");
    assert_int_equal(weights_count(weights), 2);
    assert_ptr_equal(weights_at(weights, 0), matrix);
    assert_ptr_equal(weights_at(weights, 1), weights_find(weights, "row"));
    assert_null(weights_find(weights, "matri"));
    assert_int_equal(matrix->n_dims, 2);
    assert_int_equal(tensor_rows(matrix), 2);
    assert_int_equal(tensor_columns(matrix), 3);
    assert_int_equal(tensor_elements(matrix), 6);
    assert_int_equal(matrix->size, 24);
    tensor_widen(matrix, 1, 1, 3, row);
    assert_true(row[0] == 5 && row[1] == 6);
    tensor_widen(matrix, 0, 0, 3, row);
    assert_true(row[0] == 1 && row[1] == 2 && row[2] == 3);
    weights_close(weights);
}

/* A cut anywhere is seen; a file that ends with its header is good for its header. */
static void truncated_files_are_refused_at_every_byte(void **state)
{
    struct model_file *file = *state;
    size_t header = build(&file->bytes), padded = (header + 63) / 64 * 64;

    for (size_t n = 0; n < file->bytes.n; n++) {
        assert_null(model_file_open(file, n, false));
        assert_ptr_equal(strstr(file->err.text, file->folder), file->err.text);
        struct weights *weights = model_file_open(file, n, true);
        assert_true((weights != NULL) == (n >= header && n <= padded));
        if (weights)
            assert_null(weights_find(weights, "matrix")->data);
        weights_close(weights);
    }
}

static void version_2_and_other_suffixes_are_read(void **state)
{
    struct model_file *file = *state;

    build(&file->bytes);
    file->bytes.data[4] = 2;
    char *path = files_write(file->folder, "model.bin", file->bytes.data, file->bytes.n);
    struct weights *weights = weights_open(path, false, &file->err);
    assert_non_null(weights);
    assert_string_equal(weights_path(weights), path);
    weights_close(weights);
    free(path);
}

/* ---- split sets ---- */

/* Part `no` (from 0) of n: a tensor named after it with its number in it. */
static void write_part(struct model_file *file, uint32_t no, uint32_t said_no, uint32_t n, uint32_t n_tensors)
{
    static const uint64_t one[] = {1};
    struct bytes *bytes = &file->bytes;
    char name[32];

    bytes_clear(bytes);
    files_gguf_head(bytes, 3, 1, 3);
    files_gguf_key(bytes, "split.no", META_U16), bytes_append(bytes, &said_no, 2);
    files_gguf_key(bytes, "split.count", META_U16), bytes_append(bytes, &n, 2);
    files_gguf_key(bytes, "split.tensors.count", META_I32), bytes_u32(bytes, n_tensors);
    snprintf(name, sizeof name, "t%u", no);
    files_gguf_tensor(bytes, name, 1, one, F32, 0);
    files_gguf_pad(bytes, 32);
    bytes_f32(bytes, (float)no);
    snprintf(name, sizeof name, "m-%05u-of-%05u.gguf", no + 1, n);
    free(files_write(file->folder, name, bytes->data, bytes->n));
}

static struct weights *open_part(struct model_file *file, const char *name)
{
    char *path = files_path(file->folder, name);
    struct weights *weights = weights_open(path, false, &file->err);

    free(path);
    return weights;
}

static void split_sets_are_one_model(void **state)
{
    struct model_file *file = *state;

    for (uint32_t no = 0; no < 3; no++)
        write_part(file, no, no, 3, 3);
    struct weights *weights = open_part(file, "m-00001-of-00003.gguf");
    assert_non_null(weights);
    assert_int_equal(weights_count(weights), 3);
    for (size_t i = 0; i < 3; i++) {
        float value;
        tensor_widen(weights_at(weights, i), 0, 0, 1, &value);
        assert_true(value == (float)i);
    }
    weights_close(weights);
    assert_null(open_part(file, "m-00002-of-00003.gguf"));
    assert_non_null(strstr(file->err.text, "give the first part"));
}

static void incomplete_split_sets_are_refused(void **state)
{
    struct model_file *file = *state;

    write_part(file, 0, 0, 2, 2);
    assert_null(open_part(file, "m-00001-of-00002.gguf"));
    assert_non_null(strstr(file->err.text, "m-00002-of-00002.gguf: No such file"));
    write_part(file, 1, 0, 2, 2);
    assert_null(open_part(file, "m-00001-of-00002.gguf"));
    assert_non_null(strstr(file->err.text, "should be part 2 of 2"));
    write_part(file, 1, 1, 2, 2);
    write_part(file, 0, 0, 2, 3);
    assert_null(open_part(file, "m-00001-of-00002.gguf"));
    assert_non_null(strstr(file->err.text, "should hold 3 tensors, not 2"));
    assert_null(model_file_open(file, file->bytes.n, false));
    assert_non_null(strstr(file->err.text, "its name does not end with"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metadata_of_all_types_is_read, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(floats_strings_and_truth_values_are_read, model_file_setup,
                                        model_file_teardown),
        cmocka_unit_test_setup_teardown(arrays_are_read, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(wrong_types_name_the_key, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(tensors_are_views_outermost_dimension_first, model_file_setup,
                                        model_file_teardown),
        cmocka_unit_test_setup_teardown(truncated_files_are_refused_at_every_byte, model_file_setup,
                                        model_file_teardown),
        cmocka_unit_test_setup_teardown(version_2_and_other_suffixes_are_read, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(split_sets_are_one_model, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(incomplete_split_sets_are_refused, model_file_setup, model_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
