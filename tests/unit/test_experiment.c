#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "grid/experiment.h"

#define MODELS "models = ( { name = \"m\"; path = \"/models/m\"; } );\n"
#define SETS "prompt_sets = ( { name = \"p\"; path = \"p.jsonl\"; } );\n"
#define BASE "name = \"demo\";\n" MODELS SETS /* lines 1 to 3 */

static struct experiment *parse(const char *text, const struct experiment_overrides *overrides, struct error *err)
{
    return experiment_parse(text, strlen(text), "/exp/demo.cfg", overrides, err);
}

static struct experiment *parse_well(const char *text)
{
    struct error err = {""};
    struct experiment *experiment = parse(text, NULL, &err);

    assert_string_equal(err.text, "");
    assert_non_null(experiment);
    return experiment;
}

/* The defaults of the documented table. */
static void defaults_are_those_documented(void **state)
{
    struct experiment *e = parse_well(BASE);
    char here[4096], results[5000];

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    snprintf(results, sizeof results, "%s/results/demo", here);
    assert_string_equal(e->results, results);
    assert_string_equal(e->models[0].family, "m");
    assert_string_equal(e->models[0].path, "/models/m");
    assert_string_equal(e->models[0].label, "m");
    assert_string_equal(e->models[0].where, "/exp/demo.cfg:2");
    assert_int_equal(e->models[0].precision, PRECISION_FLOAT32);
    assert_string_equal(e->prompt_sets[0].path, "/exp/p.jsonl");
    assert_string_equal(e->prompt_sets[0].chat_template, "auto");
    assert_int_equal(e->prompt_sets[0].bos, BOS_AUTO);
    assert_int_equal(e->prompt_sets[0].max_tokens, 0);
    assert_int_equal(e->prompt_sets[0].overflow, OVERFLOW_TRUNCATE);
    assert_int_equal(e->prompt_sets[0].limit, 0);
    assert_int_equal(e->n_measured, 1);
    assert_int_equal(e->measured[0].begin, 0);
    assert_int_equal(e->measured[0].end, 0);
    assert_int_equal(e->detect.rule, RULE_PAPER);
    assert_true(e->detect.cosine == 0.9 && e->detect.epsilon == 0.3 && e->detect.norm_ratio == 3.0);
    assert_int_equal(e->detect.n_candidates, 0);
    assert_int_equal(e->detect.level_gap, 2);
    assert_int_equal(e->detect.level_support, 3);
    assert_int_equal(e->record.rule, RECORD_CANDIDATES);
    assert_true(e->record.cosine == 0.5);
    assert_int_equal(e->record.n_control, 64);
    assert_int_equal(e->pipeline.stages, 0);
    assert_null(e->pipeline.cuts);
    assert_int_equal(e->pipeline.chunk, 0);
    assert_int_equal(e->pipeline.shard, 4);
    assert_int_equal(e->pipeline.max_attempts, 2);
    assert_int_equal(e->seed, 1);
    assert_false(e->allow_nonfinite);
    assert_true(experiment_selects(e, 0, 0));
    experiment_destroy(e);
}

static void values_are_stored(void **state)
{
    struct experiment *e = parse_well(
        "name = \"x\"; results = \"/tmp/r\"; seed = 12345678901L; precision = \"bfloat16\";\n"
        "models = ( { name = \"a\"; family = \"F\"; path = \"sub/a\"; tags = [\"big\", \"slow\"]; },\n"
        "           { name = \"b\"; path = \"b\"; precision = \"float32\"; tags = \"big\"; } );\n"
        "prompt_sets = ( { name = \"p\"; path = \"/p\"; template = \"t.jinja\"; bos = false; max_tokens = 7;\n"
        "                  overflow = \"extend\"; limit = 3; } );\n"
        "measured = ((0, 4), (8, 12)); allow_nonfinite = true; record = \"full\"; record_cosine = 1;\n"
        "detect = { rule = \"relative\"; cosine = 0.25; candidates = [3, 1]; level_gap = 0; };\n"
        "pipeline = { cuts = [2, 5]; chunk = 128; shard = 9; };\n");

    (void)state;
    assert_string_equal(e->results, "/tmp/r");
    assert_true(e->seed == 12345678901u);
    assert_int_equal(e->models[0].precision, PRECISION_BFLOAT16); /* inherited */
    assert_int_equal(e->models[1].precision, PRECISION_FLOAT32);
    assert_string_equal(e->models[0].path, "/exp/sub/a");
    assert_string_equal(e->models[0].family, "F");
    assert_int_equal(e->models[0].tags.n, 2);
    assert_string_equal(e->models[0].tags.items[1], "slow");
    assert_int_equal(e->models[1].tags.n, 1);
    assert_string_equal(e->prompt_sets[0].chat_template, "/exp/t.jinja");
    assert_int_equal(e->prompt_sets[0].bos, BOS_FALSE);
    assert_int_equal(e->prompt_sets[0].max_tokens, 7);
    assert_int_equal(e->prompt_sets[0].overflow, OVERFLOW_EXTEND);
    assert_int_equal(e->prompt_sets[0].limit, 3);
    assert_int_equal(e->n_measured, 2);
    assert_int_equal(e->measured[1].begin, 8);
    assert_int_equal(e->measured[1].end, 12);
    assert_int_equal(e->detect.rule, RULE_RELATIVE);
    assert_int_equal(e->detect.n_candidates, 2);
    assert_int_equal(e->detect.candidates[0], 3);
    assert_int_equal(e->pipeline.n_cuts, 2);
    assert_int_equal(e->pipeline.cuts[1], 5);
    assert_true(e->record.cosine == 1.0); /* an integer where a number is */
    experiment_destroy(e);
}

