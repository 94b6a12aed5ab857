#include <stdio.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/topics.h"

static void list_commands(void)
{
    printf("sinkgrid %s: grids of attention-sink experiments on HPC machines\n\n", PACKAGE_VERSION);
    for (const struct command *const *c = command_table(); *c; c++)
        printf("  %-12s %s\n", (*c)->name, (*c)->summary);
    printf("\nfurther topics:\n\n");
    for (const struct topic *topic = topics; topic->name; topic++)
        printf("  %-12s %s\n", topic->name, topic->summary);
    printf("\n`sinkgrid help TOPIC` or `sinkgrid COMMAND --help` explains one, with an example.\n");
}

static int run_help(int argc, char **argv)
{
    struct operands operands = {.min = 0, .max = 1};

    if (options_parse(&command_help, argc, argv, NULL, &operands) != 0)
        return STATUS_USAGE;
    if (operands.n == 0) {
        list_commands();
        return STATUS_OK;
    }
    const struct command *command = command_find(operands.items[0]);
    const struct topic *topic = topic_find(operands.items[0]);
    if (!command && !topic) {
        log_error("help: there is no topic \"%s\"; `sinkgrid help` lists them", operands.items[0]);
        return STATUS_USAGE;
    }
    if (command)
        options_print_help(command);
    else
        topic->print();
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[TOPIC]",
    .summary = "this text, or that of a command or topic",
    .help = "example: sinkgrid help experiment\n",
    .run = run_help,
};
