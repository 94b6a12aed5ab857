/* How far a run is. */
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/status_report.h"

struct settings {
    struct experiment_overrides overrides;
    bool json, check;
};

static const struct option_row options[] = {
    {"check", OPTION_FLAG, NULL, offsetof(struct settings, check), 0, 0,
     "look at models and prompts anew, as `run` would, instead of at the last run's list"},
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print JSON, every pipeline in it"},
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {0},
};

static int list_anew(const struct experiment *experiment, struct manifest *manifest, struct error *err)
{
    struct plan *plan = plan_build(experiment, &(struct plan_resources){.keep_going = true}, false, err);

    if (!plan)
        return -1;
    manifest_from_plan(manifest, plan);
    plan_destroy(plan);
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_narrowed(const struct experiment *experiment)
{
    return experiment->only_models.n + experiment->only_prompt_sets.n + experiment->only_tags.n > 0;
}

/* The pipelines in question: of a results folder those of its last run; of an
 * experiment the same if that run was of this experiment, else planned anew. */
static int find_pipelines(const char *path, const struct settings *settings, const struct experiment *experiment,
                          struct manifest *manifest, struct error *err)
{
    char key[SHA256_HEX_SIZE];
    struct error why;

    if (settings->check)
        return list_anew(experiment, manifest, err);
    if (manifest_read(manifest, experiment->results, &why) == 0) {
        manifest_experiment_key(experiment, key);
        if (strcmp(key, manifest->experiment) == 0 || (is_folder(path) && !is_narrowed(experiment)))
            return 0;
        manifest_clear(manifest);
    } else if (is_folder(path)) {
        return fail(err, "%s", why.text);
    }
    return list_anew(experiment, manifest, err);
}

/* 0: complete; 1: nothing left but failures; 75: run (or wait) to go on. */
static int status_of(const struct status_report *report)
{
    if (report->count[PIPELINE_MISSING] + report->count[PIPELINE_RUNNING] > 0)
        return STATUS_STOPPED;
    return report->count[PIPELINE_FAILED] > 0 ? STATUS_UNITS_FAILED : STATUS_OK;
}

static int make_report(const char *path, const struct settings *settings, struct status_report *report,
                       struct error *err)
{
    struct experiment *experiment = experiment_load(path, &settings->overrides, err);
    struct manifest manifest;
    int rc = -1;

    if (!experiment)
        return -1;
    if (find_pipelines(path, settings, experiment, &manifest, err) == 0)
        rc = status_report_init(report, experiment->results, &manifest, err);
    experiment_destroy(experiment);
    return rc;
}

static int run_status(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = 1};
    struct status_report report;
    struct error err;
    int status = STATUS_USAGE;

    if (options_parse(&command_status, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    if (make_report(operands.items[0], &settings, &report, &err) != 0) {
        log_error("%s", err.text);
    } else {
        if (settings.json)
            status_print_json(&report);
        else
            status_print_text(&report);
        status = status_of(&report);
        status_report_clear(&report);
    }
    options_clear(&command_status, &settings);
    return status;
}

const struct command command_status = {
    .name = "status",
    .arguments = "EXPERIMENT|RESULTS",
    .summary = "done, running, failed, missing; time left",
    .help = "Reads a few small files: it may be called while the run goes on, from anywhere.\n"
            "Exit status: 0 complete; 1 only failures are left; 75 pipelines are missing or running.\n\n"
            "example: sinkgrid status results/demo\n",
    .options = options,
    .run = run_status,
};
