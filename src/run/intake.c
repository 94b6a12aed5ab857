/* Results in: joined, stored, or recorded as failures. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "grid/identity.h"
#include "run/collect.h"
#include "run/master_state.h"
#include "run/provenance.h"
#include "store/store.h"

/* ---- room for records of failures on a full disk ---- */

enum { RESERVE_BYTES = 256 << 10, RECORD_BYTES = 8 << 10, MAX_STORE_FAILURES = 3 };

static char *reserve_path(const char *results)
{
    return xasprintf("%s/.reserve", results);
}

void reserve_make(const char *results)
{
    char *path = reserve_path(results);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd >= 0) {
        if (posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
            unlink(path);
        close(fd);
    }
    free(path);
}

/* Frees the room of one record: all at once would be taken by the next unit. */
static void reserve_spend(const char *results)
{
    char *path = reserve_path(results);
    struct stat facts;

    if (stat(path, &facts) == 0 && truncate(path, facts.st_size > RECORD_BYTES ? facts.st_size - RECORD_BYTES : 0) != 0)
        unlink(path);
    free(path);
}

void reserve_drop(const char *results)
{
    char *path = reserve_path(results);

    unlink(path);
    free(path);
}

/* ---- failures ---- */

static char *describe(const struct master *master, int index)
{
    const struct plan_pipeline *p = watch_pipeline(master, index);
    const struct plan_job *job = &master->plan->jobs[p->job];

    return xasprintf("%s, %s, samples %d:%d, layers %d:%d", master->plan->models[job->model].entry->label,
                     master->experiment->prompt_sets[job->prompt_set].label, p->sample_begin, p->sample_end,
                     p->layer_begin, p->layer_end);
}

/* The job goes on as long as its failures can be recorded. */
static void write_record(const struct master *master, const char *identity, const char *text)
{
    struct error err;

    if (store_write_failure(master->results, identity, text, &err) == 0)
        return;
    reserve_spend(master->results);
    if (store_write_failure(master->results, identity, text, &err) != 0)
        die("a failed unit cannot be recorded: %s", err.text);
}

static void record_failure(struct master *master, int index)
{
    struct flight *flight = &master->flights[index];
    char *what = describe(master, index), *text = xasprintf("%s\n%s", what, flight->log ? flight->log : "");

    write_record(master, watch_pipeline(master, index)->identity, text);
    free(text);
    free(what);
}

static void log_failure(struct master *master, int index, enum schedule_verdict verdict, const char *text)
{
    char *what = describe(master, index);

    progress_hide(&master->line);
    if (verdict == VERDICT_RETRY)
        log_warning("%s: attempt %d failed, will be tried again: %s", what, master->flights[index].attempt, text);
    else
        log_error("%s: failed: %s", what, text);
    free(what);
}

static void conclude(struct master *master, int index, enum schedule_verdict verdict, const char *text)
{
    struct flight *flight = &master->flights[index];

    switch (verdict) {
    case VERDICT_RUNNING:
        break;
    case VERDICT_MEASURED:
        master->measured[(master->next_measured + master->n_measured++) % master->n] = index;
        break;
    case VERDICT_RETRY:
        log_failure(master, index, verdict, text);
        flight_forget(flight);
        break;
    case VERDICT_FAILED:
        log_failure(master, index, verdict, text);
        record_failure(master, index);
        flight_clear(flight);
        master->gave_up |= master->settings->fail_fast && !master->halt.stopping;
        break;
    case VERDICT_DROPPED:
        flight_clear(flight);
        break;
    case VERDICT_DONE:
        store_clear_failure(master->results, watch_pipeline(master, index)->identity);
        flight_clear(flight);
        break;
    }
}

static const struct plan_failure *find_failure(const struct plan *plan, const struct experiment_model *model)
{
    for (int i = 0; i < plan->n_failures; i++)
        if (plan->failures[i].entry == model)
            return &plan->failures[i];
    return NULL;
}

static void intake_pair(struct master *master, const struct experiment_model *model,
                        const struct experiment_prompt_set *set)
{
    const struct plan_failure *failure = find_failure(master->plan, model);
    char name[SHA256_HEX_SIZE];

    identity_hash_pair(model->label, set->label, name);
    if (!failure) {
        store_clear_failure(master->results, name);
        return;
    }
    char *text = xasprintf("%s, %s: all units\n%s\n", model->label, set->label, failure->error.text);
    write_record(master, name, text);
    master->n_closed++;
    free(text);
}

void intake_models(struct master *master)
{
    const struct experiment *e = master->experiment;

    for (int i = 0; i < master->plan->n_failures; i++)
        log_error("model %s: failed: %s", master->plan->failures[i].entry->label, master->plan->failures[i].error.text);
    for (int m = 0; m < e->n_models; m++)
        for (int s = 0; s < e->n_prompt_sets; s++)
            if (experiment_selects(e, m, s))
                intake_pair(master, &e->models[m], &e->prompt_sets[s]);
}

