/* What a results folder holds that no one will read: temporary files of writers that
 * are gone, and units and failures of other identities than the experiment's. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "command/command.h"
#include "command/options.h"
#include "command/results.h"
#include "grid/plan.h"
#include "run/lock.h"

struct settings {
    bool force;
};

static const struct option_row options[] = {
    {"force", OPTION_FLAG, NULL, offsetof(struct settings, force), 0, 0, "remove what is listed"},
    {0},
};

struct cleaning {
    const char *results;
    const struct plan *plan; /* NULL: identities are unknown, units stay */
    bool force;
    int n_found, n_failed;
};

static bool is_wanted(const struct plan *plan, const char *name)
{
    for (int i = 0; i < plan->n_pipelines; i++) {
        const char *identity = plan->pipelines[i].identity;
        if (strncmp(name, identity, strlen(identity)) == 0)
            return true;
    }
    return false;
}

static const char *reason_of(const struct cleaning *c, const char *folder, const char *name)
{
    size_t n = strlen(name);
    bool unit = strcmp(folder, "units") == 0 && n > 3 && strcmp(name + n - 3, ".nc") == 0;
    bool failure = strcmp(folder, "failed") == 0 && n > 4 && strcmp(name + n - 4, ".txt") == 0;

    if (output_is_temporary(name))
        return "temporary";
    if ((unit || failure) && c->plan && !is_wanted(c->plan, name))
        return "other identity";
    return NULL;
}

static void clean_folder(struct cleaning *c, const char *folder)
{
    char *path = xasprintf("%s/%s", c->results, folder);
    DIR *dir = opendir(path);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *reason = reason_of(c, folder, entry->d_name);
        if (!reason)
            continue;
        char *file = xasprintf("%s/%s", path, entry->d_name);
        printf("%-14s  %s\n", reason, file);
        c->n_found++;
        if (c->force && unlink(file) != 0) {
            log_error("%s: it cannot be removed", file);
            c->n_failed++;
        }
        free(file);
    }
    if (dir)
        closedir(dir);
    free(path);
}

/* The experiment's identities, if its models and prompts are still there. */
static struct plan *build_plan(const struct experiment *experiment)
{
    const struct plan_resources resources = {.threads = 1};
    struct error err;
    struct plan *plan = experiment->text[0] ? plan_build(experiment, &resources, false, &err) : NULL;

    if (experiment->text[0] && !plan)
        log_warning("units are left alone, since what belongs to the experiment is unknown: %s", err.text);
    return plan;
}

static int clean(const struct experiment *experiment, bool force)
{
    static const char *const folders[] = {".", "units", "failed", "imported"};
    struct plan *plan = build_plan(experiment);
    struct cleaning c = {experiment->results, plan, force, 0, 0};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        clean_folder(&c, folders[i]);
    if (c.n_found == 0)
        printf("%s: nothing to remove\n", c.results);
    else if (!force)
        printf("%d files; --force removes them\n", c.n_found);
    plan_destroy(plan);
    return c.n_failed ? STATUS_USAGE : STATUS_OK;
}

static int run_clean(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = 1};
    struct lock_holder holder;
    struct error err;
    int status = STATUS_USAGE;

    if (options_parse(&command_clean, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    struct experiment *experiment = results_open(operands.items[0], NULL, &err);
    if (!experiment)
        log_error("%s", err.text);
    else if (settings.force && lock_is_held(experiment->results, &holder))
        log_error("%s: a run holds it (host %s, process %ld); try again when it has ended", experiment->results,
                  holder.host, holder.pid);
    else
        status = clean(experiment, settings.force);
    experiment_destroy(experiment);
    return status;
}

const struct command command_clean = {
    .name = "clean",
    .arguments = "RESULTS",
    .summary = "lists, with --force removes, orphaned temporary files and units of other identities",
    .help = "Units belong to the experiment in RESULTS/experiment.cfg if their identity is one of its plan's: what\n"
            "other settings, texts or model files made is listed. Where the models are not there any more,\n"
            "units are left alone.\n\n"
            "example: sinkgrid clean results/demo --force\n",
    .options = options,
    .run = run_clean,
};
