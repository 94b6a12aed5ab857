#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/options.h"

/* In the order of `sinkgrid help`. */
static const struct command *const commands[] = {
    &command_inspect,
    &command_measure,
    &command_tokenize,
    &command_plant,
    &command_help,
    NULL,
};

const struct command *const *command_table(void)
{
    return commands;
}

const struct command *command_find(const char *name)
{
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return 1;
    return 0;
}

int command_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    const struct command *command;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    command = command_find(name);
    if (!command) {
        log_error("unknown command \"%s\"; `sinkgrid help` lists them", name);
        return STATUS_USAGE;
    }
    if (wants_help(argc - 1, argv + 1)) {
        options_print_help(command);
        return STATUS_OK;
    }
    return command->run(argc - 1, argv + 1);
}
