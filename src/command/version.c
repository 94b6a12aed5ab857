/* `sinkgrid --version`. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/options.h"
#include "run/versions.h"

struct settings {
    bool json;
};

static const struct option_row options[] = {
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print one JSON object"},
    {0},
};

static void print_text(const json_t *versions)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)versions, name, value)
    {
        if (json_is_string(value))
            printf("%-10s %s\n", name, json_string_value(value));
        else
            printf("%-10s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
    }
}

static int run_version(int argc, char **argv)
{
    struct settings settings = {false};
    struct operands operands = {0};

    if (options_parse(&command_version, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    json_t *versions = version_object();
    if (settings.json) {
        json_dumpf(versions, stdout, JSON_INDENT(1));
        printf("\n");
    } else {
        print_text(versions);
    }
    json_decref(versions);
    return STATUS_OK;
}

const struct command command_version = {
    .name = "version",
    .arguments = "[--json]",
    .summary = "what it was built from: libraries, compute kernel, MPI (also --version)",
    .help = "example: sinkgrid --version\n",
    .options = options,
    .run = run_version,
};
