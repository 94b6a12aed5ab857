/* A grid, from an experiment file to stored units and a summary: the only command
 * that starts MPI, and only under a launcher. */
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/summarize.h"
#include "run/master.h"
#include "run/message.h"
#include "run/stop.h"
#include "run/worker.h"

struct settings {
    struct experiment_overrides overrides;
    struct run_settings run;
};

#define RUN_MEMBER(name) offsetof(struct settings, run.name)

static const struct option_row options[] = {
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {"only-failed", OPTION_FLAG, NULL, RUN_MEMBER(only_failed), 0, 0, "only units that failed in an earlier run"},
    {"retry", OPTION_INT, "N", RUN_MEMBER(n_retries), 0, 1000,
     "try a failed unit N times more (default: pipeline.max_attempts - 1)"},
    {"fail-fast", OPTION_FLAG, NULL, RUN_MEMBER(fail_fast), 0, 0, "start nothing more once a unit has failed for good"},
    {"strict-kernel", OPTION_FLAG, NULL, RUN_MEMBER(strict_kernel), 0, 0,
     "refuse to go on with results that another compute kernel made"},
    {"verify", OPTION_FLAG, NULL, RUN_MEMBER(verify), 0, 0,
     "fingerprint every byte of the models, not a part of each tensor"},
    {"profile", OPTION_FLAG, NULL, RUN_MEMBER(profile), 0, 0, "print the time by phase and rank"},
    {"threads", OPTION_INT, "N", RUN_MEMBER(n_threads), 1, 4096,
     "threads of each working rank (default: OMP_NUM_THREADS, else its share of the cores)"},
    {"time-limit", OPTION_SECONDS, "TIME", RUN_MEMBER(time_limit), 0, 1e9,
     "be over within TIME (default: what the batch system says is left)"},
    {"grace", OPTION_SECONDS, "TIME", RUN_MEMBER(grace), 0, 1e6,
     "what running units may still take after SIGUSR1 (default 60 s)"},
    {0},
};

/* ---- the master ---- */

static void report(const struct run_outcome *outcome, const struct run_settings *settings)
{
    const char *results = settings->experiment->results;

    if (outcome->n_run == 0 && outcome->n_stored == outcome->n_total) {
        printf("nothing to do: all %d units are stored in %s\n", outcome->n_total, results);
    } else {
        printf("%d of %d units stored (%d by this run), %d failed, %d missing", outcome->n_stored, outcome->n_total,
               outcome->n_run, outcome->n_failed, outcome->n_missing);
        if (outcome->n_left_out > 0)
            printf(" (%d of them never failed: --only-failed leaves them out)", outcome->n_left_out);
        printf(": %s\n", results);
    }
    fflush(stdout);
}

/* A run that was stopped is to be run again, whatever failed: job scripts go by that. */
static int status_of(const struct run_outcome *outcome)
{
    if (outcome->stopped)
        return STATUS_STOPPED;
    return outcome->n_failed > 0 || outcome->gave_up ? STATUS_UNITS_FAILED : STATUS_OK;
}

/* A run that was stopped has little time left, and is summarized when it goes on. */
static int finish(const struct run_outcome *outcome, const struct run_settings *settings, struct error *err)
{
    int status = status_of(outcome);

    report(outcome, settings);
    if (outcome->stopped || outcome->gave_up || outcome->n_stored == 0)
        return status;
    int summarized = summarize_experiment(settings->experiment, false, err);
    return summarized == STATUS_OK ? status : summarized;
}

static int run_experiment(const char *path, struct settings *settings, struct run_outcome *outcome)
{
    struct error err;
    struct experiment *experiment = experiment_load(path, &settings->overrides, &err);
    int status = STATUS_USAGE;

    if (experiment && experiment_check_files(experiment, &err) == 0) {
        settings->run.experiment = experiment;
        if (master_run(&settings->run, outcome, &err) == 0)
            status = finish(outcome, &settings->run, &err);
    }
    if (status == STATUS_USAGE)
        log_error("%s", err.text);
    experiment_destroy(experiment);
    return status;
}

/* ---- ranks ---- */

/* Workers need no options: an assignment says it all. */
static int run_master(int argc, char **argv)
{
    struct settings settings = {.run = {.n_retries = -1, .time_limit = -1, .grace = 60}};
    struct run_outcome outcome = {.patience = settings.run.grace};
    struct operands operands = {.min = 1, .max = 1};
    int status = STATUS_USAGE;

    if (options_parse(&command_run, argc, argv, &settings, &operands) == 0)
        status = run_experiment(operands.items[0], &settings, &outcome);
    master_dismiss(status, outcome.patience);
    options_clear(&command_run, &settings);
    return status;
}

/* A launcher reports the first status that is not 0 and kills the others: all ranks
 * leave MPI first, and workers then leave with 0. */
static int run_run(int argc, char **argv)
{
    stop_install_worker(); /* a signal may come before ranks are known */
    if (!message_launched()) {
        stop_install_master();
        return run_master(argc, argv);
    }
    message_init(&argc, &argv);
    int status = STATUS_OK;
    if (message_rank() > 0) {
        worker_run();
    } else {
        stop_install_master();
        status = run_master(argc, argv);
    }
    message_finish();
    return status;
}

const struct command command_run = {
    .name = "run",
    .arguments = "EXPERIMENT",
    .summary = "runs what is missing of an experiment, then summarizes",
    .help = "Alone, one process does all. Under mpirun or srun rank 0 hands out the work and\n"
            "the others compute. Finished units are never computed again: run it as often as\n"
            "it takes. SIGUSR1 stops it in order.\n"
            "\n"
            "exit status: 0 complete; 1 some units failed; 2 wrong usage or experiment;\n"
            "75 stopped early by SIGUSR1 or the time limit, run again to go on\n"
            "\n"
            "example: mpirun -n 4 sinkgrid run experiments/demo.cfg --time-limit 3:50:00\n",
    .options = options,
    .run = run_run,
};
