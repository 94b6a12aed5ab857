#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"

struct settings {
    bool force;
    int threads, format;
    uint64_t seed, memory;
    double cosine, limit;
    const char *output;
    struct layer_range layers;
    struct experiment_overrides overrides;
};

#define AT(member) offsetof(struct settings, member)
static const struct option_row rows[] = {
    {"force", OPTION_FLAG, NULL, AT(force), 0, 0, "do it"},
    {"threads", OPTION_INT, "N", AT(threads), 1, 64, "threads"},
    {"format", OPTION_CHOICE, "csv|netcdf", AT(format), 0, 0, "format"},
    {"seed", OPTION_U64, "N", AT(seed), 0, 0, "seed"},
    {"memory", OPTION_BYTES, "SIZE", AT(memory), 0, 0, "memory"},
    {"cosine", OPTION_DOUBLE, "X", AT(cosine), -1, 1, "cosine"},
    {"time-limit", OPTION_SECONDS, "TIME", AT(limit), 0, 1e6, "time"},
    {"output", OPTION_TEXT, "FILE", AT(output), 0, 0, "file"},
    {"layers", OPTION_RANGE, "A:B", AT(layers), 0, 0, "layers"},
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {0},
};
static const struct command command = {.name = "try", .arguments = "FILE", .summary = "try", .options = rows};

/* Parses the words of a line; operands in [1, 2]. */
static int parse(const char *line, struct settings *settings, struct operands *operands)
{
    static char words[512];
    static char *argv[32];
    int argc = 1;

    argv[0] = (char *)"try";
    strcpy(words, line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    memset(settings, 0, sizeof *settings);
    settings->threads = 3;
    *operands = (struct operands){.min = 1, .max = 2};
    return options_parse(&command, argc, argv, settings, operands);
}

static void a_line_fills_the_settings(void **state)
{
    struct settings s;
    struct operands operands;

    (void)state;
    assert_int_equal(parse("a --force --format netcdf --seed 18446744073709551615 b --memory=1.5K --cosine -0.5 "
                           "--output x --layers 3:7 --set k=v --set l=w --time-limit 1-02:03:04",
                           &s, &operands),
                     0);
    assert_true(s.force);
    assert_int_equal(s.threads, 3);
    assert_int_equal(s.format, 1);
    assert_true(s.seed == UINT64_MAX);
    assert_int_equal(s.memory, 1536);
    assert_true(s.cosine == -0.5);
    assert_true(s.limit == 86400 + 2 * 3600 + 3 * 60 + 4);
    assert_string_equal(s.output, "x");
    assert_int_equal(s.layers.begin, 3);
    assert_int_equal(s.layers.end, 7);
    assert_int_equal(s.overrides.set.n, 2);
    assert_string_equal(s.overrides.set.items[1], "l=w");
    assert_int_equal(operands.n, 2);
    assert_string_equal(operands.items[0], "a");
    assert_string_equal(operands.items[1], "b");
    options_clear(&command, &s);
    assert_int_equal(s.overrides.set.n, 0);
}

static void open_ranges_and_short_times_are_read(void **state)
{
    struct settings s;
    struct operands operands;

    (void)state;
    assert_int_equal(parse("a --layers 5: --time-limit 90", &s, &operands), 0);
    assert_int_equal(s.layers.begin, 5);
    assert_int_equal(s.layers.end, 0);
    assert_true(s.limit == 90);
    assert_int_equal(parse("--layers :5 --time-limit 1:30 -- --a", &s, &operands), 0);
    assert_int_equal(s.layers.end, 5);
    assert_true(s.limit == 90);
    assert_string_equal(operands.items[0], "--a");
    assert_int_equal(parse("--time-limit 1-12 a", &s, &operands), 0);
    assert_true(s.limit == 36 * 3600);
}

static void wrong_usage_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "--time-limit 1:2:3:4 a",
        "a b c",
        "a --threads",
        "a --threads x",
        "a --threads 0",
        "a --threads 65",
        "a --nope",
        "a --force=1",
        "a -f",
        "a --format pdf",
        "a --cosine 2",
        "a --cosine nan",
        "a --seed -1",
        "a --seed 1e3",
        "a --memory 3X",
        "a --memory -1",
        "a --layers 4",
        "a --layers 4:4",
        "a --layers 5:2",
        "a --layers -1:2",
        "a --time-limit x",
        "a --time-limit 1000001",
        "a --time-limit 1:",
        "a --time-limit 1-2-3",
        "a --t 3",
        "a --threads 99999999999",
        "a --memory 9e30",
        "a --set a=b --threads 0",
    };
    struct settings s;
    struct operands operands;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(parse(lines[i], &s, &operands), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_fills_the_settings),
        cmocka_unit_test(open_ranges_and_short_times_are_read),
        cmocka_unit_test(wrong_usage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
