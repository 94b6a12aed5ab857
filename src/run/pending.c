#include "run/pending.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "run/schedule.h"

static const double DURATION_STEP = 1.25;

struct sort_key {
    int pipeline;
    int step; /* time in powers of DURATION_STEP */
    int n_stages, model;
};

double pending_time(const struct schedule_pipeline *pipeline)
{
    return pipeline->cost / pipeline->n_stages;
}

static int compare_int(int a, int b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    int order = compare_int(b->step, a->step);

    if (order == 0)
        order = compare_int(b->n_stages, a->n_stages);
    if (order == 0)
        order = compare_int(a->model, b->model);
    return order ? order : compare_int(a->pipeline, b->pipeline);
}

static struct sort_key sort_key(const struct schedule_pipeline *pipeline, int index)
{
    double time = pending_time(pipeline);
    int step = time > 0 ? (int)floor(log(time) / log(DURATION_STEP)) : -100000; /* below any real time */

    return (struct sort_key){index, step, pipeline->n_stages, pipeline->model};
}

static void sort_by_priority(struct pending *pending)
{
    struct sort_key *keys = xcalloc((size_t)pending->n, sizeof *keys);

    for (int i = 0; i < pending->n; i++)
        keys[i] = sort_key(&pending->pipelines[i], i);
    qsort(keys, (size_t)pending->n, sizeof *keys, compare_keys);
    for (int i = 0; i < pending->n; i++) {
        pending->order[i] = keys[i].pipeline;
        pending->place[keys[i].pipeline] = i;
    }
    free(keys);
    for (int i = pending->n - 1; i >= 0; i--)
        pending->longest_from[i] =
            fmax(pending->longest_from[i + 1], pending_time(&pending->pipelines[pending->order[i]]));
}

static void list_models(struct pending *pending)
{
    int *count = xcalloc((size_t)pending->n_models, sizeof *count);

    for (int i = 0; i < pending->n; i++)
        count[pending->pipelines[i].model]++;
    for (int m = 0; m < pending->n_models; m++) {
        pending->of_model[m] = xcalloc((size_t)count[m], sizeof **pending->of_model);
        mintree_init(&pending->by_model[m], count[m]);
        count[m] = 0;
    }
    for (int i = 0; i < pending->n; i++) {
        int pipeline = pending->order[i], model = pending->pipelines[pipeline].model;
        pending->place_in_model[pipeline] = count[model];
        pending->of_model[model][count[model]++] = pipeline;
    }
    free(count);
}

void pending_init(struct pending *pending, const struct schedule_pipeline *pipelines, int n, const int *level,
                  int n_levels)
{
    int n_models = 0;

    for (int i = 0; i < n; i++)
        if (pipelines[i].model >= n_models)
            n_models = pipelines[i].model + 1;
    *pending =
        (struct pending){.n = n, .n_levels = n_levels, .n_models = n_models, .pipelines = pipelines, .level = level};
    pending->order = xcalloc((size_t)n, sizeof *pending->order);
    pending->place = xcalloc((size_t)n, sizeof *pending->place);
    pending->longest_from = xcalloc((size_t)n + 1, sizeof *pending->longest_from);
    pending->by_level = xcalloc((size_t)n_levels, sizeof *pending->by_level);
    pending->by_model = xcalloc((size_t)n_models, sizeof *pending->by_model);
    pending->of_model = xcalloc((size_t)n_models, sizeof *pending->of_model);
    pending->place_in_model = xcalloc((size_t)n, sizeof *pending->place_in_model);
    for (int i = 0; i < n_levels; i++)
        mintree_init(&pending->by_level[i], n);
    sort_by_priority(pending);
    list_models(pending);
}

void pending_clear(struct pending *pending)
{
    for (int i = 0; i < pending->n_levels; i++)
        mintree_clear(&pending->by_level[i]);
    for (int m = 0; m < pending->n_models; m++) {
        mintree_clear(&pending->by_model[m]);
        free(pending->of_model[m]);
    }
    free(pending->order);
    free(pending->place);
    free(pending->longest_from);
    free(pending->by_level);
    free(pending->by_model);
    free(pending->of_model);
    free(pending->place_in_model);
    *pending = (struct pending){0};
}

static void set(struct pending *pending, int pipeline, int value)
{
    int model = pending->pipelines[pipeline].model;

    mintree_set(&pending->by_level[pending->level[pipeline]], pending->place[pipeline], value);
    mintree_set(&pending->by_model[model], pending->place_in_model[pipeline], value);
}

void pending_add(struct pending *pending, int pipeline)
{
    set(pending, pipeline, pending->pipelines[pipeline].n_stages);
}

void pending_take(struct pending *pending, int pipeline)
{
    set(pending, pipeline, MINTREE_ABSENT);
}

/* longest_from never rises with the place: a binary search. */
int pending_place_within(const struct pending *pending, double time)
{
    int low = 0, high = pending->n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (pending->longest_from[middle] <= time)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int pending_first(const struct pending *pending, int level, int from, int width)
{
    int place = mintree_find(&pending->by_level[level], from, width);

    return place < 0 ? -1 : pending->order[place];
}

int pending_first_of_model(const struct pending *pending, int model, int width)
{
    int place = mintree_find(&pending->by_model[model], 0, width);

    return place < 0 ? -1 : pending->of_model[model][place];
}
