#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#include "base/memory.h"
#include "grid/manifest.h"

static struct experiment *experiment_of(const char *rest, const struct experiment_overrides *overrides)
{
    struct error err = {""};
    char *text =
        xasprintf("name = \"t\"; models = ( { name = \"m\"; path = \"m\"; }, { name = \"n\"; path = \"n\"; } );\n"
                  "prompt_sets = ( { name = \"p\"; path = \"p\"; } ); %s",
                  rest);
    struct experiment *experiment = experiment_parse(text, strlen(text), "/x/t.cfg", overrides, &err);

    assert_string_equal(err.text, "");
    free(text);
    return experiment;
}

static struct plan_pipeline pipelines[2] = {
    {.job = 0, .sample_begin = 0, .sample_end = 4, .layer_begin = 0, .layer_end = 12, .n_stages = 2, .flop = 1.25e15},
    {.job = 1, .sample_begin = 4, .sample_end = 5, .layer_begin = 3, .layer_end = 7, .n_stages = 1, .flop = 3},
};

static void a_list_reads_back(void **state)
{
    struct experiment *experiment = experiment_of("", NULL);
    struct plan_model models[2] = {{.entry = &experiment->models[0]}, {.entry = &experiment->models[1]}};
    struct plan_job jobs[2] = {{.model = 0}, {.model = 1}};
    struct plan plan = {experiment, models, 2, jobs, 2, pipelines, 2};
    struct manifest written, read;
    struct error err = {""};
    char *folder = files_make_folder();

    (void)state;
    memset(pipelines[0].identity, 'a', SHA256_HEX_SIZE - 1);
    memset(pipelines[1].identity, 'b', SHA256_HEX_SIZE - 1);
    manifest_from_plan(&written, &plan);
    assert_int_equal(manifest_write(folder, &written, &err), 0);
    assert_int_equal(manifest_read(&read, folder, &err), 0);
    assert_string_equal(read.experiment, written.experiment);
    assert_int_equal(read.n_entries, 2);
    for (int i = 0; i < 2; i++) {
        const struct manifest_entry *a = &written.entries[i], *b = &read.entries[i];
        assert_string_equal(b->identity, pipelines[i].identity);
        assert_string_equal(b->model, i ? "n" : "m");
        assert_string_equal(b->family, a->family);
        assert_string_equal(b->prompt_set, "p");
        assert_int_equal(b->sample_begin, pipelines[i].sample_begin);
        assert_int_equal(b->sample_end, pipelines[i].sample_end);
        assert_int_equal(b->layer_begin, pipelines[i].layer_begin);
        assert_int_equal(b->layer_end, pipelines[i].layer_end);
        assert_int_equal(b->n_stages, pipelines[i].n_stages);
        assert_true(b->flop == pipelines[i].flop);
    }
    manifest_clear(&written);
    manifest_clear(&read);
    files_remove_folder(folder);
    experiment_destroy(experiment);
}

static void the_key_follows_the_experiment(void **state)
{
    char *only_m[] = {"m"};
    struct experiment_overrides narrowed = {.models = {only_m, 1}}, tagged = {.prompt_sets = {(char *[]){"p"}, 1}};
    struct experiment *rows[] = {experiment_of("", NULL), experiment_of("# a comment\n", NULL),
                                 experiment_of("seed = 2;", NULL), experiment_of("", &narrowed),
                                 experiment_of("", &tagged)};
    char key[5][SHA256_HEX_SIZE];

    (void)state;
    for (int i = 0; i < 5; i++) {
        manifest_experiment_key(rows[i], key[i]);
        for (int j = 0; j < i; j++)
            assert_int_equal(strcmp(key[i], key[j]) == 0, i == 1 && j == 0);
        experiment_destroy(rows[i]);
    }
}

static void damaged_lists_are_refused(void **state)
{
#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "stated"},
        {"{}\n", "plan.jsonl:1: not the head of a plan"},
        {"{\"experiment\": \"short\", \"pipelines\": 0}\n", "plan.jsonl:1: not the head of a plan"},
        {"{\"experiment\": \"" KEY "\", \"pipelines\": 1}\n", "plan.jsonl: 1 pipelines stated, 0 there"},
        {"{\"experiment\": \"" KEY "\", \"pipelines\": 1}\n{\"identity\": \"" KEY "\"}\n",
         "plan.jsonl:2: not a pipeline of a plan"},
    };
    struct manifest manifest;
    struct error err;
    char *folder = files_make_folder();

    (void)state;
    assert_int_equal(manifest_read(&manifest, folder, &err), -1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        free(files_write_text(folder, "plan.jsonl", rows[i].text));
        assert_int_equal(manifest_read(&manifest, folder, &err), -1);
        if (!strstr(err.text, rows[i].error))
            fail_msg("\"%s\" lacks \"%s\"", err.text, rows[i].error);
    }
    files_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_reads_back),
        cmocka_unit_test(the_key_follows_the_experiment),
        cmocka_unit_test(damaged_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
