#include "run/master.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "run/dispatch.h"
#include "run/lineage.h"
#include "run/master_state.h"
#include "run/provenance.h"
#include "run/stamp.h"
#include "run/stop.h"
#include "run/worker.h"
#include "store/store.h"

/* First guess of a thread's speed, until a unit has been seen. */
static const double FLOP_RATE = 30e9;

enum { MAX_MEASURED = 16 }; /* results that may wait for the disk while others come in */

/* ---- set-up: what is there, what is to do ---- */

/* Temporary files of a run that was killed: with the lock held they are nobody's. */
static void remove_orphans(const char *results, const char *folder)
{
    char *path = xasprintf("%s/%s", results, folder);
    DIR *directory = opendir(path);
    int n = 0;

    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (!output_is_temporary(entry->d_name))
            continue;
        char *file = xasprintf("%s/%s", path, entry->d_name);
        n += unlink(file) == 0;
        free(file);
    }
    if (directory)
        closedir(directory);
    if (n > 0)
        log_info("%s: removed %d temporary file%s of an earlier run", path, n, n > 1 ? "s" : "");
    free(path);
}

/* Before any file is fingerprinted, which may take long: what changes meanwhile fails its units. */
static void take_stamps(struct master *master)
{
    const struct experiment *experiment = master->experiment;

    master->stamps = xcalloc((size_t)experiment->n_models, sizeof *master->stamps);
    for (int i = 0; i < experiment->n_models; i++)
        master->stamps[i] = stamp_of(experiment->models[i].path);
}

static uint64_t stamp_for(const struct master *master, int index)
{
    const struct plan_job *job = &master->plan->jobs[watch_pipeline(master, index)->job];

    return master->stamps[master->plan->models[job->model].entry - master->experiment->models];
}

static void list_pipelines(struct master *master)
{
    master->pipelines = xcalloc((size_t)master->plan->n_pipelines, sizeof *master->pipelines);
    for (int i = 0; i < master->plan->n_pipelines; i++) {
        const char *identity = master->plan->pipelines[i].identity;
        if (store_has(master->results, identity))
            master->n_stored_before++;
        else if (master->settings->only_failed && !store_has_failure(master->results, identity))
            master->n_left_out++;
        else
            master->pipelines[master->n++] = i;
    }
    master->flights = xcalloc((size_t)master->n, sizeof *master->flights);
    master->measured = xcalloc((size_t)master->n, sizeof *master->measured);
    master->profiles = xcalloc((size_t)master->crew.n_workers, sizeof *master->profiles);
}

/* The kernel of one stored unit stands for all: a results folder holds one unless it was warned of before. */
static int check_kernel(const struct master *master, struct error *err)
{
    const char *kernel = master->crew.ready[0].kernel;
    struct unit unit;
    int rc = 0;

    for (int i = 0; i < master->plan->n_pipelines; i++) {
        const char *identity = master->plan->pipelines[i].identity;
        if (!store_has(master->results, identity))
            continue;
        char *path = store_unit_path(master->results, identity);
        bool read = store_read(&unit, path, err) == 0;
        free(path);
        if (!read)
            continue;
        if (strcmp(unit.info.kernel, kernel) != 0 && master->settings->strict_kernel)
            rc = fail(err, "%s: units there were computed with kernel %s, here it is %s", master->results,
                      unit.info.kernel, kernel);
        else if (strcmp(unit.info.kernel, kernel) != 0)
            log_warning("%s: units there were computed with kernel %s, here it is %s; --strict-kernel would refuse",
                        master->results, unit.info.kernel, kernel);
        unit_clear(&unit);
        break;
    }
    return rc;
}

/* Weights that do not fit into memory stream from their files: slow, but no reason to refuse. */
static uint64_t limit_bytes(const struct master *master, uint64_t bytes, bool *streams)
{
    uint64_t most = 0;

    for (int i = 0; i < master->crew.n_workers; i++)
        if (master->crew.workers[i].bytes > most)
            most = master->crew.workers[i].bytes;
    *streams |= bytes > most;
    return bytes < most ? bytes : most;
}

