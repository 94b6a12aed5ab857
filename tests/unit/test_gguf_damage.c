/* GGUF files that lie: each is refused, by one line that names file and reason. */
#include "test.h"

#include <string.h>

#include "model_file.h"

enum { F32 = 0, Q4_0 = 2, IQ2_XXS = 16 };

/* A file without tensors and with one pair, whose value is to follow. */
static void begin_pair(struct bytes *bytes, const char *key, uint32_t type)
{
    bytes_clear(bytes);
    files_gguf_head(bytes, 3, 0, 1);
    files_gguf_key(bytes, key, type);
}

/* A file without pairs and with a table of one tensor of one dimension; then padding and `n` bytes. */
static void one_tensor(struct bytes *bytes, uint64_t extent, uint32_t type, uint64_t offset, size_t n)
{
    bytes_clear(bytes);
    files_gguf_head(bytes, 3, 1, 0);
    files_gguf_tensor(bytes, "t", 1, &extent, type, offset);
    files_gguf_pad(bytes, 32);
    bytes_zeros(bytes, n);
}

static void bad_headers_are_refused(void **state)
{
    struct model_file *file = *state;
    struct bytes *bytes = &file->bytes;

    bytes_append(bytes, "GGML", 4);
    bytes_zeros(bytes, 100);
    model_file_refused(file, "not a GGUF file");
    files_gguf_head(bytes, 1, 0, 0);
    model_file_refused(file, "version 1 is not supported");
    files_gguf_head(bytes, 3u << 24, 0, 0);
    model_file_refused(file, "big-endian");
    model_file_refused(file, "the file is empty");
    files_gguf_head(bytes, 3, 0, 1ull << 63);
    model_file_refused(file, "metadata pairs exceed the file");
    files_gguf_head(bytes, 3, 1ull << 63, 0);
    model_file_refused(file, "exceeds the file");
}

static void bad_metadata_is_refused(void **state)
{
    struct model_file *file = *state;
    struct bytes *bytes = &file->bytes;

    files_gguf_head(bytes, 3, 0, 1), bytes_u64(bytes, UINT64_MAX), bytes_zeros(bytes, 64);
    model_file_refused(file, "key 0 exceeds the file");
    begin_pair(bytes, "", META_U32), bytes_u32(bytes, 1);
    model_file_refused(file, "key 0 has 0 characters");
    begin_pair(bytes, "k", 13), bytes_zeros(bytes, 64);
    model_file_refused(file, "metadata key k: unknown value type 13");
    begin_pair(bytes, "k", META_BOOL), bytes_append(bytes, "\2", 1);
    model_file_refused(file, "neither 0 nor 1");
    begin_pair(bytes, "k", META_STRING), bytes_u64(bytes, UINT64_MAX - 3), bytes_zeros(bytes, 64);
    model_file_refused(file, "string 0 exceeds the file");
    begin_pair(bytes, "k", META_ARRAY), bytes_u32(bytes, META_STRING), bytes_u64(bytes, 1ull << 61),
        bytes_zeros(bytes, 64);
    model_file_refused(file, "strings exceed the file");
    begin_pair(bytes, "k", META_ARRAY), bytes_u32(bytes, META_F64), bytes_u64(bytes, 1ull << 61),
        bytes_zeros(bytes, 64);
    model_file_refused(file, "values of 8 bytes exceed the file");
    begin_pair(bytes, "k", META_ARRAY), bytes_u32(bytes, META_ARRAY), bytes_u64(bytes, 1), bytes_zeros(bytes, 64);
    model_file_refused(file, "metadata key k: arrays of arrays are not supported");
    files_gguf_head(bytes, 3, 0, 3);
    files_gguf_u32(bytes, "b", 1), files_gguf_u32(bytes, "a", 1), files_gguf_u32(bytes, "b", 2);
    model_file_refused(file, "metadata key b occurs twice");
    begin_pair(bytes, "general.alignment", META_U32), bytes_u32(bytes, 48);
    model_file_refused(file, "not a power of two");
    begin_pair(bytes, "general.alignment", META_U32), bytes_u32(bytes, 0);
    model_file_refused(file, "not a power of two");
    begin_pair(bytes, "general.alignment", META_STRING), bytes_text(bytes, "32");
    model_file_refused(file, "not an integer");
}

static void bad_tensors_are_refused(void **state)
{
    static const uint64_t extents[] = {4, 1, 1, 1, 1}, huge[] = {1ull << 40, 1ull << 40};
    struct model_file *file = *state;
    struct bytes *bytes = &file->bytes;

    one_tensor(bytes, 4, F32, 0, 15);
    model_file_refused(file, "truncated?");
    one_tensor(bytes, 4, F32, 32, 64);
    model_file_refused(file, "offset 32");
    one_tensor(bytes, 4, F32, UINT64_MAX, 64);
    model_file_refused(file, "offset");
    one_tensor(bytes, 33, Q4_0, 0, 64);
    model_file_refused(file, "impossible shape for data type Q4_0");
    one_tensor(bytes, 1ull << 62, F32, 0, 64);
    model_file_refused(file, "impossible shape");
    one_tensor(bytes, (1ull << 62) - 1, F32, 0, 64);
    model_file_refused(file, "its end overflows");
    one_tensor(bytes, 1ull << 61, F32, 0, 64);
    model_file_refused(file, "truncated?");
    one_tensor(bytes, 4, 4, 0, 64);
    model_file_refused(file, "tensor t: unknown data type 4");
    one_tensor(bytes, 256, IQ2_XXS, 0, 66);
    model_file_refused(file, "data type IQ2_XXS is not supported");
    files_gguf_head(bytes, 3, 1, 0), files_gguf_tensor(bytes, "t", 5, extents, F32, 0), bytes_zeros(bytes, 64);
    model_file_refused(file, "5 dimensions");
    files_gguf_head(bytes, 3, 1, 0), files_gguf_tensor(bytes, "t", 2, huge, F32, 0), bytes_zeros(bytes, 64);
    model_file_refused(file, "impossible shape");
    files_gguf_head(bytes, 3, 1, 0), files_gguf_tensor(bytes, "", 1, extents, F32, 0), bytes_zeros(bytes, 64);
    model_file_refused(file, "empty");
    files_gguf_head(bytes, 3, 2, 0);
    files_gguf_tensor(bytes, "t", 1, extents, F32, 0), files_gguf_tensor(bytes, "t", 1, extents, F32, 32);
    files_gguf_pad(bytes, 32), bytes_zeros(bytes, 64);
    model_file_refused(file, "tensor t occurs twice");
    files_gguf_head(bytes, 3, 2, 0);
    files_gguf_tensor(bytes, "t", 1, extents, F32, 0), files_gguf_tensor(bytes, "u", 1, extents, F32, 0);
    files_gguf_pad(bytes, 32), bytes_zeros(bytes, 64);
    model_file_refused(file, "tensor u: offset 0");
}

/* `inspect` names what is unsupported: it opens for the header. */
static void unsupported_types_open_for_the_header(void **state)
{
    struct model_file *file = *state;

    one_tensor(&file->bytes, 256, IQ2_XXS, 0, 66);
    struct weights *weights = model_file_open(file, file->bytes.n, true);
    assert_non_null(weights);
    assert_string_equal(weights_at(weights, 0)->dtype->name, "IQ2_XXS");
    assert_null(weights_at(weights, 0)->dtype->widen);
    weights_close(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_headers_are_refused, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(bad_metadata_is_refused, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(bad_tensors_are_refused, model_file_setup, model_file_teardown),
        cmocka_unit_test_setup_teardown(unsupported_types_open_for_the_header, model_file_setup, model_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
