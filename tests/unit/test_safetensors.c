/* Safetensors: one file, indexed, folders, fixtures without data; damaged files are
 * refused by one line that names file and reason. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model_file.h"

#define HEADER                                                                                                         \
    "{\"__metadata__\":{\"format\":\"pt\"},"                                                                           \
    "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[24,28]},"                                               \
    "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"                                               \
    "\"empty\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[24,24]},"                                            \
    "\"scalar\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[28,36]}}   "

enum { DATA_SIZE = 36 };

static int setup(void **state)
{
    int rc = model_file_setup(state);
    struct model_file *file = *state;

    file->name = "model.safetensors";
    file->opens_folder = true;
    free(files_write_text(file->folder, "config.json", "{\"model_type\": \"llama\"}"));
    return rc;
}

/* a = 1 ... 6, b = (1, -2), scalar = 7. */
static void build(struct bytes *bytes)
{
    static const uint16_t b[] = {0x3f80, 0xc000};

    files_safetensors_head(bytes, HEADER);
    for (int i = 1; i <= 6; i++)
        bytes_f32(bytes, (float)i);
    bytes_append(bytes, b, sizeof b);
    bytes_u64(bytes, 7);
}

/* A file of that header and n bytes of data. */
static void with_header(struct bytes *bytes, const char *header, size_t n)
{
    bytes_clear(bytes);
    files_safetensors_head(bytes, header);
    bytes_zeros(bytes, n);
}