/* Each ends with one line that names file, line and remedy. */
static void faults_are_named(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {BASE "detct = { };\n", "/exp/demo.cfg:4: unknown key \"detct\"; did you mean \"detect\"?"},
        {BASE "colour = 3;\n", "/exp/demo.cfg:4: unknown key \"colour\""},
        {BASE "detect = {\n  cosin = 0.5;\n};\n", "/exp/demo.cfg:5: unknown key \"cosin\"; did you mean \"cosine\"?"},
        {"name = \"x\";\n" SETS "models = ( { name = \"a\"; paht = \"b\"; } );",
         "/exp/demo.cfg:3: unknown key \"paht\"; did you mean \"path\"?"},
        {MODELS SETS, "/exp/demo.cfg: \"name\" is missing"},
        {"name = \"x\";\n" SETS "models = (\n { path = \"b\"; } );", "/exp/demo.cfg:4: \"name\" is missing"},
        {"name = 3;\n" MODELS SETS, "/exp/demo.cfg:1: \"name\": an integer where a string is expected"},
        {"name = \"\";\n" MODELS SETS, "/exp/demo.cfg:1: \"name\": an empty name"},
        {"name = \"a\";\nmodels = ();\n" SETS, "/exp/demo.cfg:2: \"models\" is empty"},
        {"name = \"a\";\nmodels = { };\n" SETS,
         "/exp/demo.cfg:2: \"models\": a group { } where a list of groups ( { }, { } ) is expected"},
        {"name = \"a\";\nmodels = (3);\n" SETS, "/exp/demo.cfg:2: an integer where a group { } is expected"},
        {BASE "detect = { cosine = 1.5; };\n", "/exp/demo.cfg:4: \"cosine\": 1.5 is not within 0 and 1"},
        {BASE "detect = { cosine = 1e999; };\n", "/exp/demo.cfg:4: \"cosine\": inf is not within 0 and 1"},
        {BASE "detect = { cosine = \"0.5\"; };\n", "/exp/demo.cfg:4: \"cosine\": a string where a number is expected"},
        {BASE "detect = 3;\n", "/exp/demo.cfg:4: an integer where a group { } is expected"},
        {BASE "detect = { rule = \"papr\"; };\n",
         "/exp/demo.cfg:4: \"rule\": \"papr\" is none of \"paper\", \"relative\"; did you mean \"paper\"?"},
        {BASE "detect = { cosine = 0.4; };\n", "/exp/demo.cfg:4: \"detect.cosine\" 0.4 is below \"record_cosine\" 0.5: "
                                               "rows in between are not recorded"},
        {BASE "detect = { candidates = [0, 1, 0]; };\n", "/exp/demo.cfg:4: \"candidates\": position 0 is there twice"},
        {BASE "detect = { candidates = [-1]; };\n",
         "/exp/demo.cfg:4: \"candidates\": -1 is not within 0 and 2147483647"},
        {BASE "detect = { candidates = [0,1,2,3,4,5,6,7,8]; };\n",
         "/exp/demo.cfg:4: \"candidates\": more than 8 positions"},
        {BASE "pipeline = { shard = 0; };\n", "/exp/demo.cfg:4: \"shard\": 0 is not within 1 and 1000000"},
        {BASE "pipeline = { shard = 2.0; };\n", "/exp/demo.cfg:4: \"shard\": a number where an integer is expected"},
        {BASE "pipeline = { cuts = (4, 4); };\n", "/exp/demo.cfg:4: \"cuts\": 4 after 4: cuts ascend"},
        {BASE "pipeline = {\n stages = 2;\n cuts = (1, 2); };\n", "/exp/demo.cfg:5: 2 stages, but \"cuts\" makes 3"},
        {BASE "measured = (5, 5);\n", "/exp/demo.cfg:4: \"measured\": the range (5, 5) is empty"},
        {BASE "measured = ((0, 4), (0, 4));\n", "/exp/demo.cfg:4: \"measured\": the range (0, 4) is there twice"},
        {BASE "measured = (1, 2, 3);\n", "/exp/demo.cfg:4: \"measured\": a range has a begin and an end"},
        {BASE "allow_nonfinite = 1;\n",
         "/exp/demo.cfg:4: \"allow_nonfinite\": an integer where true or false is expected"},
        {BASE "seed = -1;\n", "/exp/demo.cfg:4: \"seed\": -1 is negative"},
        {BASE "seed = 12345678901;\n", "/exp/demo.cfg:4: 12345678901 exceeds 32 bits: write 12345678901L"},
        {BASE "seed = 1;\nseed = 2;\n", "/exp/demo.cfg:5: duplicate setting name"},
        {BASE "seed = ;\n", "/exp/demo.cfg:4: syntax error"},
        {BASE "# \xff\n", "/exp/demo.cfg:4: text is not UTF-8"},
        {BASE "exclude = ( { model = \"mm\"; } );\n",
         "/exp/demo.cfg:4: no model is called \"mm\"; did you mean \"m\"?"},
        {BASE "exclude = ( { } );\n", "/exp/demo.cfg:4: \"exclude\": a filter without a key"},
        {BASE "include = ( { modl = \"m\"; } );\n", "/exp/demo.cfg:4: unknown key \"modl\"; did you mean \"model\"?"},
        {"name = \"a\";\nmodels = ( { name = \"m\"; path = \"a\"; },\n { name = \"m\"; path = \"b\"; } );\n" SETS,
         "/exp/demo.cfg:3: model \"m\" is there twice"},
        {"name = \"a\";\n" MODELS "prompt_sets = ( { name = \"p\"; path = \"p\"; limit = (); } );",
         "/exp/demo.cfg:3: \"limit\" sweeps over an empty list"},
        {"name = \"a\";\n" MODELS "prompt_sets = ( { name = \"p\"; path = \"p\"; limit = (1, (2)); } );",
         "/exp/demo.cfg:3: \"limit\": a list ( ) where an integer is expected"},
        {"name = \"a\";\n" MODELS "prompt_sets = ( { name = \"p\"; path = \"p\"; limit = (1, 1); } );",
         "/exp/demo.cfg:3: prompt set \"p[limit=1]\" is there twice"},
        {"name = \"a\";\n" SETS "models = ( { name = \"m\"; path = \"${SINKGRID_NO_SUCH_VARIABLE}/m\"; } );",
         "/exp/demo.cfg:3: \"path\": the environment variable SINKGRID_NO_SUCH_VARIABLE is not set"},
        {BASE "@include \"there-is-none.cfg\"\n", "/exp/demo.cfg:4: /exp/there-is-none.cfg: No such file or directory"},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(parse(rows[i].text, NULL, &err));
        assert_string_equal(err.text, rows[i].error);
    }
}

