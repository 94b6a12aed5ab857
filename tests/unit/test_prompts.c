#include "test.h"

#include "byte_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "grid/prompts.h"

static const struct tokenizer plain = {NULL}, chat = {"T"};

/* ---- helpers ---- */

static char folder[] = "/tmp/sinkgrid-prompts-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
}

static struct experiment_prompt_set set_of(const char *name)
{
    return (struct experiment_prompt_set){.path = (char *)path_of(name), .chat_template = (char *)"auto"};
}

static int load(struct samples *samples, const struct experiment_prompt_set *set, const struct tokenizer *tokenizer,
                struct error *err)
{
    err->text[0] = '\0';
    return samples_load(samples, set, tokenizer, 0, BYTE_VOCABULARY, err);
}

/* The ids as text, <bos> as '^'. */
static void assert_sample(const struct samples *samples, int i, const char *expected)
{
    char text[256];

    assert_true(i < samples->n);
    assert_int_equal(samples->items[i].n_tokens, strlen(expected));
    for (int t = 0; t < samples->items[i].n_tokens; t++)
        text[t] = samples->items[i].ids[t] == BYTE_BOS ? '^' : (char)samples->items[i].ids[t];
    text[samples->items[i].n_tokens] = '\0';
    assert_string_equal(text, expected);
}

/* ---- tests ---- */

static const char kinds[] = "{\"prompt\": \"ab\", \"output\": \"cd\"}\n"
                            "\n"
                            "{\"text\": \"ef\"}\n"
                            "{\"input_ids\": [7, 0, 256], \"text\": \"not this\"}\n"
                            "{\"problem\": \"p\", \"answer\": \"42\", \"output\": null}\n";

static void records_without_a_template(void **state)
{
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    write_file("kinds.jsonl", kinds, sizeof kinds - 1);
    set = set_of("kinds.jsonl");
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_int_equal(samples.n, 4);
    assert_sample(&samples, 0, "^abcd");
    assert_sample(&samples, 1, "^ef");
    assert_int_equal(samples.items[2].n_tokens, 3);
    assert_int_equal(samples.items[2].ids[0], 7);
    assert_int_equal(samples.items[2].ids[2], 256);
    assert_sample(&samples, 3, "^p");
    assert_false(samples.items[0].templated);
    samples_clear(&samples);
}

/* Templated text gets no further special tokens; `text` and ids are left alone. */
static void records_with_a_template(void **state)
{
    static const char conversation[] =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}\n"
        "{\"messages\": [{\"role\": \"user\", \"content\": \"u\"}], \"output\": \"o\"}\n";
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    set = set_of("kinds.jsonl");
    assert_int_equal(load(&samples, &set, &chat, &err), 0);
    assert_sample(&samples, 0, "T<bos>[user:ab]>cd");
    assert_true(samples.items[0].templated);
    assert_sample(&samples, 1, "^ef");
    assert_false(samples.items[1].templated);
    samples_clear(&samples);

    set.chat_template = (char *)"none";
    assert_int_equal(load(&samples, &set, &chat, &err), 0);
    assert_sample(&samples, 0, "^abcd");
    samples_clear(&samples);

    write_file("talk.jsonl", conversation, sizeof conversation - 1);
    set = set_of("talk.jsonl");
    assert_int_equal(load(&samples, &set, &chat, &err), 0);
    assert_sample(&samples, 0, "T<bos>[user:u][assistant:a]");
    assert_sample(&samples, 1, "T<bos>[user:u]>o");
    samples_clear(&samples);
    assert_int_equal(load(&samples, &set, &plain, &err), -1);
    assert_non_null(strstr(err.text, "talk.jsonl:1: \"messages\" need a chat template"));
}

static void a_template_file_replaces_the_models(void **state)
{
    char template_path[256];
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    write_file("own.jinja", "OWN", 3);
    snprintf(template_path, sizeof template_path, "%s", path_of("own.jinja"));
    set = set_of("kinds.jsonl");
    set.chat_template = template_path;
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_sample(&samples, 0, "OWN<bos>[user:ab]>cd");
    samples_clear(&samples);
    unlink(template_path);
    assert_int_equal(load(&samples, &set, &plain, &err), -1);
    assert_non_null(strstr(err.text, "own.jinja: No such file"));
}

static void bos_is_put_in_or_left_out(void **state)
{
    struct experiment_prompt_set set = set_of("kinds.jsonl");
    struct samples samples;
    struct error err;

    (void)state;
    set.bos = BOS_FALSE;
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_sample(&samples, 0, "abcd");
    assert_int_equal(samples.items[2].n_tokens, 3); /* does not begin with it */
    samples_clear(&samples);
    set.bos = BOS_TRUE;
    assert_int_equal(load(&samples, &set, &chat, &err), 0);
    assert_sample(&samples, 0, "^T<bos>[user:ab]>cd"); /* this template's is mere text */
    assert_sample(&samples, 1, "^ef");                 /* once, not twice */
    assert_int_equal(samples.items[2].n_tokens, 4);
    assert_int_equal(samples.items[2].ids[0], BYTE_BOS);
    samples_clear(&samples);
}