/* A file of one F32 tensor, four zeros, under that name. */
static void write_shard(struct model_file *file, const char *file_name, const char *tensor)
{
    char header[128];

    snprintf(header, sizeof header, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", tensor);
    with_header(&file->bytes, header, 4);
    free(files_write(file->folder, file_name, file->bytes.data, file->bytes.n));
    bytes_clear(&file->bytes);
}

static void write_index(struct model_file *file, const char *weight_map)
{
    char index[512];

    snprintf(index, sizeof index, "{\"metadata\": {\"total_size\": 8}, \"weight_map\": %s}", weight_map);
    free(files_write_text(file->folder, "model.safetensors.index.json", index));
}

/* Opening the folder fails and says why. */
static void folder_refused(struct model_file *file, const char *reason)
{
    assert_null(weights_open(file->folder, false, &file->err));
    if (!strstr(file->err.text, reason))
        fail_msg("\"%s\" does not contain \"%s\"", file->err.text, reason);
    assert_ptr_equal(strstr(file->err.text, file->folder), file->err.text);
}

static void one_file_is_read(void **state)
{
    struct model_file *file = *state;
    float row[3];

    build(&file->bytes);
    struct weights *weights = model_file_need(file);
    assert_string_equal(weights_format(weights), "safetensors");
    assert_string_equal(json_string_value(json_object_get(weights_config(weights), "model_type")), "llama");
    assert_null(weights_gguf(weights));
    assert_int_equal(weights_count(weights), 4);
    assert_string_equal(weights_at(weights, 0)->name, "a"); /* the order of the bytes, not of the header */
    tensor_widen(weights_find(weights, "a"), 1, 0, 3, row);
    assert_true(row[0] == 4 && row[1] == 5 && row[2] == 6);
    tensor_widen(weights_find(weights, "b"), 0, 0, 2, row);
    assert_true(row[0] == 1 && row[1] == -2);
    tensor_widen(weights_find(weights, "scalar"), 0, 0, 1, row);
    assert_true(row[0] == 7);
    assert_int_equal(tensor_elements(weights_find(weights, "empty")), 0);
    weights_close(weights);
}

/* The file itself may be named; config.json stands beside it, also where it is a link to elsewhere. */
static void links_are_followed(void **state)
{
    struct model_file *file = *state;
    char *elsewhere = files_make_folder();

    build(&file->bytes);
    char *blob = files_write(elsewhere, "blob", file->bytes.data, file->bytes.n);
    char *link = files_path(file->folder, "model.safetensors");
    assert_int_equal(symlink(blob, link), 0);
    struct weights *weights = weights_open(link, false, &file->err);
    assert_non_null(weights);
    assert_non_null(weights_config(weights));
    weights_close(weights);
    weights = weights_open(file->folder, false, &file->err);
    assert_non_null(weights);
    weights_close(weights);
    free(blob);
    free(link);
    files_remove_folder(elsewhere);
}

static void indexed_files_are_one_model(void **state)
{
    struct model_file *file = *state;

    write_shard(file, "model-00001-of-00002.safetensors", "x");
    write_shard(file, "model-00002-of-00002.safetensors", "y");
    write_shard(file, "consolidated.safetensors", "z"); /* not in the index: not read */
    write_index(file, "{\"y\": \"model-00002-of-00002.safetensors\", \"x\": \"model-00001-of-00002.safetensors\"}");
    struct weights *weights = weights_open(file->folder, false, &file->err);
    assert_non_null(weights);
    assert_int_equal(weights_count(weights), 2);
    assert_non_null(weights_find(weights, "x"));
    assert_non_null(weights_find(weights, "y"));
    weights_close(weights);
}

static void bad_indices_are_refused(void **state)
{
    struct model_file *file = *state;

    write_shard(file, "m1.safetensors", "x");
    write_index(file, "{\"x\": \"m1.safetensors\", \"y\": \"m1.safetensors\"}");
    folder_refused(file, "index.json: tensor y is not in m1.safetensors");
    write_index(file, "{\"x\": \"m1.safetensors\", \"y\": \"m2.safetensors\"}");
    folder_refused(file, "m2.safetensors: No such file");
    write_index(file, "{\"x\": \"../m1.safetensors\"}");
    folder_refused(file, "not the name of a .safetensors file in the folder");
    write_index(file, "{\"x\": 3}");
    folder_refused(file, "weight_map: x: not a file name");
    write_index(file, "[]");
    folder_refused(file, "no \"weight_map\"");
    write_index(file, "{");
    folder_refused(file, "index.json:1:");
    write_shard(file, "m2.safetensors", "x");
    write_index(file, "{\"x\": \"m1.safetensors\", \"y\": \"m2.safetensors\"}");
    folder_refused(file, "is not in m2.safetensors");
}

static void folders_without_index_are_read_whole(void **state)
{
    struct model_file *file = *state;

    folder_refused(file, "no *.safetensors file");
    write_shard(file, "b.safetensors", "y");
    write_shard(file, "a.safetensors", "x");
    struct weights *weights = weights_open(file->folder, false, &file->err);
    assert_non_null(weights);
    assert_string_equal(weights_at(weights, 0)->name, "x");
    assert_string_equal(weights_at(weights, 1)->name, "y");
    weights_close(weights);
    write_shard(file, "c.safetensors", "y");
    folder_refused(file, "tensor y occurs twice");
}

static void bad_configurations_are_refused(void **state)
{
    struct model_file *file = *state;

    write_shard(file, "model.safetensors", "x");
    free(files_write_text(file->folder, "config.json", "{\"a\": "));
    folder_refused(file, "config.json:1:");
    free(files_write_text(file->folder, "config.json", "[1]"));
    folder_refused(file, "config.json: not a JSON object");
    char *path = files_path(file->folder, "config.json");
    unlink(path);
    folder_refused(file, ": no config.json");
    free(files_write_text(file->folder, "model-q4.gguf", ""));
    folder_refused(file, "no config.json; for GGUF weights name the file, model-q4.gguf");
    mkfifo(path, 0600);
    folder_refused(file, "config.json: not a regular file");
    free(path);
}

static void headers_suffice_where_data_is_not_wanted(void **state)
{
    struct model_file *file = *state;
    struct weights *weights = weights_open(file->folder, true, &file->err); /* config.json alone */

    assert_non_null(weights);
    assert_int_equal(weights_count(weights), 0);
    weights_close(weights);
    build(&file->bytes);
    weights = model_file_open(file, file->bytes.n - DATA_SIZE, true);
    assert_non_null(weights);
    assert_int_equal(weights_count(weights), 4);
    assert_null(weights_find(weights, "a")->data);
    weights_close(weights);
    assert_null(model_file_open(file, file->bytes.n - DATA_SIZE, false));
    assert_non_null(strstr(file->err.text, "ends with its header"));
}

static void truncated_files_are_refused_at_every_byte(void **state)
{
    struct model_file *file = *state;

    build(&file->bytes);
    for (size_t n = 0; n < file->bytes.n; n++) {
        assert_null(model_file_open(file, n, false));
        assert_ptr_equal(strstr(file->err.text, file->folder), file->err.text);
        struct weights *weights = model_file_open(file, n, true);
        assert_true((weights != NULL) == (n == file->bytes.n - DATA_SIZE));
        weights_close(weights);
    }
    bytes_zeros(&file->bytes, 1);
    model_file_refused(file, "37 bytes of data, but the tensors need 36");
}

#define TENSOR(dtype, shape, offsets)                                                                                  \
    "{\"t\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void lying_headers_are_refused(void **state)
{
    static const struct {
        const char *header, *reason;
    } rows[] = {
        {"[]", "not a JSON object"},
        {"", "header:1:"},
        {"{\"t\":{\"dtype\":\"F32\"", "header:1:"},
        {"{\"t\":1}", "tensor t: not an object"},
        {"{\"t\":{}}", "tensor t: no dtype"},
        {"{\"t\":{\"dtype\":\"F32\"}}", "tensor t: no shape"},
        {"{\"t\":{\"dtype\":\"F32\",\"shape\":[4]}}", "tensor t: data_offsets are not two numbers"},
        {TENSOR("F99", "[4]", "[0,16]"), "tensor t: unknown data type F99"},
        {TENSOR("F32", "[4]", "[0,12]"), "span 12 bytes, dtype and shape need 16"},
        {TENSOR("F32", "[5]", "[0,16]"), "ends at byte"},
        {TENSOR("F32", "[4]", "[4,20]"), "bytes begin at 4, not at 0"},
        {TENSOR("F32", "[4]", "[16,0]"), "data_offsets end before they begin"},
        {TENSOR("F32", "[-4]", "[0,16]"), "an extent in shape is not a number"},
        {TENSOR("F32", "[4.5]", "[0,16]"), "an extent in shape is not a number"},
        {TENSOR("F32", "[4611686018427387904]", "[0,16]"), "impossible shape"},
        {TENSOR("F32", "[4294967296,4294967296]", "[0,16]"), "impossible shape"},
        {TENSOR("F32", "[4611686018427387903]", "[0,9223372036854775807]"), "its end overflows"},
        {TENSOR("F32", "[92233720368547758080]", "[0,16]"), "header:1:"},
        {TENSOR("F32", "[1,1,1,1,1,1,1,1,4]", "[0,16]"), "9 dimensions"},
        {TENSOR("F32", "[2]", "[0,8]"), "16 bytes of data, but the tensors need 8"},
        {"{\"t\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"t\":{}}", "duplicate"},
        {"{\"\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "name is empty"},
        {"{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"u\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[4,16]}}",
         "tensor u: bytes begin at 4, not at 8"},
    };
    struct model_file *file = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        with_header(&file->bytes, rows[i].header, 16);
        model_file_refused(file, rows[i].reason);
    }
}

