#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#include "base/memory.h"
#include "grid/changes.h"
#include "grid/identity.h"
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
    struct sample samples[5] = {{.fingerprint = "s0"},
                                {.fingerprint = "s1"},
                                {.fingerprint = "s2"},
                                {.fingerprint = "s3"},
                                {.fingerprint = "s4"}};
    struct plan_model models[2] = {{.entry = &experiment->models[0]}, {.entry = &experiment->models[1]}};
    struct plan_job jobs[2] = {{.model = 0, .samples = {samples, 5}}, {.model = 1, .samples = {samples, 5}}};
    struct plan_failure failure = {.entry = &experiment->models[1]};
    struct plan plan = {experiment, models, 2, jobs, 2, pipelines, 2, &failure, 1};
    char pair[SHA256_HEX_SIZE];
    struct manifest written, read;
    struct error err = {""};
    char *folder = files_make_folder();

    (void)state;
    memset(models[0].fingerprint, '0', SHA256_HEX_SIZE - 1);
    memset(models[1].fingerprint, '1', SHA256_HEX_SIZE - 1);
    memset(pipelines[0].identity, 'a', SHA256_HEX_SIZE - 1);
    memset(pipelines[1].identity, 'b', SHA256_HEX_SIZE - 1);
    manifest_from_plan(&written, &plan);
    assert_int_equal(manifest_write(folder, &written, &err), 0);
    assert_int_equal(manifest_read(&read, folder, &err), 0);
    assert_string_equal(read.experiment, written.experiment);
    assert_int_equal(read.n_entries, 3);
    identity_hash_pair("n", "p", pair);
    assert_string_equal(read.entries[2].identity, pair); /* stands for all units of a model that cannot be opened */
    assert_string_equal(read.entries[2].model, "n");
    assert_int_equal(read.entries[2].sample_end, 0);
    for (int i = 0; i < 2; i++) {
        const struct manifest_entry *a = &written.entries[i], *b = &read.entries[i];
        assert_string_equal(b->identity, pipelines[i].identity);
        assert_string_equal(b->model, i ? "n" : "m");
        assert_string_equal(b->family, a->family);
        assert_string_equal(b->model_fingerprint, models[i].fingerprint);
        assert_string_equal(b->samples_fingerprint, a->samples_fingerprint);
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

/* Entries of one model and two prompt sets; one letter stands for each hash. */
static struct manifest list_of(const char *identities, const char *models, const char *prompts)
{
    struct manifest manifest = {.n_entries = (int)strlen(identities)};

    manifest.entries = xcalloc((size_t)manifest.n_entries, sizeof *manifest.entries);
    for (int i = 0; i < manifest.n_entries; i++) {
        struct manifest_entry *entry = &manifest.entries[i];
        *entry = (struct manifest_entry){.model = xstrdup("m"),
                                         .family = xstrdup("f"),
                                         .prompt_set = xstrdup(i < 3 ? "p" : "q"),
                                         .sample_begin = i,
                                         .sample_end = i + 1};
        entry->identity[0] = identities[i];
        entry->model_fingerprint[0] = models[i];
        entry->samples_fingerprint[0] = prompts[i];
    }
    return manifest;
}

static void changes_are_named(void **state)
{
    static const struct {
        const char *identities, *models, *prompts;
        int n;
        struct {
            const char *prompt_set;
            enum change_reason reason;
            int n_pipelines;
        } changes[2];
    } rows[] = {
        {"abcde", "mmmmm", "12345", 0, {{0}}},
        {"ABCDE", "MMMMM", "12345", 2, {{"p", CHANGE_MODEL, 3}, {"q", CHANGE_MODEL, 2}}},
        {"aBcde", "mmmmm", "1x345", 1, {{"p", CHANGE_PROMPTS, 1}}},
        {"ABCde", "mmmmm", "1x345", 2, {{"p", CHANGE_SETTINGS, 2}, {"p", CHANGE_PROMPTS, 1}}},
        {"abcdexy", "mmmmmmm", "1234567", 0, {{0}}}, /* what is new has not changed */
    };
    struct manifest before = list_of("abcde", "mmmmm", "12345"), none = {0};
    struct change *changes;

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct manifest now = list_of(rows[r].identities, rows[r].models, rows[r].prompts);
        assert_int_equal(changes_find(&before, &now, &changes), rows[r].n);
        for (int i = 0; i < rows[r].n; i++) {
            assert_string_equal(changes[i].entry->prompt_set, rows[r].changes[i].prompt_set);
            assert_int_equal(changes[i].reason, rows[r].changes[i].reason);
            assert_int_equal(changes[i].n_pipelines, rows[r].changes[i].n_pipelines);
        }
        free(changes);
        assert_int_equal(changes_find(&none, &now, &changes), 0);
        free(changes);
        manifest_clear(&now);
    }
    manifest_clear(&before);
}

/* Files hold whole hashes. */
static void lengthen_hashes(struct manifest *manifest)
{
    memset(manifest->experiment, 'x', SHA256_HEX_SIZE - 1);
    for (int i = 0; i < manifest->n_entries; i++) {
        struct manifest_entry *entry = &manifest->entries[i];
        memset(entry->identity, entry->identity[0], SHA256_HEX_SIZE - 1);
        memset(entry->model_fingerprint, entry->model_fingerprint[0], SHA256_HEX_SIZE - 1);
        memset(entry->samples_fingerprint, entry->samples_fingerprint[0], SHA256_HEX_SIZE - 1);
    }
}

/* A run of prompt sets p and q, one of p alone, and one of both whose q has changed. */
static void what_a_narrower_run_leaves_out_is_remembered(void **state)
{
    struct manifest both = list_of("abcde", "mmmmm", "12345"), narrow = list_of("abc", "mmm", "123");
    struct manifest changed = list_of("abcDE", "mmmmm", "123xy"), read;
    struct error err = {""};
    char *folder = files_make_folder();
    struct change *changes;

    (void)state;
    lengthen_hashes(&both);
    lengthen_hashes(&narrow);
    lengthen_hashes(&changed);
    manifest_keep_earlier(&narrow, &both);
    assert_int_equal(manifest_write(folder, &narrow, &err), 0);
    assert_int_equal(manifest_read(&read, folder, &err), 0);
    assert_int_equal(read.n_entries, 3);
    assert_int_equal(read.n_earlier, 2);
    assert_string_equal(read.entries[4].prompt_set, "q");
    assert_int_equal(changes_find(&read, &changed, &changes), 1);
    assert_string_equal(changes[0].entry->prompt_set, "q");
    assert_int_equal(changes[0].reason, CHANGE_PROMPTS);
    assert_int_equal(changes[0].n_pipelines, 2);
    free(changes);
    manifest_keep_earlier(&changed, &read);
    assert_int_equal(changed.n_earlier, 0); /* it has units of both itself */
    manifest_clear(&both);
    manifest_clear(&narrow);
    manifest_clear(&changed);
    manifest_clear(&read);
    files_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_reads_back),
        cmocka_unit_test(the_key_follows_the_experiment),
        cmocka_unit_test(damaged_lists_are_refused),
        cmocka_unit_test(changes_are_named),
        cmocka_unit_test(what_a_narrower_run_leaves_out_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
