#include "run/pool.h"

#include <assert.h>
#include <stddef.h>

#include "run/pool_state.h"

/* ---- counts ---- */

int pool_levels(const struct pool *pool)
{
    return pool->n_levels;
}

int pool_level_for(const struct pool *pool, uint64_t bytes)
{
    int level = 0;

    while (level < pool->n_levels && pool->level_bytes[level] < bytes)
        level++;
    return level;
}

static int sum_from(const int counts[MAX_LEVELS], int level)
{
    int sum = 0;

    for (; level < MAX_LEVELS; level++)
        sum += counts[level];
    return sum;
}

int pool_free_count(const struct pool *pool, int level)
{
    return sum_from(pool->free_at, level);
}

int pool_total_count(const struct pool *pool, int level)
{
    return sum_from(pool->total_at, level);
}

int pool_absent_count(const struct pool *pool, int level)
{
    return sum_from(pool->total_at, level) - sum_from(pool->seen_at, level);
}

double pool_speed_at(const struct pool *pool, int level)
{
    return pool->speed_at[level];
}

double pool_total_speed(const struct pool *pool)
{
    double speed = 0;

    for (int l = 0; l < pool->n_levels; l++)
        speed += pool->speed_at[l];
    return speed;
}

bool pool_is_free(const struct pool *pool, int worker)
{
    return pool->seats[worker].free;
}

int pool_node(const struct pool *pool, int worker)
{
    return pool->seats[worker].node;
}

static const struct kind *kind_of(const struct pool *pool, int worker)
{
    return &pool->kinds[pool->nodes[pool->seats[worker].node].kind];
}

int pool_level(const struct pool *pool, int worker)
{
    return kind_of(pool, worker)->level;
}

double pool_speed(const struct pool *pool, int worker)
{
    return kind_of(pool, worker)->speed;
}

int pool_model(const struct pool *pool, int worker)
{
    return pool->seats[worker].model;
}

/* ---- taking and giving back ---- */

void pool_link_node(struct pool *pool, int node)
{
    struct node *self = &pool->nodes[node];
    struct kind *kind = &pool->kinds[self->kind];
    int f = self->n_free;

    self->previous = -1;
    self->next = kind->head[f];
    if (self->next >= 0)
        pool->nodes[self->next].previous = node;
    kind->head[f] = node;
    kind->occupied[f / WORD_BITS] |= UINT64_C(1) << f % WORD_BITS;
}

static void unlink_node(struct pool *pool, int node)
{
    struct node *self = &pool->nodes[node];
    struct kind *kind = &pool->kinds[self->kind];
    int f = self->n_free;

    if (self->next >= 0)
        pool->nodes[self->next].previous = self->previous;
    if (self->previous >= 0)
        pool->nodes[self->previous].next = self->next;
    else if ((kind->head[f] = self->next) < 0)
        kind->occupied[f / WORD_BITS] &= ~(UINT64_C(1) << f % WORD_BITS);
}

static void change_free(struct pool *pool, int node, int by)
{
    struct kind *kind = &pool->kinds[pool->nodes[node].kind];

    unlink_node(pool, node);
    pool->nodes[node].n_free += by;
    pool_link_node(pool, node);
    kind->n_free += by;
    pool->free_at[kind->level] += by;
}

void pool_release(struct pool *pool, int worker)
{
    struct seat *seat = &pool->seats[worker];

    assert(!seat->free);
    pool->seen_at[pool_level(pool, worker)] += !seat->seen;
    seat->free = seat->seen = true;
    change_free(pool, seat->node, 1);
}

void pool_claim(struct pool *pool, int worker)
{
    struct seat *seat = &pool->seats[worker];

    assert(seat->free);
    seat->free = false;
    change_free(pool, seat->node, -1);
}

/* How well a free worker suits stages [stage, end) of a model; 0 is best. */
static int misfit(const struct seat *seat, int model, int stage, int end)
{
    if (seat->model == model)
        return seat->stage >= stage && seat->stage < end ? 0 : 1;
    return seat->model < 0 ? 2 : 3;
}

/* Stages [stage, end) to free workers of one node: first each stage to a worker that
 * held it, then what is left by misfit. workers[] holds -1 where a stage has none. */
