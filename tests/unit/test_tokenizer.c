/* Ids of small tokenizers of every kind against the reference's (tests/reference/tokenizer_ids.py). */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "tokenizer_folder.h"
#include "weights/weights.h"

enum { DIGEST = 4, MAX_LINES = 4000 };

/* The data, read once. */
static struct {
    json_t *bases, *variants;
    char *lines; /* the file's bytes; text[i] points into it */
    const char *text[MAX_LINES];
    size_t length[MAX_LINES], n_lines;
    uint8_t *expected; /* (tokenizers, lines, DIGEST) */
    size_t expected_size;
} data;

static char *read_data(const char *name, size_t *size)
{
    struct error err;
    char *path = tokenizer_data_path(name), *bytes = file_read(path, 1 << 24, size, &err);

    if (!bytes)
        print_error("%s\n", err.text);
    free(path);
    return bytes;
}

/* Records: length in decimal, newline, bytes, newline. */
static void read_lines(void)
{
    size_t size;

    data.lines = read_data("lines.txt", &size);
    assert_non_null(data.lines);
    for (char *at = data.lines; at < data.lines + size && data.n_lines < MAX_LINES; data.n_lines++) {
        data.length[data.n_lines] = strtoul(at, &at, 10);
        data.text[data.n_lines] = ++at;
        at += data.length[data.n_lines] + 1;
    }
}