static void lying_lengths_are_refused(void **state)
{
    static const uint64_t lengths[] = {17, 100000001, 1ull << 63, UINT64_MAX};
    struct model_file *file = *state;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bytes_u64(&file->bytes, lengths[i]);
        bytes_append(&file->bytes, "{}              ", 16);
        model_file_refused(file, "a header of ");
    }
    bytes_u64(&file->bytes, 16);
    bytes_append(&file->bytes, "{}              ", 16);
    weights_close(model_file_need(file));
}

static void what_is_no_model_is_refused(void **state)
{
    struct model_file *file = *state;

    assert_null(weights_open("/no/such/path", false, &file->err));
    assert_string_equal(file->err.text, "/no/such/path: No such file or directory");
    char *path = files_write_text(file->folder, "notes.txt", "not weights");
    assert_null(weights_open(path, false, &file->err));
    assert_non_null(strstr(file->err.text, "neither a folder"));
    free(path);
}

/* ---- block scales ---- */

#define ENTRY(name, dtype, shape, begin, end)                                                                          \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void bad_block_scales_are_refused(void **state)
{
    static const struct {
        const char *header;
        size_t n;
        const char *reason;
    } rows[] = {
        {"{" ENTRY("w", "F8_E4M3", "[4,8]", 0, 32) "," ENTRY("w_scale_inv", "F32", "[3,1]", 32, 44) "}", 44,
         "tensor w: 3 block scales do not divide 4 rows"},
        {"{" ENTRY("w", "F8_E4M3", "[4,8]", 0, 32) "," ENTRY("w_scale_inv", "F32", "[1,0]", 32, 32) "}", 32,
         "0 block scales do not divide 8 columns"},
        {"{" ENTRY("w", "F8_E4M3", "[4,8]", 0, 32) "," ENTRY("w_scale_inv", "F32", "[1]", 32, 36) "}", 36,
         "as many dimensions"},
        {"{" ENTRY("w", "F8_E4M3", "[4,8]", 0, 32) "," ENTRY("w_scale_inv", "I64", "[1,1]", 32, 40) "}", 40,
         "block scales of type I64"},
        {"{" ENTRY("w", "F8_E4M3", "[4,8]", 0, 32) "," ENTRY("w_scale", "F32", "[]", 32, 36) "}", 36,
         "\"_scale\" (not \"_scale_inv\") is not supported"},
        {"{" ENTRY("e_blocks", "U8", "[1,2,1,16]", 0, 32) "," ENTRY("e_scales", "U8", "[1,1,1]", 32, 33) "}", 33,
         "tensor e_blocks: blocks and scales differ"},
        {"{" ENTRY("e_blocks", "U8", "[1,2,1,8]", 0, 16) "," ENTRY("e_scales", "U8", "[1,2,1]", 16, 18) "}", 18,
         "not of MXFP4's shape"},
        {"{" ENTRY("e_blocks", "U8", "[1,1,1,16]", 0, 16) "," ENTRY("e_scales", "U8", "[1,1,1]", 16,
                                                                    17) "," ENTRY("e", "U8", "[1]", 17, 18) "}",
         18, "tensor e occurs twice"},
    };
    struct model_file *file = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        with_header(&file->bytes, rows[i].header, rows[i].n);
        model_file_refused(file, rows[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_file_is_read, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(links_are_followed, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(indexed_files_are_one_model, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(bad_indices_are_refused, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(folders_without_index_are_read_whole, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(bad_configurations_are_refused, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(headers_suffice_where_data_is_not_wanted, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(truncated_files_are_refused_at_every_byte, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(lying_headers_are_refused, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(lying_lengths_are_refused, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_model_is_refused, setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(bad_block_scales_are_refused, setup, model_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
