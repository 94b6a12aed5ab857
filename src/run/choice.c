/* What to start next: estimates, the reservation, backfill, affinity. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "run/schedule_state.h"

enum {
    ANY_WIDTH = INT_MAX - 1,
    MAX_JUMPS = 8, /* shards that a reserved pipeline lets go ahead though they end later */
};

/* A shard of the model at hand may go before the longest one waiting if it takes at
 * least AFFINITY_SHARE of its time, and while the waiting work fills every worker
 * TAIL times as long as that one takes. */
static const double AFFINITY_SHARE = 0.7, TAIL = 3;

static const struct choice nothing = {-1, 0, -1};

/* ---- estimates ---- */

double choice_seconds_per_cost(const struct schedule *schedule)
{
    return schedule->seen_cost > 0 ? schedule->seen_seconds / schedule->seen_cost : schedule->settings.seconds_per_cost;
}

double choice_seconds(const struct schedule *schedule, int pipeline)
{
    return pending_time(&schedule->pipelines[pipeline]) * choice_seconds_per_cost(schedule);
}

/* First place of the order from which on everything should end by `end`. Without
 * a pipeline seen to its end there is no estimate to hold work back for. */
static int place_ending_by(const struct schedule *schedule, double end, double now)
{
    double scale = choice_seconds_per_cost(schedule);

    if (isinf(end) || !(scale > 0))
        return 0;
    return pending_place_within(&schedule->pending, (end - now) / scale);
}

static int first_place(const struct schedule *schedule, double now)
{
    if (schedule->seen_cost > 0)
        return place_ending_by(schedule, schedule->deadline, now);
    return now < schedule->deadline ? 0 : schedule->n_pipelines;
}

/* ---- reservation ---- */

struct freeing {
    double time;
    int n;
};

static int compare_freeing(const void *left, const void *right)
{
    const struct freeing *a = left, *b = right;

    return (a->time > b->time) - (a->time < b->time);
}

/* The running pipelines whose ends may give `need` adequate workers, by time. Each
 * frees at least one, so `need` of them a level suffice. */
static struct freeing *list_ends(const struct schedule *schedule, int level, int need, int *n)
{
    int n_levels = pool_levels(schedule->pool);
    struct freeing *list = xcalloc((size_t)need * (size_t)(n_levels - level), sizeof *list);
    int *ids = xcalloc((size_t)need, sizeof *ids);

    *n = 0;
    for (int l = level; l < n_levels; l++) {
        int found = heap_least(&schedule->ends[l], need, ids);
        for (int i = 0; i < found; i++)
            list[(*n)++] = (struct freeing){schedule->ends[l].key[ids[i]], schedule->progress[ids[i]].stages_left};
    }
    qsort(list, (size_t)*n, sizeof *list, compare_freeing);
    free(ids);
    return list;
}

/* Workers that have not reported yet are taken to come at once: nothing else is known of them. */
static void reserve(struct schedule *schedule, int pipeline, double now)
{
    int level = schedule->level[pipeline], wanted = schedule->pipelines[pipeline].n_stages, n = 0;
    int available = pool_free_count(schedule->pool, level) + pool_absent_count(schedule->pool, level);
    struct reservation reservation = {.pipeline = pipeline, .time = now, .n_jumps = MAX_JUMPS};

    if (available < wanted) {
        struct freeing *list = list_ends(schedule, level, wanted - available, &n);
        for (int i = 0; i < n && available < wanted; i++) {
            reservation.time = fmax(reservation.time, list[i].time);
            available += list[i].n;
        }
        free(list);
        reservation.spare = available > wanted ? available - wanted : 0;
    }
    schedule->reservation = reservation;
}

/* Free workers of a level or higher, but below that of the reserved pipeline: of no use to it. */
static int free_below(const struct schedule *schedule, int level)
{
    int reserved_level = schedule->level[schedule->reservation.pipeline];

    if (level >= reserved_level)
        return 0;
    return pool_free_count(schedule->pool, level) - pool_free_count(schedule->pool, reserved_level);
}

