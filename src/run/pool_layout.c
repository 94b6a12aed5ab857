/* A pool's levels, nodes and kinds, from what the workers said of themselves. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/pool_state.h"
#include "run/schedule.h"

static int compare_bytes(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Distinct sizes; where there are more than MAX_LEVELS, evenly chosen ones, and
 * what lies between counts as the next lower: never more than a worker has. */
static void find_levels(struct pool *pool, const struct schedule_worker *workers)
{
    uint64_t *bytes = xcalloc((size_t)pool->n_workers, sizeof *bytes);
    int n = 0;

    for (int i = 0; i < pool->n_workers; i++)
        bytes[i] = workers[i].bytes;
    qsort(bytes, (size_t)pool->n_workers, sizeof *bytes, compare_bytes);
    for (int i = 0; i < pool->n_workers; i++)
        if (n == 0 || bytes[i] != bytes[n - 1])
            bytes[n++] = bytes[i];
    pool->n_levels = n < MAX_LEVELS ? n : MAX_LEVELS;
    for (int i = 0; i < pool->n_levels; i++)
        pool->level_bytes[i] = bytes[(long)i * n / pool->n_levels];
    free(bytes);
}

static int level_of(const struct pool *pool, uint64_t bytes)
{
    int level = 0;

    while (level + 1 < pool->n_levels && pool->level_bytes[level + 1] <= bytes)
        level++;
    return level;
}

/* Sorts workers by node, as numbered by the caller (not necessarily densely). */
struct by_node {
    int node, worker;
};

static int compare_by_node(const void *left, const void *right)
{
    const struct by_node *a = left, *b = right;

    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return a->worker < b->worker ? -1 : 1;
}

static void find_nodes(struct pool *pool, const struct schedule_worker *workers)
{
    struct by_node *sorted = xcalloc((size_t)pool->n_workers, sizeof *sorted);

    for (int i = 0; i < pool->n_workers; i++)
        sorted[i] = (struct by_node){workers[i].node, i};
    qsort(sorted, (size_t)pool->n_workers, sizeof *sorted, compare_by_node);
    for (int i = 0; i < pool->n_workers; i++) {
        if (i == 0 || sorted[i].node != sorted[i - 1].node)
            pool->nodes[pool->n_nodes++] = (struct node){.kind = -1, .first = i, .previous = -1, .next = -1};
        struct node *node = &pool->nodes[pool->n_nodes - 1];
        pool->index[i] = sorted[i].worker;
        pool->seats[sorted[i].worker].node = pool->n_nodes - 1;
        if (++node->n > pool->most)
            pool->most = node->n;
    }
    free(sorted);
}

/* A node is as weak as its weakest worker. */
static struct kind weakest(const struct pool *pool, const struct node *node, const struct schedule_worker *workers)
{
    struct kind kind = {.level = MAX_LEVELS, .speed = workers[pool->index[node->first]].speed};

    for (int i = node->first; i < node->first + node->n; i++) {
        const struct schedule_worker *worker = &workers[pool->index[i]];
        int level = level_of(pool, worker->bytes);
        if (level < kind.level)
            kind.level = level;
        if (worker->speed < kind.speed)
            kind.speed = worker->speed;
    }
    return kind;
}

static int compare_kinds(const void *left, const void *right)
{
    const struct kind *a = left, *b = right;

    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    return (a->speed < b->speed) - (a->speed > b->speed);
}

static void find_kinds(struct pool *pool, const struct schedule_worker *workers)
{
    struct kind *of_node = xcalloc((size_t)pool->n_nodes, sizeof *of_node);

    for (int i = 0; i < pool->n_nodes; i++) {
        of_node[i] = pool->kinds[i] = weakest(pool, &pool->nodes[i], workers);
        pool->total_at[of_node[i].level] += pool->nodes[i].n;
        pool->speed_at[of_node[i].level] += of_node[i].speed * pool->nodes[i].n;
    }
    qsort(pool->kinds, (size_t)pool->n_nodes, sizeof *pool->kinds, compare_kinds);
    for (int i = 0; i < pool->n_nodes; i++)
        if (i == 0 || compare_kinds(&pool->kinds[i], &pool->kinds[pool->n_kinds - 1]) != 0)
            pool->kinds[pool->n_kinds++] = pool->kinds[i];
    for (int i = 0; i < pool->n_nodes; i++) {
        struct kind *kind = bsearch(&of_node[i], pool->kinds, (size_t)pool->n_kinds, sizeof *kind, compare_kinds);
        pool->nodes[i].kind = (int)(kind - pool->kinds);
    }
    free(of_node);
}

struct pool *pool_create(const struct schedule_worker *workers, int n_workers)
{
    struct pool *pool = xcalloc(1, sizeof *pool);

    assert(n_workers > 0);
    pool->n_workers = n_workers;
    pool->seats = xcalloc((size_t)n_workers, sizeof *pool->seats);
    pool->nodes = xcalloc((size_t)n_workers, sizeof *pool->nodes);
    pool->kinds = xcalloc((size_t)n_workers, sizeof *pool->kinds);
    pool->index = xcalloc((size_t)n_workers, sizeof *pool->index);
    for (int i = 0; i < n_workers; i++)
        pool->seats[i].model = pool->seats[i].stage = -1;
    find_levels(pool, workers);
    find_nodes(pool, workers);
    find_kinds(pool, workers);
    for (int k = 0; k < pool->n_kinds; k++) {
        pool->kinds[k].head = xcalloc((size_t)pool->most + 1, sizeof(int));
        pool->kinds[k].occupied = xcalloc((size_t)pool->most / WORD_BITS + 1, sizeof(uint64_t));
        memset(pool->kinds[k].head, -1, ((size_t)pool->most + 1) * sizeof(int));
    }
    for (int i = 0; i < pool->n_nodes; i++)
        pool_link_node(pool, i);
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    for (int k = 0; k < pool->n_kinds; k++) {
        free(pool->kinds[k].head);
        free(pool->kinds[k].occupied);
    }
    free(pool->seats);
    free(pool->nodes);
    free(pool->kinds);
    free(pool->index);
    free(pool);
}