static void variables_are_expanded(void **state)
{
    struct experiment *e;

    (void)state;
    setenv("SINKGRID_TEST_MODELS", "/data/models", 1);
    e = parse_well("name = \"a\";\n" SETS
                   "models = ( { name = \"m\"; path = \"${SINKGRID_TEST_MODELS}/x${SINKGRID_TEST_MODELS}\"; } );");
    assert_string_equal(e->models[0].path, "/data/models/x/data/models");
    experiment_destroy(e);
}

/* Cross product, the last swept key fastest. */
static void sweeps_make_arms(void **state)
{
    static const char *const arms[] = {"template=none,max_tokens=16", "template=none,max_tokens=32",
                                       "template=none,max_tokens=64", "template=auto,max_tokens=16",
                                       "template=auto,max_tokens=32", "template=auto,max_tokens=64"};
    struct experiment *e =
        parse_well("name = \"a\";\n"
                   "models = ( { name = \"m\"; path = \"m\"; precision = (\"float32\", \"bfloat16\"); } );\n"
                   "prompt_sets = ( { name = \"p\"; path = \"p\"; template = (\"none\", \"auto\");"
                   " max_tokens = (16, 32, 64); limit = 2; },\n"
                   "  { name = \"q\"; path = \"q\"; bos = [true, false]; } );");

    (void)state;
    assert_int_equal(e->n_models, 2);
    assert_string_equal(e->models[1].arm, "precision=bfloat16");
    assert_string_equal(e->models[1].label, "m[precision=bfloat16]");
    assert_int_equal(e->models[1].precision, PRECISION_BFLOAT16);
    assert_int_equal(e->n_prompt_sets, 8);
    for (int i = 0; i < 6; i++) {
        assert_string_equal(e->prompt_sets[i].arm, arms[i]);
        assert_int_equal(e->prompt_sets[i].max_tokens, 16 << i % 3);
        assert_string_equal(e->prompt_sets[i].chat_template, i < 3 ? "none" : "auto");
        assert_int_equal(e->prompt_sets[i].limit, 2);
    }
    assert_string_equal(e->prompt_sets[6].label, "q[bos=true]");
    assert_int_equal(e->prompt_sets[7].bos, BOS_FALSE);
    experiment_destroy(e);
}

