#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "command/options.h"

/* In the order of `sinkgrid help`. */
static const struct command *const commands[] = {
    &command_plan,
    &command_run,
    &command_status,
    &command_inspect,
    &command_tokenize,
    &command_measure,
    &command_summarize,
    &command_report,
    &command_compare,
    &command_import,
    &command_clean,
    &command_batch,
    &command_plant,
    &command_help,
    &command_version,
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

static int unknown_command(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    size_t n = 0;

    for (; commands[n]; n++)
        names[n] = commands[n]->name;
    const char *nearest = nearest_name(name, names, n);
    log_error("unknown command \"%s\"%s%s%s; `sinkgrid help` lists them", name, nearest ? " (did you mean \"" : "",
              nearest ? nearest : "", nearest ? "\"?)" : "");
    return STATUS_USAGE;
}

int command_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    const struct command *command;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    command = command_find(name);
    if (!command)
        return unknown_command(name);
    if (wants_help(argc - 1, argv + 1)) {
        options_print_help(command);
        return STATUS_OK;
    }
    return command->run(argc - 1, argv + 1);
}
