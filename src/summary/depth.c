#include "summary/depth.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { STREAM_WEAKENING = 0x5100, STREAM_DEPTH };

#define ESTIMATE_MISSING                                                                                               \
    {                                                                                                                  \
        NAN, NAN, NAN, 0                                                                                               \
    }
const struct depth_scaling depth_missing = {ESTIMATE_MISSING, ESTIMATE_MISSING, NAN, NAN};

/* Sample by sample along the rows: resamples by the thousand go through here. */
static void mean_rows(const struct tally *tally, const struct layer_table *table, const double *weight, double missing,
                      double *means)
{
    size_t width = (size_t)tally->n_layers;
    double *totals = xcalloc(width, sizeof *totals);

    for (size_t l = 0; l < width; l++)
        means[l] = 0;
    for (size_t s = 0; s < table->n; s++) {
        const float *primary = tally->primary_score.values + s * width, *values = table->values + s * width;
        double w = weight ? weight[s] : 1;
        for (size_t l = 0; w > 0 && l < width; l++) {
            if (isnan(primary[l]))
                continue;
            means[l] += w * (isnan(values[l]) ? missing : (double)values[l]);
            totals[l] += w;
        }
    }
    for (size_t l = 0; l < width; l++)
        means[l] = totals[l] > 0 ? means[l] / totals[l] : NAN;
    free(totals);
}

void depth_primary_means(const struct tally *tally, const double *weight, double *means)
{
    mean_rows(tally, &tally->primary_score, weight, NAN, means);
}

void depth_secondary_means(const struct tally *tally, const double *weight, double *means)
{
    mean_rows(tally, &tally->secondary_score, weight, 0, means);
}

void depth_split_means(const struct tally *tally, bool live, double *means, size_t *counts)
{
    size_t width = (size_t)tally->n_layers;

    for (size_t l = 0; l < width; l++) {
        struct mean_sum mean = {0};
        for (size_t s = 0; s < tally->primary_score.n; s++)
            if (live == !isnan(tally->secondary_score.values[s * width + l]))
                mean_sum_add(&mean, (double)tally->primary_score.values[s * width + l]);
        means[l] = mean_sum_value(&mean);
        counts[l] = mean.n;
    }
}

struct depth_context {
    const struct tally *tally;
    int start, end;              /* the primary's layers */
    double *primary, *secondary; /* workspace (n_layers) */
};

/* Layers from the least l_start to the greatest l_end of the secondary sinks that count. */
static bool secondary_range(const struct sink_list *sinks, const double *weight, int *begin, int *end)
{
    *begin = MAX_LAYERS;
    *end = 0;
    for (size_t i = 0; i < sinks->n; i++) {
        const struct level_sink *sink = &sinks->items[i];
        if (weight && !(weight[sink->sample] > 0))
            continue;
        if (sink->l_start < *begin)
            *begin = sink->l_start;
        if (sink->l_end > *end)
            *end = sink->l_end;
    }
    return *begin < *end;
}

static double weakening_of(const double *weight, void *context)
{
    const struct depth_context *c = context;
    double least = INFINITY, greatest = 0;
    int begin, end;

    if (!secondary_range(&c->tally->secondaries, weight, &begin, &end))
        return NAN;
    depth_primary_means(c->tally, weight, c->primary);
    for (int l = begin; l < end && l < c->tally->n_layers; l++)
        least = fmin(least, c->primary[l]);
    for (int l = c->start; l < c->end; l++)
        greatest = fmax(greatest, c->primary[l]);
    return greatest > 0 && !isinf(least) ? least / greatest : NAN;
}

static double correlation_of(const double *weight, void *context)
{
    const struct depth_context *c = context;
    struct rank_pairs pairs;
    size_t n = (size_t)(c->end - c->start);

    depth_primary_means(c->tally, weight, c->primary);
    depth_secondary_means(c->tally, weight, c->secondary);
    for (int l = c->start; l < c->end; l++)
        if (isnan(c->primary[l]))
            return NAN;
    if (n < 3)
        return NAN;
    rank_pairs_init(&pairs, c->primary + c->start, c->secondary + c->start, n);
    double rho = rank_correlation(&pairs, NULL);
    rank_pairs_clear(&pairs);
    return rho;
}

/* The span of a sink with gaps is longer than its lifetime: live is what the table says. */
static void compare_company(struct depth_scaling *depth, const struct tally *tally, int start, int end)
{
    struct mean_sum beside = {0}, alone = {0};
    size_t width = (size_t)tally->n_layers;

    for (size_t s = 0; s < tally->primary_score.n; s++)
        for (int l = start; l < end; l++) {
            size_t at = s * width + (size_t)l;
            bool live = !isnan(tally->secondary_score.values[at]);
            mean_sum_add(live ? &beside : &alone, (double)tally->primary_score.values[at]);
        }
    depth->score_beside = mean_sum_value(&beside);
    depth->score_alone = mean_sum_value(&alone);
}

void depth_compute(struct depth_scaling *depth, const struct tally *tally, int start, int end, uint64_t seed)
{
    size_t n_layers = (size_t)tally->n_layers, n_samples = (size_t)tally->n_samples;
    struct depth_context context = {tally, start, end, xcalloc(2 * n_layers, sizeof(double)), NULL};

    context.secondary = context.primary + n_layers;
    depth->weakening = (struct estimate){.value = weakening_of(NULL, &context), .n = n_samples};
    depth->rho = (struct estimate){.value = correlation_of(NULL, &context), .n = (size_t)(end - start)};
    bootstrap_interval(&depth->weakening, n_samples, weakening_of, &context, seed, STREAM_WEAKENING);
    bootstrap_interval(&depth->rho, n_samples, correlation_of, &context, seed, STREAM_DEPTH);
    compare_company(depth, tally, start, end);
    free(context.primary);
}