static int set_up(void **state)
{
    (void)state;
    data.bases = tokenizer_data_json("bases.json");
    data.variants = tokenizer_data_json("variants.json");
    data.expected = (uint8_t *)read_data("expected.bin", &data.expected_size);
    read_lines();
    assert_true(data.n_lines >= 2000);
    assert_int_equal(data.expected_size, json_object_size(data.variants) * data.n_lines * DIGEST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(data.bases);
    json_decref(data.variants);
    free(data.lines);
    free(data.expected);
    return 0;
}

/* ---- opening ---- */

struct opened {
    struct tokenizer *tokenizer;
    struct weights *weights;
    char *folder;
};

static void open_gguf(struct opened *opened, const char *file)
{
    struct error err = {{0}};
    char *path = tokenizer_data_path(file);

    opened->weights = weights_open(path, true, &err);
    opened->tokenizer = opened->weights ? tokenizer_open(path, opened->weights, &err) : NULL;
    if (!opened->tokenizer)
        print_error("%s\n", err.text);
    free(path);
}

static void open_sentencepiece(struct opened *opened, const char *file, const json_t *bos)
{
    char *path = tokenizer_data_path(file), *link = xasprintf("%s/tokenizer.model", opened->folder);

    assert_int_equal(symlink(path, link), 0);
    tokenizer_folder_write_json(opened->folder, "tokenizer_config.json",
                                json_pack("{s:b, s:O, s:s}", "legacy", 1, "add_bos_token", bos, "bos_token", "<s>"));
    opened->tokenizer = tokenizer_folder_open(opened->folder);
    free(path);
    free(link);
}

static struct opened open_variant(const json_t *variant)
{
    const char *file = json_string_value(json_object_get(variant, "file"));
    struct opened opened = {.folder = tokenizer_folder_make()};

    if (file && strstr(file, ".gguf"))
        open_gguf(&opened, file);
    else if (file)
        open_sentencepiece(&opened, file, json_object_get(variant, "bos"));
    else {
        tokenizer_folder_write_json(opened.folder, "tokenizer.json", tokenizer_variant_document(data.bases, variant));
        opened.tokenizer = tokenizer_folder_open(opened.folder);
    }
    assert_non_null(opened.tokenizer);
    return opened;
}

static void close_variant(struct opened *opened)
{
    tokenizer_close(opened->tokenizer);
    weights_close(opened->weights);
    tokenizer_folder_remove(opened->folder);
}

/* ---- comparing ---- */

static bool ids_match(const struct tokens *tokens, const uint8_t *expected)
{
    uint8_t digest[SHA256_SIZE];
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update(&hash, tokens->ids, tokens->n * sizeof *tokens->ids);
    sha256_final(&hash, digest);
    return memcmp(digest, expected, DIGEST) == 0;
}

static void print_difference(const char *name, size_t line, const struct tokens *tokens)
{
    print_message("%s, text %zu (tests/reference/tokenizer_ids.py show %s %zu): our ids", name, line, name, line);
    for (size_t i = 0; i < tokens->n && i < 60; i++)
        print_message(" %d", (int)tokens->ids[i]);
    print_message("\n");
}

static size_t count_differences(const char *name, const struct tokenizer *tokenizer, const uint8_t *expected)
{
    struct tokens tokens = {0};
    struct error err;
    size_t n = 0;

    for (size_t i = 0; i < data.n_lines; i++) {
        tokens.n = 0;
        int rc = tokenizer_encode(tokenizer, data.text[i], data.length[i], TOKENIZER_OWN_SPECIAL, &tokens, NULL, &err);
        if (rc == 0 && ids_match(&tokens, expected + i * DIGEST))
            continue;
        if (n++ < 5)
            print_difference(name, i, &tokens);
    }
    tokens_clear(&tokens);
    return n;
}

static void ids_equal_the_reference(void **state)
{
    size_t k = 0, n_bad = 0;
    const char *name;
    json_t *variant;

    (void)state;
    json_object_foreach(data.variants, name, variant)
    {
        struct opened opened = open_variant(variant);
        size_t n = count_differences(name, opened.tokenizer, data.expected + k++ * data.n_lines * DIGEST);
        if (n > 0)
            print_message("%s: %zu of %zu texts differ\n", name, n, data.n_lines);
        n_bad += n;
        close_variant(&opened);
    }
    assert_int_equal(n_bad, 0);
}

/* The file clear.txt: "name line: ids". */
static void ids_in_the_clear_are_those_of_the_digests(void **state)
{
    size_t size, n = 0;
    char *clear = read_data("clear.txt", &size), *rest = clear, *line;

    (void)state;
    while ((line = strsep(&rest, "\n")) && *line) {
        char *colon = strchr(line, ':'), *space = strchr(line, ' ');
        struct tokens tokens = {0};
        size_t k = 0, text = strtoul(space, NULL, 10);
        *space = '\0';
        for (char *at = colon + 1, *end; strtol(at, &end, 10), end > at; at = end)
            tokens_append(&tokens, (int32_t)strtol(at, NULL, 10));
        void *iter = json_object_iter(data.variants);
        for (; iter && strcmp(json_object_iter_key(iter), line) != 0; k++)
            iter = json_object_iter_next(data.variants, iter);
        assert_true(ids_match(&tokens, data.expected + (k * data.n_lines + text) * DIGEST));
        tokens_clear(&tokens);
        n++;
    }
    assert_true(n >= json_object_size(data.variants));
    free(clear);
}

/* All texts as one, in one call: the word cache must not change what short calls give. */
static void a_long_text_gives_what_its_bytes_decode_to(void **state)
{
    struct opened opened = open_variant(json_object_get(data.variants, "gpt2"));
    struct tokens whole = {0};
    struct error err;
    size_t n = 0;

    (void)state;
    for (int times = 0; times < 2; times++) {
        whole.n = 0;
        assert_int_equal(tokenizer_encode(opened.tokenizer, data.lines, 60000, TOKENIZER_OWN_SPECIAL, &whole, &n, &err),
                         0);
    }
    assert_true(whole.n > 10000);
    assert_true(n > 0);
    tokens_clear(&whole);
    close_variant(&opened);
}

/* A word of a mebibyte: n log n, not n squared (which would take hours here). */
static void a_word_of_a_mebibyte_is_encoded(void **state)
{
    static const char *const names[] = {"gpt2", "llama2", "unigram", "sp_bpe"};
    enum { N = 1 << 20 };
    char *word = xcalloc(N, 1);
    struct error err;

    (void)state;
    for (int i = 0; i < N; i++)
        word[i] = "abcdefghijklmnopqrstuvwxyz"[(i * 7 + i / 26) % 26];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct opened opened = open_variant(json_object_get(data.variants, names[i]));
        struct tokens tokens = {0};
        assert_int_equal(tokenizer_encode(opened.tokenizer, word, N, TOKENIZER_NO_SPECIAL, &tokens, NULL, &err), 0);
        assert_in_range(tokens.n, N / 16, N);
        tokens_clear(&tokens);
        close_variant(&opened);
    }
    free(word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_equal_the_reference),
        cmocka_unit_test(ids_in_the_clear_are_those_of_the_digests),
        cmocka_unit_test(a_long_text_gives_what_its_bytes_decode_to),
        cmocka_unit_test(a_word_of_a_mebibyte_is_encoded),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