void intake_impossible(struct master *master)
{
    for (int i = 0; i < master->n; i++) {
        if (!schedule_impossible(master->schedule, i))
            continue;
        flight_log(&master->flights[i], "needs %d ranks at once, of %d that work", watch_pipeline(master, i)->n_stages,
                   master->crew.n_workers);
        conclude(master, i, VERDICT_FAILED, "more stages than working ranks");
    }
}

/* ---- results ---- */

static enum stage_end stage_end_of(int status)
{
    switch (status) {
    case STAGE_OK:
    case STAGE_SKIPPED: /* the stage above that failed has said so, or will */
        return STAGE_END_OK;
    case STAGE_DROPPED:
        return STAGE_END_DROPPED;
    default:
        return STAGE_END_FAILED;
    }
}

/* What is still computed of an attempt that has failed is of no use. */
static void drop_others(struct master *master, int index)
{
    struct flight *flight = &master->flights[index];

    if (flight->dropped || master->alone)
        return;
    flight->dropped = true;
    for (int s = 0; s < flight->n_stages; s++)
        if (!flight->reported[s])
            message_send_drop(crew_rank(&master->crew, flight->workers[s]), index, flight->attempt);
}

static void log_stage(struct master *master, int worker, const struct result_message *result, const char *text)
{
    const struct plan_pipeline *p = watch_pipeline(master, result->pipeline);

    flight_log(&master->flights[result->pipeline], "rank %d on %s, stage %d (layers %d:%d): %s",
               crew_rank(&master->crew, worker), master->crew.ready[worker].host, result->stage, p->cut[result->stage],
               p->cut[result->stage + 1], text);
}

void intake_result(struct master *master, int worker, const struct result_message *result,
                   struct measurement *measurement)
{
    struct flight *flight = &master->flights[result->pipeline];
    enum stage_end end = stage_end_of(result->status);
    struct error err = {""};

    snprintf(err.text, sizeof err.text, "%s", result->text);
    if (result->status == STAGE_OK && measurement->n_samples > 0 && flight_join(flight, measurement, &err) != 0)
        end = STAGE_END_FAILED;
    measurement_clear(measurement);
    flight->reported[result->stage] = true;
    profile_sum(&flight->profile, &result->profile);
    profile_sum(&master->profiles[worker], &result->profile);
    if (end == STAGE_END_FAILED) {
        log_stage(master, worker, result, err.text);
        drop_others(master, result->pipeline);
    }
    conclude(master, result->pipeline,
             schedule_stage_end(master->schedule, result->pipeline, result->stage, end, profile_now()),
             err.text[0] ? err.text : "see the unit's record");
}

static int store(struct master *master, int index, struct error *err)
{
    struct flight *flight = &master->flights[index];
    const char *hosts[SCHEDULE_MAX_STAGES];
    const struct provenance_run run = {.ready = master->crew.ready,
                                       .n_workers = master->crew.n_workers,
                                       .n_ranks = master->crew.n_ranks,
                                       .n_threads = master->crew.n_threads[flight->workers[0]],
                                       .library = master->crew.n_ranks > 1 ? message_library() : "",
                                       .experiment_text = master->experiment->text};

    for (int s = 0; s < flight->n_stages; s++)
        hosts[s] = master->crew.ready[flight->workers[s]].host;
    char *provenance = provenance_unit(&run, hosts, flight->n_stages, profile_now() - flight->start, &flight->profile);
    const struct collect_facts facts = {master->crew.ready[flight->workers[0]].kernel, provenance};
    int rc = collect_store(master->plan, master->pipelines[index], &flight->whole, &facts, err);
    free(provenance);
    return rc;
}

/* Where nothing can be stored any more, computing on is of no use. */
static void note_store(struct master *master, bool ok)
{
    master->n_store_failures = ok ? 0 : master->n_store_failures + 1;
    if (master->n_store_failures != MAX_STORE_FAILURES)
        return;
    progress_hide(&master->line);
    log_error("%d results in a row could not be stored: no more work is handed out", MAX_STORE_FAILURES);
    schedule_stop(master->schedule);
    master->gave_up |= !master->halt.stopping;
}

bool intake_store(struct master *master)
{
    double begin = profile_now();
    struct error err = {""};

    if (master->n_measured == 0)
        return false;
    int index = master->measured[master->next_measured];
    master->next_measured = (master->next_measured + 1) % master->n;
    master->n_measured--;
    bool ok = store(master, index, &err) == 0;
    if (ok)
        master->beat.tokens_done += watch_tokens(master, index);
    else
        flight_log(&master->flights[index], "master on %s, storing: %s", master->beat.host, err.text);
    note_store(master, ok);
    conclude(master, index, schedule_stored(master->schedule, index, ok), err.text);
    master->own.seconds[PHASE_STORE] += profile_now() - begin;
    return true;
}