/* Free workers beyond what the reserved pipeline will need when its time comes; none
 * any more once it has come. */
static int free_spare(const struct schedule *schedule, int level, double now)
{
    const struct reservation *reserved = &schedule->reservation;
    int spare = now < reserved->time ? reserved->spare : 0;
    int n = pool_free_count(schedule->pool, level);

    return spare < n ? spare : n;
}

/* ---- choice ---- */

static bool fits(const struct schedule *schedule, int pipeline)
{
    return pool_free_count(schedule->pool, schedule->level[pipeline]) >= schedule->pipelines[pipeline].n_stages;
}

static int earlier(const struct schedule *schedule, int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return schedule->pending.place[a] < schedule->pending.place[b] ? a : b;
}

/* The first of the order at or after a place that needs at least a memory level,
 * whether or not it fits. */
static int first_waiting(const struct schedule *schedule, int level, int from)
{
    int best = -1;

    for (int l = level; l < pool_levels(schedule->pool); l++)
        best = earlier(schedule, best, pending_first(&schedule->pending, l, from, ANY_WIDTH));
    return best;
}

/* The memory level whose workers have the most left to do, counting only what no
 * smaller worker can do: its pipelines go first there. 0 where memory is no matter. */
static int critical_level(const struct schedule *schedule)
{
    double cost = 0, speed = 0, most = 0;
    int critical = 0;

    for (int l = pool_levels(schedule->pool) - 1; l >= 0; l--) {
        cost += schedule->waiting_cost[l];
        speed += pool_speed_at(schedule->pool, l);
        if (speed > 0 && cost / speed >= most) {
            most = cost / speed;
            critical = l;
        }
    }
    return critical;
}

int choice_head(const struct schedule *schedule, double now)
{
    return first_waiting(schedule, 0, first_place(schedule, now));
}

int choice_first(const struct schedule *schedule)
{
    return first_waiting(schedule, 0, 0);
}

double choice_waiting_cost(const struct schedule *schedule)
{
    double cost = 0;

    for (int l = 0; l < pool_levels(schedule->pool); l++)
        cost += schedule->waiting_cost[l];
    return cost;
}

/* The first of the order that ends before the reserved time, or runs where the reserved
 * pipeline does not need to. */
static struct choice first_backfill(struct schedule *schedule, int from, double now)
{
    struct reservation *reserved = &schedule->reservation;
    int quick = place_ending_by(schedule, reserved->time, now), best = -1, n_levels = pool_levels(schedule->pool);

    if (quick < from)
        quick = from;
    for (int l = 0; l < n_levels; l++) {
        int below = free_below(schedule, l), spare = free_spare(schedule, l, now);
        int any = pool_free_count(schedule->pool, l);
        best = earlier(schedule, best, pending_first(&schedule->pending, l, quick, any));
        best = earlier(schedule, best, pending_first(&schedule->pending, l, from, below > spare ? below : spare));
    }
    if (best < 0)
        return nothing;
    if (schedule->pipelines[best].n_stages <= free_below(schedule, schedule->level[best]))
        return (struct choice){best, schedule->level[reserved->pipeline], -1};
    if (schedule->pending.place[best] < quick)
        reserved->spare -= schedule->pipelines[best].n_stages;
    return (struct choice){best, n_levels, -1};
}

/* Whether a pipeline may go before the longest one waiting because it suits a worker. */
static bool may_jump(const struct schedule *schedule, int pipeline, int head)
{
    double longest = pending_time(&schedule->pipelines[head]);

    if (choice_waiting_cost(schedule) < TAIL * longest * pool_total_speed(schedule->pool))
        return pipeline == head;
    return pending_time(&schedule->pipelines[pipeline]) >= AFFINITY_SHARE * longest;
}