static void create_schedule(struct master *master)
{
    struct schedule_pipeline *pipelines = xcalloc((size_t)master->n, sizeof *pipelines);
    int retries = master->settings->n_retries;
    const struct schedule_settings settings = {
        .max_attempts = retries >= 0 ? retries + 1 : master->experiment->pipeline.max_attempts,
        .fail_fast = master->settings->fail_fast,
        .seconds_per_cost = 1 / (FLOP_RATE * crew_resources(&master->crew).threads),
    };
    bool streams = false;

    for (int i = 0; i < master->n; i++) {
        pipelines[i] = dispatch_describe(master->plan, master->pipelines[i]);
        pipelines[i].stage_bytes = limit_bytes(master, pipelines[i].stage_bytes, &streams);
    }
    if (streams)
        log_warning("some stages need more memory than any rank has: their weights will be read again and again");
    master->schedule = schedule_create(master->crew.workers, master->crew.n_workers, pipelines, master->n, &settings);
    free(pipelines);
}

static int set_up(struct master *master, struct error *err)
{
    struct plan_resources resources;

    if (crew_gather(&master->crew, master->settings->n_threads, err) != 0)
        return -1;
    resources = crew_resources(&master->crew);
    resources.keep_going = true;
    take_stamps(master);
    master->plan = plan_build(master->experiment, &resources, master->settings->verify, err);
    if (!master->plan)
        return -1;
    master->lock = lock_take(master->results, err);
    if (!master->lock)
        return -1;
    remove_orphans(master->results, ".");
    remove_orphans(master->results, "units");
    remove_orphans(master->results, "failed");
    lineage_init(&master->lineage, master->results, master->plan);
    lineage_carry_failures(&master->lineage);
    intake_models(master);
    list_pipelines(master);
    return check_kernel(master, err);
}

/* ---- launching ---- */

static bool alone_is_dropped(void *context, int pipeline, int attempt)
{
    struct master *master = context;

    (void)pipeline;
    (void)attempt;
    halt_check(master);
    return master->halt.dropping;
}

static void alone_progress(void *context)
{
    struct master *master = context;

    watch_beat(master, NULL);
    halt_check(master);
}

/* With nothing finished in memory, SIGTERM need not wait for the forward pass. */
static void run_here(struct master *master, const struct assignment *assignment)
{
    const struct stage_hooks hooks = {alone_is_dropped, alone_progress, master};
    struct stage *stage = stage_begin(assignment, &hooks);
    struct result_message result;
    struct measurement measurement;

    stop_set_saving(false);
    stage_compute(stage, &master->keeper, &result, &measurement);
    stop_set_saving(true);
    stage_end(stage);
    intake_result(master, 0, &result, &measurement);
}

static void launch(struct master *master, const struct schedule_start *start)
{
    struct assignment assignment;
    int ranks[SCHEDULE_MAX_STAGES];
    uint64_t stamp = stamp_for(master, start->pipeline);

    flight_start(&master->flights[start->pipeline], start, profile_now());
    for (int s = 0; s < start->n_stages; s++)
        ranks[s] = crew_rank(&master->crew, start->workers[s]);
    for (int s = 0; s < start->n_stages; s++) {
        dispatch_build(master->plan, master->pipelines[start->pipeline], start, s, ranks,
                       master->crew.n_threads[start->workers[s]], stamp, &assignment);
        if (master->alone)
            run_here(master, &assignment);
        else
            message_send_assignment(ranks[s], &assignment);
        assignment_clear(&assignment);
    }
}

/* ---- the loop ---- */

static bool take_message(struct master *master)
{
    struct result_message result;
    struct measurement measurement = {0};
    struct error err;
    uint8_t *bytes;
    int rank;

    if (master->alone || !message_receive_result(&rank, &result, &bytes))
        return false;
    if (result.pipeline < 0 || result.pipeline >= master->n)
        die("protocol: rank %d reports unit %d of %d", rank, result.pipeline, master->n);
    int n_stages = master->flights[result.pipeline].n_stages;
    if (result.stage < 0 || result.stage >= n_stages)
        die("protocol: rank %d reports stage %d of %d of unit %d", rank, result.stage, n_stages, result.pipeline);
    if (result.size > 0 && measurement_unpack(&measurement, bytes, (size_t)result.size, &err) != 0)
        die("protocol: rank %d: %s", rank, err.text);
    free(bytes);
    intake_result(master, crew_worker(&master->crew, rank), &result, &measurement);
    return true;
}