static void long_samples_are_cut_refused_or_extended(void **state)
{
    static const char ids[] = "{\"input_ids\": [1, 2, 3, 4, 5, 6]}\n{\"input_ids\": [1, 2, 3]}\n";
    static const struct {
        enum overflow_rule rule;
        int max_tokens, n_positions, kept;
    } rows[] = {
        {OVERFLOW_TRUNCATE, 0, 0, 6}, {OVERFLOW_TRUNCATE, 4, 0, 4}, {OVERFLOW_TRUNCATE, 4, 5, 4},
        {OVERFLOW_TRUNCATE, 0, 5, 5}, {OVERFLOW_TRUNCATE, 9, 5, 5}, {OVERFLOW_EXTEND, 0, 5, 6},
        {OVERFLOW_EXTEND, 4, 3, 4},   {OVERFLOW_ERROR, 6, 0, 6},    {OVERFLOW_ERROR, 5, 0, -1},
    };
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    write_file("ids.jsonl", ids, sizeof ids - 1);
    set = set_of("ids.jsonl");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set.overflow = rows[i].rule;
        set.max_tokens = rows[i].max_tokens;
        int rc = samples_load(&samples, &set, NULL, rows[i].n_positions, BYTE_VOCABULARY, &err);
        assert_int_equal(rc, rows[i].kept < 0 ? -1 : 0);
        if (rc != 0) {
            assert_non_null(strstr(err.text, "ids.jsonl:1: 6 tokens, more than 5"));
            continue;
        }
        assert_int_equal(samples.items[0].n_tokens, rows[i].kept);
        assert_int_equal(samples.items[0].truncated, rows[i].kept < 6);
        assert_false(samples.items[1].truncated);
        samples_clear(&samples);
    }
}

/* SHA-256 of the little-endian int32 1, 2, 3, by Python's hashlib. */
static void fingerprints_are_of_the_ids(void **state)
{
    struct experiment_prompt_set set = set_of("ids.jsonl");
    struct samples whole, cut;
    struct error err;

    (void)state;
    assert_int_equal(load(&whole, &set, NULL, &err), 0);
    assert_string_equal(whole.items[1].fingerprint, "4636993d3e1da4e9d6b8f87b79e8f7c6d018580d52661950eabc3845c5897a4d");
    set.max_tokens = 3;
    set.limit = 1;
    assert_int_equal(load(&cut, &set, NULL, &err), 0);
    assert_int_equal(cut.n, 1);
    assert_string_equal(cut.items[0].fingerprint, whole.items[1].fingerprint); /* the same three ids */
    samples_clear(&whole);
    samples_clear(&cut);
}

static void plain_text_is_one_sample_a_file(void **state)
{
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    write_file("one.txt", "two\nlines", 9);
    set = set_of("one.txt");
    assert_int_equal(load(&samples, &set, &chat, &err), 0);
    assert_int_equal(samples.n, 1);
    assert_sample(&samples, 0, "^two\nlines");
    samples_clear(&samples);

    mkdir(path_of("texts"), 0700);
    write_file("texts/b.txt", "B", 1);
    write_file("texts/a.txt", "A", 1);
    write_file("texts/c.csv", "C", 1);
    set = set_of("texts");
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_int_equal(samples.n, 2);
    assert_sample(&samples, 0, "^A");
    assert_sample(&samples, 1, "^B");
    samples_clear(&samples);
    set.limit = 1;
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_int_equal(samples.n, 1);
    samples_clear(&samples);
}