/* A pipeline of the model that the last freed worker holds, if it may go before `head`. */
static int same_model(const struct schedule *schedule, int head, int from)
{
    int worker = schedule->last_free;

    if (worker < 0 || !pool_is_free(schedule->pool, worker) || pool_model(schedule->pool, worker) < 0)
        return head;
    int other = pending_first_of_model(&schedule->pending, pool_model(schedule->pool, worker),
                                       pool_free_count(schedule->pool, 0));
    if (other < 0 || !fits(schedule, other) || schedule->pending.place[other] < from)
        return head;
    return may_jump(schedule, other, head) ? other : head;
}

/* Whether each worker of a pipeline is either still at its stage or free: then another of
 * the same depth can follow on them. */
static bool can_be_followed(const struct schedule *schedule, int pipeline)
{
    const struct progress *progress = &schedule->progress[pipeline];

    if (progress->state != RUNNING || progress->failed || progress->dropped || progress->successor >= 0)
        return false;
    if (progress->predecessor >= 0 && schedule->progress[progress->predecessor].state == RUNNING)
        return false; /* at most two assignments a worker */
    for (int s = 0; s < schedule->pipelines[pipeline].n_stages; s++)
        if (progress->ended[s] && !pool_is_free(schedule->pool, progress->workers[s]))
            return false;
    return true;
}

/* Whether a waiting pipeline has the depth and memory level to follow on the workers of a running one. */
static bool suits(const struct schedule *schedule, int next, int before)
{
    return next >= 0 && schedule->pipelines[next].n_stages == schedule->pipelines[before].n_stages &&
           schedule->level[next] <= schedule->progress[before].level;
}

/* Whether a pipeline may follow at once although workers are kept for a reserved one: it ends in
 * time, or it is one of a limited number that take the place of their like. */
static bool passes_reservation(struct schedule *schedule, int next, double now)
{
    struct reservation *reserved = &schedule->reservation;

    if (reserved->pipeline < 0 || schedule->pending.place[next] >= place_ending_by(schedule, reserved->time, now))
        return true;
    return reserved->n_jumps > 0 && reserved->n_jumps-- > 0;
}

/* What follows on the workers of the pipeline whose first stage has just ended, so that
 * no stage runs dry between shards: of the same model, else the head of the order. */
static struct choice follow(struct schedule *schedule, int from, double now)
{
    struct reservation *reserved = &schedule->reservation;
    int before = schedule->first_ended;
    int head = reserved->pipeline >= 0 ? reserved->pipeline : first_waiting(schedule, 0, from);

    schedule->first_ended = -1;
    if (before < 0 || head < 0 || !can_be_followed(schedule, before))
        return nothing;
    const struct schedule_pipeline *p = &schedule->pipelines[before];
    int next = pending_first_of_model(&schedule->pending, p->model, p->n_stages);
    if (suits(schedule, next, before) && schedule->pending.place[next] >= from && may_jump(schedule, next, head) &&
        (next == head || passes_reservation(schedule, next, now)))
        return (struct choice){next, pool_levels(schedule->pool), before};
    if (suits(schedule, head, before))
        return (struct choice){head, pool_levels(schedule->pool), before};
    return nothing;
}

struct choice choice_make(struct schedule *schedule, double now)
{
    struct reservation *reserved = &schedule->reservation;
    int from = first_place(schedule, now);

    if (reserved->pipeline >= 0 && schedule->pending.place[reserved->pipeline] < from)
        reserved->pipeline = -1; /* it cannot end before the deadline any more */
    struct choice next = follow(schedule, from, now);
    if (next.pipeline >= 0)
        return next;
    int head = reserved->pipeline >= 0 ? reserved->pipeline : first_waiting(schedule, critical_level(schedule), from);
    if (head < 0)
        head = first_waiting(schedule, 0, from);
    if (head < 0)
        return nothing;
    if (!fits(schedule, head)) {
        if (reserved->pipeline < 0)
            reserve(schedule, head, now);
        return first_backfill(schedule, from, now);
    }
    if (reserved->pipeline < 0)
        head = same_model(schedule, head, from);
    return (struct choice){head, pool_levels(schedule->pool), -1};
}