/* Workers come first: a result frees some, so work is handed out before anything is written. */
static void run_loop(struct master *master)
{
    struct schedule_start start;
    int round = 0;

    while (!schedule_over(master->schedule, profile_now())) {
        bool busy = false;
        halt_if_terminated(master);
        halt_check(master);
        while (schedule_next(master->schedule, profile_now(), &start)) {
            launch(master, &start);
            busy = true;
            if (master->alone)
                break; /* it has run: its result comes before the next one */
        }
        busy |= take_message(master);
        if (!busy || master->alone || master->n_measured > MAX_MEASURED)
            busy |= intake_store(master);
        watch_beat(master, NULL);
        if (busy)
            round = 0;
        else
            message_nap_for_results(&round);
    }
}

static void free_crew(struct master *master)
{
    for (int w = 0; w < master->crew.n_workers; w++)
        schedule_worker_free(master->schedule, w);
    worker_set_threads(master->alone ? master->crew.n_threads[0] : 1);
}

static int run_pipelines(struct master *master, struct error *err)
{
    log_info("%s: %d unit%s, %d stored already, %d to run", master->results, master->plan->n_pipelines,
             master->plan->n_pipelines == 1 ? "" : "s", master->n_stored_before, master->n);
    if (lineage_write(&master->lineage, err) != 0 ||
        provenance_write_experiment(master->plan, master->crew.ready[0].kernel, err) != 0)
        return -1;
    if (master->n == 0)
        return 0;
    crew_report(&master->crew);
    reserve_make(master->results);
    create_schedule(master);
    watch_init(master);
    halt_init(master);
    free_crew(master);
    intake_impossible(master);
    watch_beat(master, "running");
    stop_set_saving(true);
    run_loop(master);
    stop_set_saving(false);
    watch_finish(master, schedule_counts(master->schedule).waiting > 0 ? "stopped" : "finished");
    reserve_drop(master->results);
    if (master->settings->profile)
        watch_print_profile(master);
    return 0;
}

static void count_outcome(const struct master *master, struct run_outcome *outcome)
{
    struct schedule_counts counts = {0};

    *outcome = (struct run_outcome){0};
    if (master->schedule)
        counts = schedule_counts(master->schedule);
    outcome->n_total = master->plan->n_pipelines + master->n_closed;
    outcome->n_run = counts.done;
    outcome->n_left_out = master->n_left_out;
    outcome->n_stored = master->n_stored_before + counts.done;
    outcome->n_failed = counts.failed + master->n_closed;
    outcome->n_missing = outcome->n_total - outcome->n_stored - outcome->n_failed;
    outcome->gave_up = counts.waiting > 0 && master->gave_up;
    outcome->stopped = counts.waiting > 0 && !master->gave_up;
}

static void clear(struct master *master)
{
    for (int i = 0; i < master->n; i++)
        flight_clear(&master->flights[i]);
    free(master->flights);
    free(master->measured);
    free(master->pipelines);
    free(master->profiles);
    free(master->stamps);
    model_keeper_clear(&master->keeper);
    schedule_destroy(master->schedule);
    lineage_clear(&master->lineage);
    plan_destroy(master->plan);
    crew_clear(&master->crew);
    lock_release(master->lock);
}

int master_run(const struct run_settings *settings, struct run_outcome *outcome, struct error *err)
{
    struct master master = {.settings = settings,
                            .experiment = settings->experiment,
                            .results = settings->experiment->results,
                            .alone = message_size() == 1};

    int rc = set_up(&master, err);
    if (rc == 0)
        rc = run_pipelines(&master, err);
    if (rc == 0)
        count_outcome(&master, outcome);
    outcome->patience = halt_patience(&master);
    clear(&master);
    return rc;
}
