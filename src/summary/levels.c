#include "summary/levels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "summary/statistics.h"

static int compare_sinks(const void *a, const void *b)
{
    const struct level_sink *x = a, *y = b;

    if (x->l_start != y->l_start)
        return x->l_start < y->l_start ? -1 : 1;
    if (x->lifetime != y->lifetime)
        return x->lifetime < y->lifetime ? -1 : 1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

static bool are_neighbours(const struct level_sink *a, const struct level_sink *b, int gap)
{
    return a->l_start == b->l_start && b->lifetime - a->lifetime <= gap;
}

/* Mean of a member over a group, what is missing left out. */
static double mean_of(const struct level_sink *sinks, size_t n, size_t offset)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        double value = *(const double *)(const void *)((const char *)&sinks[i] + offset);
        sum += isnan(value) ? 0 : value;
        count += !isnan(value);
    }
    return count ? sum / (double)count : NAN;
}

static struct level describe(const struct level_sink *group, size_t n, size_t total)
{
    double *lifetimes = xcalloc(n, sizeof *lifetimes);

    for (size_t i = 0; i < n; i++)
        lifetimes[i] = group[i].lifetime;
    struct level level = {.l_start = group[0].l_start,
                          .lifetime_min = group[0].lifetime,
                          .lifetime_max = group[n - 1].lifetime,
                          .lifetime_median = statistics_quantile(lifetimes, n, 0.5),
                          .lifetime_sd = statistics_sd(lifetimes, n),
                          .count = n,
                          .share = (double)n / (double)total,
                          .sink_score = mean_of(group, n, offsetof(struct level_sink, sink_score)),
                          .mlp_norm = mean_of(group, n, offsetof(struct level_sink, mlp_norm))};
    free(lifetimes);
    return level;
}

void levels_find(struct level_list *levels, struct level_sink *sinks, size_t n, int gap, int support)
{
    size_t capacity = 0;

    *levels = (struct level_list){0};
    if (n)
        qsort(sinks, n, sizeof *sinks, compare_sinks);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && are_neighbours(&sinks[end - 1], &sinks[end], gap); end++)
            ;
        bool is_level = end - begin >= (size_t)support;
        for (size_t i = begin; i < end; i++)
            sinks[i].level = is_level ? (int)levels->n : -1;
        if (!is_level)
            continue;
        levels->items = array_grow(levels->items, levels->n, &capacity, sizeof *levels->items);
        levels->items[levels->n++] = describe(&sinks[begin], end - begin, n);
    }
}

void level_list_clear(struct level_list *levels)
{
    free(levels->items);
    *levels = (struct level_list){0};
}

double levels_share(const struct level_sink *sinks, size_t n, int gap, int support, const double *weight)
{
    const struct level_sink *last = NULL;
    double total = 0, in_levels = 0, group = 0;

    for (size_t i = 0; i < n; i++) {
        double w = weight[sinks[i].sample];
        if (!(w > 0))
            continue;
        if (last && !are_neighbours(last, &sinks[i], gap)) {
            in_levels += group >= support ? group : 0;
            group = 0;
        }
        last = &sinks[i];
        group += w;
        total += w;
    }
    in_levels += group >= support ? group : 0;
    return total > 0 ? in_levels / total : NAN;
}
