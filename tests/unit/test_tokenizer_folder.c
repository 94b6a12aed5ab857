/* A model's folder: which file counts, BOS and EOS, special tokens, chat templates, bad files. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer_folder.h"

/* Ids: a 0, b 1, c 2, " " as the byte alphabet writes it 3, ab 4, <s> 5, </s> 6. */
static const char VOCABULARY[] = "{\"a\":0,\"b\":1,\"c\":2,\"\\u0120\":3,\"ab\":4,\"<s>\":5,\"</s>\":6}";
#define MODEL                                                                                                          \
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"\xc4\xa0\":3,\"ab\":4,\"<s>\":5,\"</"            \
    "s>\":6},\"merges\":[\"a b\"]}"
#define BYTE_LEVEL "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}"
#define BOS_TEMPLATE                                                                                                   \
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}},{"            \
    "\"Sequence\":{\"id\":"                                                                                            \
    "\"A\"}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[5]}}}"

static void assert_ids(const struct tokenizer *tokenizer, const char *text, const char *expected)
{
    struct tokens tokens = {0};
    struct error err;
    char ids[256] = "";

    assert_int_equal(tokenizer_encode(tokenizer, text, strlen(text), TOKENIZER_OWN_SPECIAL, &tokens, NULL, &err), 0);
    for (size_t i = 0; i < tokens.n; i++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%d", i ? " " : "", (int)tokens.ids[i]);
    assert_string_equal(ids, expected);
    tokens_clear(&tokens);
}

/* Rows: the files of a folder, and the ids of "ab<s> c" then. */
static void bos_and_special_tokens_follow_the_files(void **state)
{
    static const struct {
        const char *json, *config, *map, *ids;
    } rows[] = {
        /* nothing beside the model: "<s>" is text whose characters have no ids */
        {"{" MODEL "," BYTE_LEVEL "}", NULL, NULL, "4 3 2"},
        /* a named special token is one */
        {"{" MODEL "," BYTE_LEVEL "}", "{\"bos_token\":\"<s>\"}", NULL, "4 5 3 2"},
        {"{" MODEL "," BYTE_LEVEL "}", NULL, "{\"bos_token\":{\"content\":\"<s>\",\"rstrip\":true}}", "4 5 2"},
        {"{" MODEL "," BYTE_LEVEL ",\"added_tokens\":[{\"id\":5,\"content\":\"<s>\",\"special\":true}]}", NULL, NULL,
         "4 5 3 2"},
        /* tokenizer.json has no post-processor: the configuration decides */
        {"{" MODEL "," BYTE_LEVEL "}",
         "{\"bos_token\":\"<s>\",\"add_bos_token\":true,\"eos_token\":\"</s>\",\"add_eos_token\":true}", NULL,
         "5 4 5 3 2 6"},
        /* it has one: that counts */
        {"{" MODEL "," BYTE_LEVEL "," BOS_TEMPLATE "}", "{\"bos_token\":\"<s>\",\"add_bos_token\":false}", NULL,
         "5 4 5 3 2"},
        /* tokens that only the configuration adds get the next ids */
        {"{" MODEL "," BYTE_LEVEL "}", "{\"added_tokens_decoder\":{\"7\":{\"content\":\"b<\",\"special\":true}}}", NULL,
         "0 7 3 2"},
        {"{" MODEL "," BYTE_LEVEL "}", "{\"additional_special_tokens\":[\"b<s>\"]}", NULL, "0 7 3 2"},
        /* vocab.json and merges.txt, as OPT has them */
        {NULL, "{\"bos_token\":\"</s>\",\"add_bos_token\":true}", NULL, "6 4 3 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = tokenizer_folder_make();
        if (rows[i].json)
            tokenizer_folder_write(folder, "tokenizer.json", rows[i].json);
        else {
            tokenizer_folder_write(folder, "vocab.json", VOCABULARY);
            tokenizer_folder_write(folder, "merges.txt", "#version: 0.2\na b\n");
        }
        if (rows[i].config)
            tokenizer_folder_write(folder, "tokenizer_config.json", rows[i].config);
        if (rows[i].map)
            tokenizer_folder_write(folder, "special_tokens_map.json", rows[i].map);
        struct tokenizer *tokenizer = tokenizer_folder_open(folder);
        assert_ids(tokenizer, "ab<s> c", rows[i].ids);
        tokenizer_close(tokenizer);
        tokenizer_folder_remove(folder);
    }
}

static void the_chat_template_is_found(void **state)
{
    static const struct {
        const char *file, *text, *expected;
    } rows[] = {
        {"other.txt", "", NULL},
        {"tokenizer_config.json", "{\"chat_template\":\"T\"}", "T"},
        {"tokenizer_config.json",
         "{\"chat_template\":[{\"name\":\"tool\",\"template\":\"X\"},{\"name\":\"default\",\"template\":\"D\"}]}", "D"},
        {"chat_template.json", "{\"chat_template\":\"J\"}", "J"},
        {"chat_template.jinja", "{{ 1 }}\n", "{{ 1 }}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = tokenizer_folder_make();
        tokenizer_folder_write(folder, "tokenizer.json", "{" MODEL "}");
        tokenizer_folder_write(folder, rows[i].file, rows[i].text);
        struct tokenizer *tokenizer = tokenizer_folder_open(folder);
        const char *found = tokenizer_chat_template(tokenizer);
        if (rows[i].expected)
            assert_string_equal(found ? found : "none", rows[i].expected);
        else
            assert_null(found);
        tokenizer_close(tokenizer);
        tokenizer_folder_remove(folder);
    }
}

/* Each ends with one line that names the file and the fault. */
static void bad_files_are_named(void **state)
{
    static const struct {
        const char *file, *text, *reason;
    } rows[] = {
        {"other.txt", "", "no tokenizer.json, tokenizer.model, or vocab.json"},
        {"tokenizer.json", "", "tokenizer.json: line 1: expected {"},
        {"tokenizer.json", "{" MODEL, "tokenizer.json: line 1: expected ,"},
        {"tokenizer.json", "{}", "no \"model\""},
        {"tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}", "\"WordPiece\" is not supported"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", "not an integer"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":99999999},\"merges\":[]}}", "99999999"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}}",
         "merge 0, \"a a\""},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}",
         "is not two tokens"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", "no \"merges\""},
        {"tokenizer.json", "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}", "piece 0"},
        {"tokenizer.json", "{" MODEL ",\"normalizer\":{\"type\":\"Magic\"}}", "normalizer \"Magic\" is not supported"},
        {"tokenizer.json", "{" MODEL ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"}}}",
         "pattern \"(\""},
        {"tokenizer.json", "{" MODEL ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]}}",
         "has no text"},
        {"tokenizer.json", "{" MODEL ",\"added_tokens\":[{\"id\":5}]}", "no \"content\""},
        {"tokenizer_config.json", "{\"chat_template\":", "tokenizer_config.json:1:"},
        {"tokenizer.model", "\x0a\xff", "tokenizer.model: "},
        {"tokenizer.model", "", "tokenizer.model: no SentencePiece model"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = tokenizer_folder_make();
        struct error err = {{0}};
        tokenizer_folder_write(folder, rows[i].file, rows[i].text);
        struct tokenizer *tokenizer = tokenizer_open(folder, NULL, &err);
        if (tokenizer || !strstr(err.text, rows[i].reason))
            print_message("%s with %s: %s\n", rows[i].file, rows[i].text, err.text);
        assert_null(tokenizer);
        assert_non_null(strstr(err.text, rows[i].reason));
        assert_int_equal(strncmp(err.text, folder, strlen(folder)), 0);
        tokenizer_folder_remove(folder);
    }
}