/* Each names file, line and reason. */
static void faults_are_named(void **state)
{
    static const struct {
        const char *name, *text;
        size_t size;
        const char *error;
    } rows[] = {
        {"x.jsonl", "", 0, "x.jsonl: no samples"},
        {"x.jsonl", "\n \n", 3, "x.jsonl: no samples"},
        {"x.jsonl", "{\"text\": \"a\"}\n{\"text\"}\n", 23, "x.jsonl:2: "},
        {"x.jsonl", "{\"text\": \"a\xff\"}\n", 15, "x.jsonl:1: unable to decode byte 0xff"},
        {"x.jsonl", "[1]\n", 4, "x.jsonl:1: not a JSON object { }"},
        {"x.jsonl", "{\"id\": 1}\n", 10, "x.jsonl:1: no prompt, text, messages or input_ids"},
        {"x.jsonl", "{\"text\": 1}\n", 12, "x.jsonl:1: \"text\" is not a string"},
        {"x.jsonl", "{\"prompt\": []}\n", 15, "x.jsonl:1: the prompt is not a string"},
        {"x.jsonl", "{\"prompt\": \"\", \"output\": 2}\n", 28, "x.jsonl:1: \"output\" is not a string"},
        {"x.jsonl", "{\"messages\": []}\n", 17, "x.jsonl:1: \"messages\" is not a list of messages"},
        {"x.jsonl", "{\"input_ids\": 3}\n", 17, "x.jsonl:1: \"input_ids\" is not a list of integers"},
        {"x.jsonl", "{\"input_ids\": [1.5]}\n", 21, "x.jsonl:1: \"input_ids\" is not a list of integers"},
        {"x.jsonl", "{\"input_ids\": []}\n", 18, "x.jsonl:1: a sample without tokens"},
        {"x.jsonl", "{\"input_ids\": [0, 257]}\n", 24,
         "x.jsonl:1: token id 257 at position 1 is not in the model's vocabulary of 257"},
        {"x.jsonl", "{\"input_ids\": [4294967297]}\n", 28, "x.jsonl:1: token id 4294967297 at position 0"},
        {"x.jsonl", "{\"input_ids\": [-1]}\n", 20, "x.jsonl:1: token id -1 at position 0"},
        {"x.txt", "good\nbad \xc3\x28\n", 12, "x.txt:2: text is not UTF-8"},
    };
    struct experiment_prompt_set set;
    struct samples samples;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(rows[i].name, rows[i].text, rows[i].size);
        set = set_of(rows[i].name);
        assert_int_equal(load(&samples, &set, &plain, &err), -1);
        if (!strstr(err.text, rows[i].error))
            fail_msg("\"%s\" lacks \"%s\"", err.text, rows[i].error);
        assert_null(samples.items);
    }
    write_file("x.jsonl", "{\"text\": \"a\"}\n", 14);
    set = set_of("x.jsonl");
    assert_int_equal(load(&samples, &set, NULL, &err), -1);
    assert_non_null(strstr(err.text, "x.jsonl:1: text needs the model's tokenizer"));
    set = set_of("there-is-none.jsonl");
    assert_int_equal(load(&samples, &set, NULL, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
}

static void candidates_follow_rule_and_length(void **state)
{
    struct detect_settings own = {.candidates = {5, 0, 2}, .n_candidates = 3}, rule = {.n_candidates = 0};
    int candidates[MAX_CANDIDATES];

    (void)state;
    assert_int_equal(sample_candidates(&rule, true, 100, candidates), 3);
    assert_int_equal(candidates[2], 2);
    assert_int_equal(sample_candidates(&rule, false, 100, candidates), 2);
    assert_int_equal(sample_candidates(&rule, true, 1, candidates), 1);
    assert_int_equal(sample_candidates(&own, true, 3, candidates), 2);
    assert_int_equal(candidates[0], 0);
    assert_int_equal(candidates[1], 2);
    assert_int_equal(sample_candidates(&own, true, 6, candidates), 3);
    assert_int_equal(candidates[0], 5); /* the order is kept: ties go to the first */
}

/* The study's own files are read as they are: 30 records each. */
static void the_studys_files_are_read(void **state)
{
    const char *data = getenv("SINKGRID_STUDY_DATA"), *root = getenv("abs_top_srcdir");
    char path[512];
    struct experiment_prompt_set set = {.path = path, .chat_template = (char *)"none"};
    struct samples samples;
    struct error err;

    (void)state;
    if (data)
        snprintf(path, sizeof path, "%s/output_qwen3-4b-base.jsonl", data);
    else
        snprintf(path, sizeof path, "%s/../shared/data/output_qwen3-4b-base.jsonl", root ? root : ".");
    if (access(path, R_OK) != 0) {
        print_message("the study's data are not there: %s\n", path);
        skip();
    }
    assert_int_equal(load(&samples, &set, &plain, &err), 0);
    assert_int_equal(samples.n, 30);
    assert_true(samples.items[0].n_tokens > 2000); /* prompt and output of some 1383 tokens of the study */
    samples_clear(&samples);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char *command = xasprintf("rm -r %s", folder);
    int rc = system(command);

    (void)state;
    free(command);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_without_a_template),
        cmocka_unit_test(records_with_a_template),
        cmocka_unit_test(a_template_file_replaces_the_models),
        cmocka_unit_test(bos_is_put_in_or_left_out),
        cmocka_unit_test(long_samples_are_cut_refused_or_extended),
        cmocka_unit_test(fingerprints_are_of_the_ids),
        cmocka_unit_test(plain_text_is_one_sample_a_file),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(candidates_follow_rule_and_length),
        cmocka_unit_test(the_studys_files_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
