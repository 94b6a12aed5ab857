#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment.h"

#define SETS "prompt_sets = ( { name = \"p\"; path = \"p.jsonl\"; } );\n"
#define BASE "name = \"demo\"; models = ( { name = \"m\"; path = \"/models/m\"; } );\n" SETS

static struct experiment *parse_set(const char *text, char *assignment, struct error *err)
{
    struct experiment_overrides overrides = {.set = {&assignment, 1}};

    err->text[0] = '\0';
    return experiment_parse(text, strlen(text), "/exp/demo.cfg", &overrides, err);
}

#define DOTTED                                                                                                         \
    "name = \"demo\"; models = ( { name = \"Qwen2.5\"; path = \"a\"; }, { name = \"Qwen2.5.x\"; path = \"b\"; } "      \
    ");\n" SETS

static void set_overrides_a_key(void **state)
{
    struct error err;
    struct experiment *e;

    (void)state;
    e = parse_set(BASE "detect = { cosine = 0.8; };", "detect.cosine=1", &err);
    assert_true(e->detect.cosine == 1.0);
    experiment_destroy(e);
    e = parse_set(BASE, "pipeline.shard=2", &err); /* the group is not there yet */
    assert_int_equal(e->pipeline.shard, 2);
    experiment_destroy(e);
    e = parse_set(BASE, "results=/out/of/99999999999/quotes", &err);
    assert_string_equal(e->results, "/out/of/99999999999/quotes");
    experiment_destroy(e);
    e = parse_set(BASE, "prompt_sets.p.limit=(3, 4)", &err);
    assert_int_equal(e->n_prompt_sets, 2);
    assert_string_equal(e->prompt_sets[1].label, "p[limit=4]");
    experiment_destroy(e);
    e = parse_set(BASE, "measured=((0,2),(4,6))", &err);
    assert_int_equal(e->n_measured, 2);
    experiment_destroy(e);
    e = parse_set(DOTTED, "models.Qwen2.5.x.family=Q", &err); /* names hold dots: the longest counts */
    assert_string_equal(e->models[0].family, "Qwen2.5");
    assert_string_equal(e->models[1].family, "Q");
    experiment_destroy(e);
}

static void faults_of_set_are_named(void **state)
{
    static const struct {
        const char *set, *error;
    } rows[] = {
        {"detect.cosine", "--set detect.cosine: KEY=VALUE is expected"},
        {"detect.cosine=2", "--set detect.cosine=2: \"cosine\": 2 is not within 0 and 1"},
        {"detect.cosin=1", "--set detect.cosin=1: unknown key \"cosin\"; did you mean \"cosine\"?"},
        {"detct.cosine=1", "--set detct.cosine=1: unknown key \"detct\"; did you mean \"detect\"?"},
        {"prompt_sets.pp.limit=1", "--set prompt_sets.pp.limit=1: prompt_sets has no \"pp\"; did you mean \"p\"?"},
        {"name.x=1", "--set name.x=1: \"name\" has no members"},
        {"seed=1; record=\"full\"", "--set seed=1; record=\"full\": \"seed\": a string where an integer is expected"},
        {"seed=99999999999", "--set seed=99999999999: VALUE:1: 99999999999 exceeds 32 bits: write 99999999999L"},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *set = xstrdup(rows[i].set);
        assert_null(parse_set(BASE, set, &err));
        assert_string_equal(err.text, rows[i].error);
        free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_overrides_a_key),
        cmocka_unit_test(faults_of_set_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
