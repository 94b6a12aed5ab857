#include "command/summarize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/options.h"
#include "command/results.h"
#include "run/versions.h"
#include "summary/summary.h"
#include "summary/terminal.h"

struct settings {
    struct experiment_overrides overrides;
    bool csv;
};

static const struct option_row options[] = {
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {"csv", OPTION_FLAG, NULL, offsetof(struct settings, csv), 0, 0, "print scaling.csv instead of the table"},
    {0},
};

static bool names(const char *label, const char *name, const char *stored)
{
    return strcmp(label, stored) == 0 || strcmp(name, stored) == 0;
}

/* Whether the experiment, as narrowed on the command line, has such a pair. Imported
 * records, and a folder without an experiment, go by the command line alone. */
static bool selects(const char *model, const char *prompt_set, bool imported, const void *context)
{
    const struct experiment *e = context;
    bool known = false;

    for (int m = 0; m < e->n_models; m++)
        for (int p = 0; p < e->n_prompt_sets; p++) {
            if (!names(e->models[m].label, e->models[m].name, model) ||
                !names(e->prompt_sets[p].label, e->prompt_sets[p].name, prompt_set))
                continue;
            known = true;
            if (experiment_selects(e, m, p))
                return true;
        }
    bool narrowed = e->only_models.n || e->only_prompt_sets.n || e->only_tags.n;
    return !known && !narrowed && (imported || !e->text[0]);
}

static int print_file(const char *results, const char *name, struct error *err)
{
    char *path = xasprintf("%s/%s", results, name);
    size_t size;
    char *text = file_read(path, 1 << 30, &size, err);

    free(path);
    if (!text)
        return -1;
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}

int summarize_experiment(const struct experiment *experiment, bool csv, struct error *err)
{
    struct summary summary;
    struct summary_settings settings = {.results = experiment->results,
                                        .detect = experiment->detect,
                                        .seed = experiment->seed,
                                        .revision = version_revision(),
                                        .experiment_text = experiment->text,
                                        .selects = selects,
                                        .context = experiment};

    if (summary_make(&summary, &settings, err))
        return STATUS_USAGE;
    int status = summary.n_damaged || summary.n_failed ? STATUS_UNITS_FAILED : STATUS_OK;
    if (csv) {
        if (print_file(experiment->results, "scaling.csv", err))
            status = STATUS_USAGE;
    } else {
        terminal_print(stdout, &summary);
        printf("%s: sinks.csv, levels.csv, scaling.csv, summary.nc\n", experiment->results);
    }
    summary_clear(&summary);
    return status;
}

static int run_summarize(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = 1};
    struct error err = {""};
    int status = STATUS_USAGE;

    if (options_parse(&command_summarize, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    struct experiment *experiment = results_open(operands.items[0], &settings.overrides, &err);
    if (experiment)
        status = summarize_experiment(experiment, settings.csv, &err);
    if (status == STATUS_USAGE)
        log_error("%s", err.text);
    experiment_destroy(experiment);
    options_clear(&command_summarize, &settings);
    return status;
}

const struct command command_summarize = {
    .name = "summarize",
    .arguments = "EXPERIMENT|RESULTS",
    .summary = "sinks, levels and scaling from stored units, with other thresholds if asked",
    .help = "Writes sinks.csv, levels.csv, scaling.csv and summary.nc into the results folder and prints\n"
            "a table a family. No forward pass: thresholds (detect.*) may differ from those of the run,\n"
            "but not go below what was recorded (record_cosine, candidates).\n"
            "Exit status: 1 where units failed or cannot be read; the tables are of the others then.\n\n"
            "example: sinkgrid summarize results/demo --set detect.rule=relative --set detect.cosine=0.85\n",
    .options = options,
    .run = run_summarize,
};
