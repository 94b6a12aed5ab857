/* When the master stops handing out work, gives up what runs, and leaves. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "run/master_state.h"
#include "run/stop.h"

enum { EXIT_STOPPED = 75 };

/* Between giving up and the limit lies a share of the time, for what is still to be
 * saved: within these bounds, in seconds. */
static const double MARGIN_SHARE = 0.1, MARGIN_LEAST = 1, MARGIN_MOST = 60;

void halt_init(struct master *master)
{
    struct halt *halt = &master->halt;
    double left = master->settings->time_limit >= 0 ? master->settings->time_limit : stop_job_seconds_left();

    halt->deadline = INFINITY;
    halt->margin = fmax(master->settings->grace / 2, MARGIN_LEAST);
    if (left < 0)
        return;
    halt->margin = fmin(fmax(MARGIN_SHARE * left, MARGIN_LEAST), MARGIN_MOST);
    halt->deadline = profile_now() + fmax(0, left - halt->margin);
    schedule_set_deadline(master->schedule, halt->deadline);
    log_info("the time limit leaves %.0f s: units that cannot end within %.0f s do not start", left,
             fmax(0, left - halt->margin));
}

static void stop(struct master *master, double drop_at, const char *why)
{
    struct schedule_counts counts = schedule_counts(master->schedule);

    master->halt.stopping = true;
    master->halt.drop_at = drop_at;
    schedule_stop(master->schedule);
    progress_hide(&master->line);
    log_info("%s: no more work is handed out; %d unit%s still running, %d waiting", why, counts.running,
             counts.running == 1 ? " is" : "s are", counts.waiting);
    watch_beat(master, "stopping");
}

/* Tells every stage that has not reported to give up. */
static void drop_all(struct master *master, double now)
{
    master->halt.dropping = true;
    master->halt.abort_at = now + master->halt.margin;
    for (int i = 0; i < master->n; i++) {
        struct flight *flight = &master->flights[i];
        if (!schedule_is_running(master->schedule, i) || flight->dropped)
            continue;
        flight->dropped = true;
        for (int s = 0; s < flight->n_stages && !master->alone; s++)
            if (!flight->reported[s])
                message_send_drop(crew_rank(&master->crew, flight->workers[s]), i, flight->attempt);
    }
}

/* All that is finished lies on disk by now, and a stage sits in a long computation. */
static void leave(struct master *master)
{
    while (intake_store(master))
        ;
    progress_hide(&master->line);
    log_info("time is up: the units that still run are given up");
    watch_finish(master, "stopped");
    reserve_drop(master->results);
    lock_release(master->lock);
    message_abort(EXIT_STOPPED);
}

void halt_check(struct master *master)
{
    struct halt *halt = &master->halt;
    double now = profile_now();

    if (!halt->stopping && stop_requested())
        stop(master, fmin(now + master->settings->grace, halt->deadline), "SIGUSR1");
    if (!halt->stopping && now >= halt->deadline)
        stop(master, now, "time limit");
    if (halt->stopping && !halt->dropping && now >= halt->drop_at)
        drop_all(master, now);
    if (halt->dropping && now >= halt->abort_at && schedule_counts(master->schedule).running > 0)
        leave(master);
}

double halt_patience(const struct master *master)
{
    const struct halt *halt = &master->halt;

    if (!master->schedule) /* nothing ran */
        return fmax(master->settings->grace / 2, MARGIN_LEAST);
    return fmax(fmin(halt->margin, halt->deadline + halt->margin - profile_now()), MARGIN_LEAST);
}

void halt_if_terminated(struct master *master)
{
    if (!stop_terminated())
        return;
    while (intake_store(master))
        ;
    watch_finish(master, "terminated");
    stop_die();
}