#define GRID                                                                                                           \
    "name = \"g\"; models = ( { name = \"a\"; family = \"F\"; path = \"a\"; tags = [\"big\"]; },\n"                    \
    "  { name = \"b\"; family = \"F\"; path = \"b\"; }, { name = \"c\"; family = \"G\"; path = \"c\"; } );\n"          \
    "prompt_sets = ( { name = \"p\"; path = \"p\"; tags = [\"long\"]; }, { name = \"q\"; path = \"q\"; } );\n"

/* Pairs in the order ap aq bp bq cp cq, "1" where kept. */
static void assert_selects(const char *filters, const struct experiment_overrides *overrides, const char *expected)
{
    struct error err = {""};
    char *text = xasprintf("%s%s", GRID, filters), pairs[7] = "";
    struct experiment *e = parse(text, overrides, &err);

    assert_string_equal(err.text, "");
    for (int m = 0; m < 3; m++)
        for (int s = 0; s < 2; s++)
            pairs[2 * m + s] = experiment_selects(e, m, s) ? '1' : '0';
    assert_string_equal(pairs, expected);
    experiment_destroy(e);
    free(text);
}

static void filters_select_pairs(void **state)
{
    static char *const b[] = {"b"}, *const q[] = {"q"}, *const tags[] = {"long", "big"};
    struct experiment_overrides only_b = {.models = {(char **)b, 1}};
    struct experiment_overrides b_and_q = {.models = {(char **)b, 1}, .prompt_sets = {(char **)q, 1}};
    struct experiment_overrides tagged = {.tags = {(char **)tags, 2}};
    struct error err;

    (void)state;
    assert_selects("", NULL, "111111");
    assert_selects("exclude = ( { model = \"a\"; prompt_set = \"q\"; } );", NULL, "101111");
    assert_selects("include = ( { family = \"F\"; } );", NULL, "111100");
    assert_selects("include = ( { tag = \"long\"; }, { model = \"c\"; } );", NULL, "101011");
    assert_selects("include = ( { family = \"F\"; } ); exclude = ( { tag = \"big\"; } );", NULL, "001100");
    assert_selects("", &only_b, "001100");
    assert_selects("exclude = ( { prompt_set = \"p\"; } );", &only_b, "000100");
    assert_selects("", &b_and_q, "000100");
    assert_selects("", &tagged, "111010");
    assert_null(parse(BASE, &only_b, &err));
    assert_string_equal(err.text, "--model b: no model is called \"b\"; did you mean \"m\"?");
}