static void seat_on_node(struct pool *pool, int node, int model, int stage, int end, int *workers)
{
    const struct node *self = &pool->nodes[node];
    int open = stage, n_seated = 0;

    for (int grade = 0; grade <= 3 && n_seated < end - stage; grade++) {
        for (int i = self->first; i < self->first + self->n && n_seated < end - stage; i++) {
            struct seat *seat = &pool->seats[pool->index[i]];
            int fit = seat->free ? misfit(seat, model, stage, end) : 4;
            if (fit > grade || (grade == 0 && workers[seat->stage] >= 0))
                continue;
            while (grade > 0 && workers[open] >= 0)
                open++;
            int mine = grade == 0 ? seat->stage : open;
            workers[mine] = pool->index[i];
            seat->free = false;
            seat->model = model;
            seat->stage = mine;
            n_seated++;
        }
    }
    assert(n_seated == end - stage);
    change_free(pool, node, -n_seated);
}

/* What pool_take narrows as it goes. */
struct search {
    struct pool_request request;
    const struct kind *only; /* kind to stay with, NULL: any */
};

static bool suits(const struct kind *kind, const struct search *search)
{
    return kind->level >= search->request.level && kind->level < search->request.level_end &&
           (!search->only || search->only == kind);
}

/* A gang runs at the pace of its slowest worker: the first kind that has room for all of it; NULL. */
static const struct kind *roomy_kind(const struct pool *pool, const struct search *search)
{
    for (int k = 0; k < pool->n_kinds; k++)
        if (suits(&pool->kinds[k], search) && pool->kinds[k].n_free >= search->request.n)
            return &pool->kinds[k];
    return NULL;
}

static bool allowed(const struct pool *pool, int node, const struct search *search)
{
    return node != search->request.avoid && suits(&pool->kinds[pool->nodes[node].kind], search);
}

/* The node of a kind with the fewest free workers that still hold `n`; -1. */
static int best_fit(const struct pool *pool, const struct kind *kind, int n, int avoid)
{
    for (int f = n; f <= pool->most; f++) {
        uint64_t word = kind->occupied[f / WORD_BITS] >> f % WORD_BITS;
        if (word == 0) {
            f |= WORD_BITS - 1; /* nothing more in this word */
            continue;
        }
        f += __builtin_ctzll(word);
        for (int node = kind->head[f]; node >= 0; node = pool->nodes[node].next)
            if (node != avoid)
                return node;
    }
    return -1;
}

static int one_node(const struct pool *pool, const struct search *search)
{
    int near = search->request.near;

    if (near >= 0 && allowed(pool, near, search) && pool->nodes[near].n_free >= search->request.n)
        return near;
    for (int k = 0; k < pool->n_kinds; k++) {
        int node = -1;
        if (suits(&pool->kinds[k], search))
            node = best_fit(pool, &pool->kinds[k], search->request.n, search->request.avoid);
        if (node >= 0)
            return node;
    }
    return -1;
}

/* The node with the most free workers, over all kinds that will do; -1. */
static int fullest(const struct pool *pool, const struct search *search)
{
    int best = -1;

    for (int k = 0; k < pool->n_kinds; k++) {
        const struct kind *kind = &pool->kinds[k];
        for (int w = pool->most / WORD_BITS; suits(kind, search) && w >= 0; w--) {
            if (kind->occupied[w] == 0)
                continue;
            int f = w * WORD_BITS + WORD_BITS - 1 - __builtin_clzll(kind->occupied[w]);
            if (f > 0 && (best < 0 || f > pool->nodes[best].n_free))
                best = kind->head[f];
            break;
        }
    }
    return best;
}

void pool_take(struct pool *pool, const struct pool_request *request, int *workers)
{
    struct search search = {.request = *request};
    int stage = 0;

    search.only = roomy_kind(pool, &search);
    for (int s = 0; s < request->n; s++)
        workers[s] = -1;
    while (stage < request->n) {
        search.request.n = request->n - stage;
        int node = one_node(pool, &search);
        if (node < 0 && search.request.avoid >= 0) { /* no way around it */
            search.request.avoid = -1;
            continue;
        }
        if (node < 0)
            node = fullest(pool, &search);
        assert(node >= 0);
        int n = pool->nodes[node].n_free < search.request.n ? pool->nodes[node].n_free : search.request.n;
        seat_on_node(pool, node, request->model, stage, stage + n, workers);
        stage += n;
    }
}
