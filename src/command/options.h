/* Long options of a command as a constant table: parsing, errors and the option
 * part of --help come from the same rows. A row stores into a member of the
 * command's settings struct, which holds the defaults before parsing:
 *
 *     struct settings { int threads; bool json; const char *output; };
 *     static const struct option_row options[] = {
 *         {"threads", OPTION_INT, "N", offsetof(struct settings, threads), 1, 1024, "threads of this process"},
 *         {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print JSON"},
 *         OPTION_ROWS_OVERRIDES(struct settings, overrides),
 *         {0},
 *     };
 *     ... .options = options ...
 *     struct settings settings = {.threads = 1};
 *     struct operands operands = {.min = 1, .max = 1};
 *     if (options_parse(&command_x, argc, argv, &settings, &operands) != 0)
 *         return STATUS_USAGE;
 */
#ifndef SINKGRID_COMMAND_OPTIONS_H
#define SINKGRID_COMMAND_OPTIONS_H

#include <stddef.h>

#include "base/error.h"
#include "grid/experiment.h"

struct command;

/* The member's C type, and what the user writes. */
enum option_type {
    OPTION_FLAG,    /* bool: set to true; takes no argument */
    OPTION_INT,     /* int, within [min, max] */
    OPTION_U64,     /* uint64_t: decimal, within [min, max] */
    OPTION_DOUBLE,  /* double, finite, within [min, max] */
    OPTION_TEXT,    /* const char *: borrowed from argv */
    OPTION_TEXTS,   /* struct string_list: may be given several times; options_clear frees */
    OPTION_CHOICE,  /* int: index of the word in `argument`, e.g. "csv|netcdf" */
    OPTION_RANGE,   /* struct layer_range: "A:B", "A:" and ":B", end 0 to the last */
    OPTION_BYTES,   /* uint64_t: a number with an optional K, M, G or T (powers of 1024) */
    OPTION_SECONDS, /* double, within [min, max]: seconds, or M:SS, H:MM:SS, D-HH:MM:SS as Slurm writes them */
};

struct option_row {
    const char *name; /* without "--"; NULL ends the table */
    enum option_type type;
    const char *argument; /* shown in --help, NULL for a flag */
    size_t offset;        /* of the member in the settings */
    double min, max;      /* of a number; both 0: no limits */
    const char *help;     /* one or more lines, separated by '\n' */
};

/* What narrows or overrides an experiment; `member` is a struct experiment_overrides. */
#define OPTION_ROWS_OVERRIDES(settings, member)                                                                        \
    {"set",                                                                                                            \
     OPTION_TEXTS,                                                                                                     \
     "KEY=VALUE",                                                                                                      \
     offsetof(settings, member.set),                                                                                   \
     0,                                                                                                                \
     0,                                                                                                                \
     "override a key of the experiment, e.g. detect.cosine=0.85"},                                                     \
        {"model", OPTION_TEXTS, "NAME", offsetof(settings, member.models), 0, 0, "only this model (may be repeated)"}, \
        {"prompt-set",                                                                                                 \
         OPTION_TEXTS,                                                                                                 \
         "NAME",                                                                                                       \
         offsetof(settings, member.prompt_sets),                                                                       \
         0,                                                                                                            \
         0,                                                                                                            \
         "only this prompt set (may be repeated)"},                                                                    \
    {                                                                                                                  \
        "tag", OPTION_TEXTS, "TAG", offsetof(settings, member.tags), 0, 0,                                             \
            "only what carries this tag (may be repeated)"                                                             \
    }

struct operands {
    int min, max; /* in: how many the command takes; max < 0: any number */
    int n;        /* out */
    char **items; /* out: into argv, in order */
};

/* Parses argv[1 .. argc-1]; options and operands may be mixed, "--" ends the
 * options. -1 after logging one line that names the option, what is wrong and
 * where help is; the caller returns STATUS_USAGE. */
int options_parse(const struct command *command, int argc, char **argv, void *settings, struct operands *operands);

/* Frees the lists that options_parse filled. */
void options_clear(const struct command *command, void *settings);

/* The usage line, the table and the command's own help text, to standard output. */
void options_print_help(const struct command *command);

/* One value, as a row of this type reads it; the error says what was expected. */
int option_read(const struct option_row *row, const char *text, void *settings, struct error *err);

#endif
