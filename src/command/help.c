#include <stdio.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"

static void list_commands(void)
{
    printf("sinkgrid %s: grids of attention-sink experiments on HPC machines\n\n", PACKAGE_VERSION);
    for (const struct command *const *c = command_table(); *c; c++)
        printf("  %-10s %s\n", (*c)->name, (*c)->summary);
    printf("\n`sinkgrid COMMAND --help` explains one, with an example.\n");
}

static int run_help(int argc, char **argv)
{
    const struct command *topic;

    if (argc < 2) {
        list_commands();
        return STATUS_OK;
    }
    topic = command_find(argv[1]);
    if (!topic) {
        log_error("no help on \"%s\"; `sinkgrid help` lists the commands", argv[1]);
        return STATUS_USAGE;
    }
    options_print_help(topic);
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "this text, or that of a command",
    .help = "example: sinkgrid help run\n",
    .run = run_help,
};
