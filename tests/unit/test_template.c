/* Templates against what the reference renders (tests/reference/templates.py). */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "text/template.h"

static json_t *data;

static int set_up(void **state)
{
    const char *root = getenv("abs_top_srcdir");
    char *path = xasprintf("%s/tests/data/templates.json", root ? root : ".");
    struct error err;

    (void)state;
    data = json_read_file(path, &err);
    free(path);
    return data ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(data);
    return 0;
}

static char *render_case(const json_t *test, struct error *err)
{
    const char *chat = json_string_value(json_object_get(test, "chat"));
    struct template_variables variables = {
        .messages = json_object_get(json_object_get(data, "chats"), chat),
        .add_generation_prompt = json_is_true(json_object_get(test, "add_generation_prompt")),
        .bos_token = "<BOS>",
        .eos_token = "<EOS>",
        .date = json_string_value(json_object_get(data, "date")),
        .extra = json_object_get(test, "extra"),
    };

    return template_render(json_string_value(json_object_get(test, "source")), "case", &variables, NULL, err);
}

static bool case_holds(const json_t *test, size_t number)
{
    const char *expected = json_string_value(json_object_get(test, "expected"));
    struct error err = {{0}};
    char *text = render_case(test, &err);
    bool holds = expected ? text && strcmp(text, expected) == 0 : !text && strncmp(err.text, "case:", 5) == 0;

    if (!holds)
        print_message("case %zu: %.300s\n  expected %s\n  rendered %s\n", number,
                      json_string_value(json_object_get(test, "source")), expected ? expected : "an error",
                      text ? text : err.text);
    free(text);
    return holds;
}

static void renderings_equal_the_reference(void **state)
{
    const json_t *cases = json_object_get(data, "cases");
    size_t n_bad = 0;

    (void)state;
    assert_true(json_array_size(cases) > 150);
    for (size_t i = 0; i < json_array_size(cases); i++)
        n_bad += !case_holds(json_array_get(cases, i), i);
    assert_int_equal(n_bad, 0);
}

static void render_fails(const char *source, const char *reason)
{
    struct template_variables variables = {0};
    struct error err;
    char *text = template_render(source, "t.jinja", &variables, NULL, &err);

    if (text || !strstr(err.text, reason))
        print_message("%s: %s\n", source, text ? text : err.text);
    assert_null(text);
    assert_non_null(strstr(err.text, reason));
    assert_int_equal(strncmp(err.text, "t.jinja:", 8), 0);
}

/* The error names the line and the construct. */
static void errors_name_their_line(void **state)
{
    (void)state;
    render_fails("a\n\n{{ x.y }}", "t.jinja:3: \"y\" of \"x\", which is not defined");
    render_fails("\n{% include 'x' %}", "t.jinja:2: a statement that is not supported, at \"include\"");
    render_fails("{{ 1 | frobnicate }}", "t.jinja:1: filter \"frobnicate\" is not supported");
    render_fails("{% if 1 %}\n{{ raise_exception('no way') }}{% endif %}", "t.jinja:2: the template says: no way");
    render_fails("{% if 1 %}\n\n", "the template ends within a block");
    render_fails("{{ strftime_now('%Y') }}", "no date was given");
}

/* A template cannot run for ever, nest without end, or fill the memory. */
static void foreign_templates_are_bounded(void **state)
{
    char *deep = xcalloc(100003, 1);

    (void)state;
    render_fails("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "more than");
    render_fails("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nests too deeply");
    render_fails("{{ 'x' * 1000000000 }}", "MiB");
    render_fails("{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                 "MiB");
    render_fails("{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = [ns.l] %}{% endfor %}", "deep");
    render_fails("{{ 9223372036854775807 + 1 }}", "exceeds 64 bits");
    render_fails("{{ (-9223372036854775807 - 1) // -1 }}", "exceeds 64 bits");
    for (const char *pair = "()[]- "; *pair; pair += 2) {
        memcpy(deep, "{{", 2);
        memset(deep + 2, pair[0], 49999);
        memset(deep + 50001, pair[1], 49999);
        memcpy(deep + 100000, "}}", 2);
        render_fails(deep, "nested too deeply");
    }
    free(deep);
}

/* A namespace may hold itself; printing it ends. */
static void a_namespace_that_holds_itself_is_printed(void **state)
{
    struct template_variables variables = {0};
    struct error err;
    char *text =
        template_render("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns.me.me == ns }}{{ [ns] | length }}", "t",
                        &variables, NULL, &err);

    (void)state;
    assert_non_null(text);
    assert_string_equal(text, "True1");
    free(text);
}

static void zero_bytes_pass_through(void **state)
{
    json_t *messages = json_pack("[{s:s, s:s%}]", "role", "user", "content", "a\0b", (size_t)3);
    struct template_variables variables = {.messages = messages};
    struct error err;
    size_t n;
    char *text = template_render("<{{ messages[0].content }}>", "t", &variables, &n, &err);

    (void)state;
    assert_non_null(text);
    assert_int_equal(n, 5);
    assert_memory_equal(text, "<a\0b>", 5);
    free(text);
    json_decref(messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renderings_equal_the_reference), cmocka_unit_test(errors_name_their_line),
        cmocka_unit_test(foreign_templates_are_bounded),  cmocka_unit_test(a_namespace_that_holds_itself_is_printed),
        cmocka_unit_test(zero_bytes_pass_through),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
