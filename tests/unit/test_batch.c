#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/batch_script.h"

static char *fill(const char *template_text, const struct batch_value *values, size_t n, int *rc)
{
    struct error err;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    *rc = batch_fill(template_text, "# notes\n", values, n, out, &err);
    fclose(out);
    return text;
}

static void a_template_is_filled_in(void **state)
{
    static const struct batch_value values[] = {{"#X a=", "3"}, {"#X b=", "on"}, {"#X c=", NULL}, {"word=", "'w'"}};
    int rc;
    char *text =
        fill("#!/bin/sh\n# as it stands\n#\n# about a\n#X a=1\n##X b=off\n##X c=off\nword=x\ndone\n", values, 4, &rc);

    (void)state;
    assert_int_equal(rc, 0);
    assert_string_equal(text, "#!/bin/sh\n# notes\n#\n# about a\n#X a=3\n#X b=on\n##X c=off\nword='w'\ndone\n");
    free(text);
}

static void a_line_that_is_missing_or_doubled_is_an_error(void **state)
{
    static const struct batch_value values[] = {{"a=", "3"}};
    int rc;

    (void)state;
    free(fill("x\n#\nb=1\n", values, 1, &rc));
    assert_int_equal(rc, -1);
    free(fill("x\n#\na=1\na=2\n", values, 1, &rc));
    assert_int_equal(rc, -1);
}

static void words_are_quoted_for_the_shell(void **state)
{
    static const char *const words[] = {"a b", "it's", "$x"};
    char *text = batch_quote(words, 3), line[256], back[64] = "";

    (void)state;
    snprintf(line, sizeof line, "printf '%%s|' %s", text);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(back, sizeof back, pipe));
    pclose(pipe);
    assert_string_equal(back, "a b|it's|$x|");
    free(text);
}

static void times_are_written_for_either_system(void **state)
{
    static const struct {
        double seconds;
        int days;
        const char *text;
    } rows[] = {{300, 1, "00:05:00"}, {86400 + 3661, 1, "1-01:01:01"}, {86400 + 3661, 0, "25:01:01"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = batch_time(rows[i].seconds, rows[i].days);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

static void names_are_such_as_batch_systems_take(void **state)
{
    static const char *const rows[][2] = {
        {"demo", "demo"}, {"my first/\"grid\"", "my_first__grid_"}, {"-v1.2", "x-v1.2"}, {"", "sinkgrid"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *name = batch_name(rows[i][0]);
        assert_string_equal(name, rows[i][1]);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_is_filled_in),
        cmocka_unit_test(a_line_that_is_missing_or_doubled_is_an_error),
        cmocka_unit_test(words_are_quoted_for_the_shell),
        cmocka_unit_test(times_are_written_for_either_system),
        cmocka_unit_test(names_are_such_as_batch_systems_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
