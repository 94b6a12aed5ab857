/* The table of commands. A command is one file in command/ and one row in
 * command.c. */
#ifndef SINKGRID_COMMAND_COMMAND_H
#define SINKGRID_COMMAND_COMMAND_H

/* Exit statuses of the program. */
enum exit_status {
    STATUS_OK = 0,
    STATUS_UNITS_FAILED = 1,
    STATUS_USAGE = 2,    /* wrong usage or experiment */
    STATUS_STOPPED = 75, /* stopped early; run again to go on */
};

struct option_row;

struct command {
    const char *name;
    const char *arguments; /* "EXPERIMENT [--force]" */
    const char *summary;   /* one line for `sinkgrid help` */
    const char *help;      /* for --help, after the options: notes and an example ("example: sinkgrid ...") */
    const struct option_row *options;  /* command/options.h; NULL if none */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit status */
};

int command_main(int argc, char **argv);

/* NULL if there is none. For `help TOPIC`. */
const struct command *command_find(const char *name);
const struct command *const *command_table(void); /* NULL-terminated */

extern const struct command command_batch;
extern const struct command command_clean;
extern const struct command command_compare;
extern const struct command command_help;
extern const struct command command_import;
extern const struct command command_inspect;
extern const struct command command_measure;
extern const struct command command_plan;
extern const struct command command_plant;
extern const struct command command_report;
extern const struct command command_run;
extern const struct command command_status;
extern const struct command command_summarize;
extern const struct command command_tokenize;
extern const struct command command_version;

#endif
