#include "model/attention.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/attention_tile.h"

/* A group of rows of one sample and one head: the unit of work of a thread. */
struct task {
    const struct attention_rows *sample;
    size_t begin, end;   /* positions; inside one ATTENTION_GROUP */
    float *sums;         /* (n_heads, stride): column sums of the group */
};

struct attention {
    size_t n_heads;
    size_t weight_floats, tile_floats; /* a thread's tile: weights of all blocks, then output and maxima */
    int n_threads;
    float *tiles;                      /* (n_threads, tile_floats) */
    struct task *tasks;
    size_t n_tasks, task_capacity;
    float *sums;                       /* the tasks' column sums */
    size_t sum_capacity;
};

static size_t weight_floats(size_t max_tokens)
{
    return cache_block_count(max_tokens) * TILE_ROWS * TILE_STRIDE;
}

static size_t tile_floats(size_t max_tokens, size_t head_dim)
{
    return weight_floats(max_tokens) + TILE_ROWS * (kernel_pad(head_dim) + cache_block_count(max_tokens));
}

/* Column sums of a block: a group more than whole groups, where it begins inside one. */
size_t attention_bytes(size_t max_rows, size_t max_tokens, size_t n_heads, size_t head_dim)
{
    size_t groups = max_rows / ATTENTION_GROUP + 2;
    size_t sums = groups * n_heads * kernel_pad(max_tokens + 1);
    return (sums + (size_t)omp_get_max_threads() * tile_floats(max_tokens, head_dim)) * sizeof(float);
}

struct attention *attention_create(size_t max_rows, size_t max_tokens, size_t n_heads, size_t head_dim,
                                   struct error *err)
{
    struct attention *attention = xcalloc(1, sizeof *attention);

    (void)max_rows;
    attention->n_heads = n_heads;
    attention->n_threads = omp_get_max_threads();
    attention->weight_floats = weight_floats(max_tokens);
    attention->tile_floats = tile_floats(max_tokens, head_dim);
    attention->tiles = float_alloc((size_t)attention->n_threads * attention->tile_floats, "attention tiles", err);
    if (attention->tiles)
        return attention;
    attention_destroy(attention);
    return NULL;
}

void attention_destroy(struct attention *attention)
{
    if (!attention)
        return;
    float_free(attention->tiles);
    float_free(attention->sums);
    free(attention->tasks);
    free(attention);
}

static size_t earlier(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void process_task(const struct attention *attention, const struct kernel *kernel,
                         const struct attention_settings *settings, const struct task *task, size_t head)
{
    float *space = attention->tiles + (size_t)omp_get_thread_num() * attention->tile_floats;
    float *sums = task->sums + head * task->sample->cache->stride;
    struct tile tile = {.settings = settings, .kernel = kernel, .cache = task->sample->cache, .head = head,
                        .kv_head = head / (settings->n_heads / settings->n_kv_heads),
                        .weights = space};

    tile.out = tile.weights + attention->weight_floats;
    tile.block_maximum = tile.out + TILE_ROWS * kernel_pad(settings->head_dim);
    for (tile.first = task->begin; tile.first < task->end; tile.first += tile.n) {
        size_t boundary = (tile.first / TILE_ROWS + 1) * TILE_ROWS;
        tile.n = earlier(boundary, task->end) - tile.first;
        (kernel->round ? tile_apply_rounded : tile_apply)(&tile, task->sample, sums);
    }
}

/* ---- column sums: tasks continue an open group and leave one open ---- */

static void add_task(struct attention *attention, const struct attention_rows *sample, size_t begin, size_t end)
{
    attention->tasks = array_grow(attention->tasks, attention->n_tasks, &attention->task_capacity,
                                  sizeof *attention->tasks);
    attention->tasks[attention->n_tasks++] = (struct task){.sample = sample, .begin = begin, .end = end};
}

/* Latest groups first: they are the longest, which balances threads. */
static void list_tasks(struct attention *attention, const struct attention_rows *samples, size_t n_samples)
{
    attention->n_tasks = 0;
    for (size_t s = 0; s < n_samples; s++)
        for (size_t end = samples[s].end; end > samples[s].begin;) {
            size_t begin = (end - 1) / ATTENTION_GROUP * ATTENTION_GROUP;
            if (begin < samples[s].begin)
                begin = samples[s].begin;
            add_task(attention, &samples[s], begin, end);
            end = begin;
        }
}

static size_t task_floats(const struct attention *attention, const struct task *task)
{
    return attention->n_heads * task->sample->cache->stride;
}

static int place_sums(struct attention *attention, struct error *err)
{
    size_t n = 0;

    for (size_t t = 0; t < attention->n_tasks; t++)
        n += task_floats(attention, &attention->tasks[t]);
    if (n > attention->sum_capacity) {
        float_free(attention->sums);
        attention->sum_capacity = 0;
        if (!(attention->sums = float_alloc(n, "attention sums", err)))
            return -1;
        attention->sum_capacity = n;
    }
    n = 0;
    for (size_t t = 0; t < attention->n_tasks; t++) {
        struct task *task = &attention->tasks[t];
        task->sums = attention->sums + n;
        n += task_floats(attention, task);
    }
    return 0;
}

/* A task's sums for one head begin where the group's earlier rows left off. */
static void start_sums(const struct task *task, size_t head)
{
    const struct cache *cache = task->sample->cache;
    float *sums = task->sums + head * cache->stride;

    if (task->begin % ATTENTION_GROUP)
        memcpy(sums, cache->open + head * cache->stride, cache->stride * sizeof *sums);
    else
        memset(sums, 0, cache->stride * sizeof *sums);
}

static void keep_sums(const struct task *task, size_t head)
{
    struct cache *cache = task->sample->cache;
    const float *sums = task->sums + head * cache->stride;
    size_t at = head * cache->stride;

    if (task->end % ATTENTION_GROUP == 0 || task->end == cache->n_tokens)
        for (size_t t = 0; t < cache->stride; t++) /* a measurement: not rounded in bfloat16 */
            cache->total[at + t] += sums[t];
    else
        memcpy(cache->open + at, sums, cache->stride * sizeof *sums);
}

int attention_apply(struct attention *attention, const struct kernel *kernel,
                    const struct attention_settings *settings, const struct attention_rows *samples,
                    size_t n_samples, struct error *err)
{
    size_t n_heads = settings->n_heads;

    list_tasks(attention, samples, n_samples);
    if (place_sums(attention, err))
        return -1;
    size_t n_tasks = attention->n_tasks, n_items = n_tasks * n_heads;
#pragma omp parallel
    {
#pragma omp for schedule(dynamic)
        for (size_t item = 0; item < n_items; item++) {
            const struct task *task = &attention->tasks[item / n_heads];
            start_sums(task, item % n_heads);
            process_task(attention, kernel, settings, task, item % n_heads);
        }
        /* Tasks of a sample stand in descending order: added in ascending order. */
#pragma omp for schedule(static)
        for (size_t head = 0; head < n_heads; head++)
            for (size_t t = n_tasks; t-- > 0;)
                keep_sums(&attention->tasks[t], head);
    }
    return 0;
}
