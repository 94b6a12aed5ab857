/* What a run would do, without doing it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/plan_text.h"
#include "grid/calibrate.h"

struct settings {
    struct experiment_overrides overrides;
    int ranks, ranks_per_node, threads, simulate;
    uint64_t memory;
    double gflops;
    bool verify, json;
};

static const struct option_row options[] = {
    {"ranks", OPTION_INT, "N", offsetof(struct settings, ranks), 1, 1 << 20,
     "ranks of the run; rank 0 only schedules unless it is alone\n(default: as many as one pipeline needs)"},
    {"ranks-per-node", OPTION_INT, "N", offsetof(struct settings, ranks_per_node), 1, 4096,
     "for the schedule, which prefers one node (default: all on one)"},
    {"memory", OPTION_BYTES, "SIZE", offsetof(struct settings, memory), 0, 0,
     "memory of one rank, e.g. 60G: decides the number of stages"},
    {"threads", OPTION_INT, "N", offsetof(struct settings, threads), 1, 4096,
     "threads of one rank (default: cores of this machine)"},
    {"gflops", OPTION_DOUBLE, "X", offsetof(struct settings, gflops), 1e-3, 1e9,
     "GFLOP/s that a rank reaches in a forward pass\n(default: three quarters of what a short matrix product reaches "
     "here)"},
    {"simulate", OPTION_INT, "N", offsetof(struct settings, simulate), 1, 1 << 20,
     "as --ranks N, and tell what the schedule makes of them"},
    {"verify", OPTION_FLAG, NULL, offsetof(struct settings, verify), 0, 0,
     "hash whole model files, as `run --verify` does"},
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print JSON"},
    OPTION_ROWS_OVERRIDES(struct settings, overrides),
    {0},
};

static int workers_of(int ranks)
{
    return ranks > 1 ? ranks - 1 : ranks;
}

/* FLOP/s of one rank. */
static int choose_rate(const struct settings *settings, struct plan_report *report, struct error *err)
{
    report->is_measured = !(settings->gflops > 0);
    report->rank_flop_rate = settings->gflops * 1e9;
    if (report->is_measured) {
        double rate = calibrate_flop_rate(report->threads, err);
        if (rate < 0)
            return -1;
        report->rank_flop_rate = rate * CALIBRATE_EFFICIENCY;
    }
    return 0;
}

static int default_threads(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores > 0 && cores < 4096 ? (int)cores : 1;
}

static int make_plan(const struct settings *settings, const char *path, struct plan_report *report, struct error *err)
{
    int ranks = settings->simulate > 0 ? settings->simulate : settings->ranks;

    report->experiment = experiment_load(path, &settings->overrides, err);
    if (!report->experiment)
        return -1;
    report->threads = settings->threads > 0 ? settings->threads : default_threads();
    report->rank_bytes = settings->memory;
    struct plan_resources resources = {.n_workers = workers_of(ranks),
                                       .rank_bytes = settings->memory,
                                       .threads = report->threads,
                                       .header_only = true};
    report->plan = plan_build(report->experiment, &resources, settings->verify, err);
    if (!report->plan)
        return -1;
    int deepest = plan_report_deepest(report->plan);
    report->n_ranks = ranks > 0 ? ranks : deepest > 1 ? deepest + 1 : 1;
    report->n_workers = workers_of(report->n_ranks);
    if (choose_rate(settings, report, err) != 0)
        return -1;
    simulate_plan(report->plan, report->n_ranks,
                  settings->ranks_per_node > 0 ? settings->ranks_per_node : report->n_ranks, report->rank_flop_rate,
                  &report->simulation);
    return 0;
}

static int run_plan(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = 1};
    struct plan_report report = {0};
    struct error err;
    int status = STATUS_OK;

    if (options_parse(&command_plan, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    report.is_simulated = settings.simulate > 0;
    if (make_plan(&settings, operands.items[0], &report, &err) != 0) {
        log_error("%s", err.text);
        status = STATUS_USAGE;
    } else if (settings.json) {
        plan_print_json(&report);
    } else {
        plan_print_text(&report);
    }
    plan_destroy(report.plan);
    experiment_destroy(report.experiment);
    options_clear(&command_plan, &settings);
    return status;
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "EXPERIMENT [--ranks N] [--memory SIZE] [--simulate N]",
    .summary = "units, pipelines, memory per rank, bytes to store, estimated time; checks every file",
    .help = "Needs no MPI. Times follow from arithmetic and the rate of one rank; sinks are not known\n"
            "before a run, so the bytes of record = \"candidates\" take one token in 100 as listed.\n\n"
            "example: sinkgrid plan experiments/demo.cfg --ranks 9 --memory 60G\n",
    .options = options,
    .run = run_plan,
};