/* Loading the resolved copy gives the same resolved copy, arms and all. */
static void the_resolved_copy_reads_back(void **state)
{
    struct error err = {""};
    struct experiment *first = parse_well(
        "name = \"quo\\\"te\\\\\"; results = \"r\"; seed = 9000000000000000000L;\n"
        "models = ( { name = \"m\"; path = \"a b\"; precision = (\"float32\", \"bfloat16\"); tags = \"t\"; } );\n"
        "prompt_sets = ( { name = \"p\"; path = \"p\"; max_tokens = (5, 6); bos = true; } );\n"
        "exclude = ( { model = \"m[precision=bfloat16]\"; prompt_set = \"p[max_tokens=5]\"; } );\n"
        "measured = (2, 7); detect = { cosine = 0.7531; candidates = (4, 2); }; control = 0;\n"
        "pipeline = { cuts = (3); max_attempts = 1; };");
    char *text = experiment_resolved_text(first);
    struct experiment *second = parse(text, NULL, &err);
    char *again;

    (void)state;
    assert_string_equal(err.text, "");
    again = experiment_resolved_text(second);
    assert_string_equal(text, again);
    assert_int_equal(second->n_models, 2);
    assert_string_equal(second->models[1].label, "m[precision=bfloat16]");
    assert_string_equal(second->prompt_sets[1].label, "p[max_tokens=6]");
    assert_string_equal(second->models[0].path, "/exp/a b");
    assert_true(second->detect.cosine == 0.7531);
    assert_int_equal(second->detect.candidates[0], 4);
    assert_int_equal(second->seed, 9000000000000000000u);
    assert_false(experiment_selects(second, 1, 0));
    assert_true(experiment_selects(second, 1, 1));
    experiment_destroy(first);
    experiment_destroy(second);
    free(text);
    free(again);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A folder's copy is loaded, wherever the folder lies now; @include; missing files. */
static void files_and_folders_are_loaded(void **state)
{
    char folder[] = "/tmp/sinkgrid-experiment-XXXXXX", path[512], expected[512];
    struct error err = {""};
    struct experiment *e;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, "experiment.cfg", "results = \"/old/place\";\n@include \"rest.cfg\"\n" MODELS);
    write_file(folder, "rest.cfg", "name = \"n\";\nprompt_sets = ( { name = \"p\"; path = \"p.jsonl\"; } );\n");
    e = experiment_load(folder, NULL, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(e->results, folder);
    snprintf(path, sizeof path, "%s/p.jsonl", folder);
    assert_string_equal(e->prompt_sets[0].path, path);
    assert_string_equal(e->prompt_sets[0].where, "rest.cfg:2");
    assert_int_equal(experiment_check_files(e, &err), -1);
    snprintf(expected, sizeof expected, "%s/experiment.cfg:3: model /models/m: No such file or directory", folder);
    assert_string_equal(err.text, expected);
    experiment_destroy(e);
    write_file(folder, "rest.cfg", "name = \"n\";\ncontrol = 3000000000;\n");
    assert_null(experiment_load(folder, NULL, &err));
    assert_non_null(strstr(err.text, "rest.cfg:2: 3000000000 exceeds 32 bits"));
    snprintf(path, sizeof path, "%s/rest.cfg", folder);
    unlink(path);
    mkdir(path, 0700); /* libconfig would end the program */
    assert_null(experiment_load(folder, NULL, &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    rmdir(path);
    snprintf(path, sizeof path, "%s/experiment.cfg", folder);
    unlink(path);
    rmdir(folder);
    assert_null(experiment_load(folder, NULL, &err));
    assert_non_null(strstr(err.text, "No such file or directory"));
}

/* Damaged texts: any outcome but a crash, and an error text with every failure. */
static void damaged_texts_do_no_harm(void **state)
{
    static const char text[] = BASE "include = ( { model = \"m\"; } ); measured = ((0, 4), (4, 8)); /* c */\n"
                                    "detect = { cosine = 0.9; candidates = [0, 1]; };\n"
                                    "pipeline = { cuts = (3, 4); shard = 2; }; seed = 0x10L; // end\n";
    static const char letters[] = "{}()[];,=\"\\/*#@0x9eL \n\x80";
    char damaged[sizeof text];
    struct error err;

    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        memcpy(damaged, text, sizeof text);
        for (uint64_t k = 0; k <= random_below(1, i, 99, 4); k++)
            damaged[random_below(2, i, k, sizeof text - 1)] = letters[random_below(3, i, k, sizeof letters)];
        err.text[0] = '\0';
        struct experiment *e =
            experiment_parse(damaged, random_below(4, i, 0, 4) ? sizeof text - 1 : random_below(5, i, 0, sizeof text),
                             "damaged.cfg", NULL, &err);
        assert_true(e || err.text[0]);
        experiment_destroy(e);
    }
}

static void the_help_lists_every_setting(void **state)
{
    static const char *const keys[] = {"results",       "record_cosine",         "models.path",   "prompt_sets.bos",
                                       "detect.cosine", "pipeline.max_attempts", "exclude.family"};
    char *text = experiment_settings_text();

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(strstr(text, keys[i]));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_documented),
        cmocka_unit_test(values_are_stored),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(variables_are_expanded),
        cmocka_unit_test(sweeps_make_arms),

        cmocka_unit_test(filters_select_pairs),
        cmocka_unit_test(the_resolved_copy_reads_back),
        cmocka_unit_test(files_and_folders_are_loaded),
        cmocka_unit_test(damaged_texts_do_no_harm),
        cmocka_unit_test(the_help_lists_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