static void assert_token_text(const struct tokenizer *tokenizer, int32_t id, const char *expected)
{
    char *text = tokenizer_token_text(tokenizer, id);

    assert_string_equal(text, expected);
    free(text);
}

/* In the byte alphabet U+010A is a newline, U+00C3 the byte C3, U+00A9 A9. */
static void token_texts_are_readable(void **state)
{
    char *folder = tokenizer_folder_make();

    (void)state;
    tokenizer_folder_write(
        folder, "tokenizer.json",
        "{" BYTE_LEVEL ",\"added_tokens\":[{\"id\":5,\"content\":\"<|x|>\\n\",\"special\":true}],"
        "\"model\":{\"type\":\"BPE\",\"merges\":[],\"vocab\":{\"\\u010a\":0,\"\\u0120a\":1,\"\\u00c3\\u00a9\":2,"
        "\"\\u00c3\":3,\"\\u4e2d\":4}}}");
    struct tokenizer *tokenizer = tokenizer_folder_open(folder);
    assert_token_text(tokenizer, 0, "\\x0A");
    assert_token_text(tokenizer, 1, " a");
    assert_token_text(tokenizer, 2, "\xc3\xa9");
    assert_token_text(tokenizer, 3, "\\xC3");
    assert_token_text(tokenizer, 4, "\xe4\xb8\xad");
    assert_token_text(tokenizer, 5, "<|x|>\\x0A");
    assert_token_text(tokenizer, 77, "<id 77>");
    assert_token_text(tokenizer, -1, "<id -1>");
    assert_string_equal(tokenizer_kind(tokenizer), "byte-level BPE");
    assert_int_equal(tokenizer_size(tokenizer), 6);
    tokenizer_close(tokenizer);
    tokenizer_folder_remove(folder);
}

/* Unicode 15, table 3-8 and the tables before it: U+FFFD for each maximal ill-formed part. */
static void ill_formed_parts_are_counted(void **state)
{
    static const struct {
        const char *text;
        size_t n_replaced;
    } rows[] = {
        {"a", 0},
        {"a\xf1\x80\x80\xe1\x80\xc2"
         "b\x80"
         "c\x80\xbf"
         "d",
         6},
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82"
         "A",
         8},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf"
         "A",
         8},
        {"\xf4\x91\x92\x93\xff"
         "A\x80\xbf"
         "B",
         7},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
         "A",
         4},
        {"\xe2\x82", 1},
    };
    char *folder = tokenizer_folder_make();

    (void)state;
    tokenizer_folder_write(folder, "tokenizer.json", "{" MODEL "}");
    struct tokenizer *tokenizer = tokenizer_folder_open(folder);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tokens tokens = {0};
        struct error err;
        size_t n = 99;
        assert_int_equal(
            tokenizer_encode(tokenizer, rows[i].text, strlen(rows[i].text), TOKENIZER_OWN_SPECIAL, &tokens, &n, &err),
            0);
        assert_int_equal(n, rows[i].n_replaced);
        tokens_clear(&tokens);
    }
    tokenizer_close(tokenizer);
    tokenizer_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bos_and_special_tokens_follow_the_files),
        cmocka_unit_test(the_chat_template_is_found),
        cmocka_unit_test(bad_files_are_named),
        cmocka_unit_test(token_texts_are_readable),
        cmocka_unit_test(ill_formed_parts_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
