#include "summary/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Streams of the counter-based generator, one a statistic; a model's name is mixed
 * into the seed, so that models are resampled independently. */
enum stream {
    STREAM_SHARE = 0x5000,
    STREAM_SCORE,
    STREAM_LIFETIME,
    STREAM_RISE,
    STREAM_FAMILY_LEVELS,
    STREAM_FAMILY_SHARE,
};

static uint64_t seed_of(uint64_t seed, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return seed ^ hash;
}

void model_levels_find(struct model_levels *levels, struct tally *tally, const struct detect_settings *detect)
{
    levels_find(&levels->primary, tally->primaries.items, tally->primaries.n, detect->level_gap, 1);
    levels_find(&levels->secondary, tally->secondaries.items, tally->secondaries.n, detect->level_gap,
                detect->level_support);
}

void model_levels_clear(struct model_levels *levels)
{
    level_list_clear(&levels->primary);
    level_list_clear(&levels->secondary);
}

/* ---- determinism ---- */

struct share_context {
    const struct tally *tally;
    const struct detect_settings *detect;
};

static double share_of(const double *weight, void *context)
{
    const struct share_context *c = context;

    return levels_share(c->tally->secondaries.items, c->tally->secondaries.n, c->detect->level_gap,
                        c->detect->level_support, weight);
}

/* Histogram of (l_start, lifetime) over sinks that are sorted by it. */
static void count_distinct(struct scaling *scaling, const struct sink_list *sinks)
{
    double *counts = xcalloc(sinks->n, sizeof *counts);
    size_t bins = 0;

    for (size_t i = 0; i < sinks->n; i++) {
        bool same = i > 0 && sinks->items[i].l_start == sinks->items[i - 1].l_start &&
                    sinks->items[i].lifetime == sinks->items[i - 1].lifetime;
        bins += !same;
        counts[bins - 1]++;
    }
    scaling->n_distinct = bins;
    scaling->entropy = statistics_entropy(counts, bins);
    free(counts);
}

static void compute_determinism(struct scaling *scaling, const struct tally *tally, const struct model_levels *levels,
                                const struct detect_settings *detect, uint64_t seed)
{
    struct share_context context = {tally, detect};
    size_t n = tally->secondaries.n, assigned = 0;
    struct mean_sum sd = {0};

    for (size_t i = 0; i < levels->secondary.n; i++) {
        assigned += levels->secondary.items[i].count;
        mean_sum_add(&sd, levels->secondary.items[i].lifetime_sd);
    }
    scaling->n_unassigned = n - assigned;
    scaling->level_share = (struct estimate){.value = n ? (double)assigned / (double)n : NAN, .n = n};
    bootstrap_interval(&scaling->level_share, (size_t)tally->n_samples, share_of, &context, seed, STREAM_SHARE);
    scaling->within_level_sd = mean_sum_value(&sd);
    count_distinct(scaling, &tally->secondaries);
}

/* ---- what the MLP does ---- */

struct sink_context {
    struct rank_pairs pairs;
    int *sample;         /* (n) of each pair, or of each difference */
    double *weight;      /* workspace (n) */
    const double *value; /* (n) */
    size_t n;
};

static const double *spread_weights(struct sink_context *c, const double *weight)
{
    for (size_t i = 0; i < c->n; i++)
        c->weight[i] = weight[c->sample[i]];
    return c->weight;
}

static double weighted_correlation(const double *weight, void *context)
{
    struct sink_context *c = context;

    return rank_correlation(&c->pairs, spread_weights(c, weight));
}

static double weighted_mean(const double *weight, void *context)
{
    const struct sink_context *c = context;
    double sum = 0, total = 0;

    for (size_t i = 0; i < c->n; i++) {
        double w = weight ? weight[c->sample[i]] : 1;
        sum += w * c->value[i];
        total += w;
    }
    return total > 0 ? sum / total : NAN;
}

/* Rank correlation of two members over the sinks that have both; n: those sinks. */
static struct estimate correlate_sinks(const struct tally *tally, double (*x_of)(const struct level_sink *),
                                       double (*y_of)(const struct level_sink *), uint64_t seed, enum stream stream)
{
    const struct sink_list *sinks = &tally->secondaries;
    double *x = xcalloc(3 * sinks->n, sizeof *x), *y = x + sinks->n;
    struct sink_context c = {.sample = xcalloc(sinks->n, sizeof *c.sample), .weight = y + sinks->n};
    struct estimate rho = {NAN, NAN, NAN, 0};

    for (size_t i = 0; i < sinks->n; i++) {
        x[c.n] = x_of(&sinks->items[i]);
        y[c.n] = y_of(&sinks->items[i]);
        c.sample[c.n] = sinks->items[i].sample;
        c.n += !isnan(x[c.n]) && !isnan(y[c.n]);
    }
    rho.n = c.n;
    if (c.n >= 3) {
        rank_pairs_init(&c.pairs, x, y, c.n);
        rho.value = rank_correlation(&c.pairs, NULL);
        bootstrap_interval(&rho, (size_t)tally->n_samples, weighted_correlation, &c, seed, stream);
        rank_pairs_clear(&c.pairs);
    }
    free(x);
    free(c.sample);
    return rho;
}

static double norm_of(const struct level_sink *sink)
{
    return sink->mlp_norm;
}

static double score_of(const struct level_sink *sink)
{
    return sink->sink_score;
}

static double lifetime_of(const struct level_sink *sink)
{
    return sink->lifetime;
}

static void compute_rise(struct scaling *scaling, const struct tally *tally, uint64_t seed)
{
    const struct sink_list *sinks = &tally->secondaries;
    double *rise = xcalloc(sinks->n, sizeof *rise);
    struct sink_context c = {.sample = xcalloc(sinks->n, sizeof *c.sample), .value = rise};
    struct mean_sum start = {0}, before = {0};
    long own = 0, layers = 0;

    for (size_t i = 0; i < sinks->n; i++) {
        const struct level_sink *sink = &sinks->items[i];
        mean_sum_add(&start, fabs(sink->cos_mlp));
        mean_sum_add(&before, sink->cos_before);
        own += sink->own_before;
        layers += sink->n_before;
        rise[c.n] = fabs(sink->cos_mlp) - sink->cos_before;
        c.sample[c.n] = sink->sample;
        c.n += !isnan(rise[c.n]);
    }
    scaling->cos_start = mean_sum_value(&start);
    scaling->cos_before = mean_sum_value(&before);
    scaling->own_before = layers ? (double)own / (double)layers : NAN;
    scaling->cos_rise = (struct estimate){.value = weighted_mean(NULL, &c), .n = c.n};
    bootstrap_interval(&scaling->cos_rise, (size_t)tally->n_samples, weighted_mean, &c, seed, STREAM_RISE);
    free(rise);
    free(c.sample);
}

/* ---- a model's row ---- */

static void compute_primary(struct scaling *scaling, const struct tally *tally)
{
    struct mean_sum score = {0};

    scaling->has_primary = tally_primary_range(tally, &scaling->primary_start, &scaling->primary_end);
    for (size_t i = 0; i < tally->primaries.n; i++)
        mean_sum_add(&score, tally->primaries.items[i].sink_score);
    scaling->primary_score = mean_sum_value(&score);
}

static double median_start(const struct tally *tally)
{
    const struct sink_list *sinks = &tally->secondaries;
    double *shares = xcalloc(sinks->n, sizeof *shares);

    for (size_t i = 0; i < sinks->n; i++)
        shares[i] = (double)sinks->items[i].l_start / tally->n_layers;
    double median = statistics_median(shares, sinks->n);
    free(shares);
    return median;
}

void scaling_compute(struct scaling *scaling, const struct tally *tally, const struct model_levels *levels,
                     const struct detect_settings *detect, uint64_t seed)
{
    uint64_t own_seed = seed_of(seed, tally->model);

    *scaling = (struct scaling){.depth = depth_missing};
    compute_primary(scaling, tally);
    scaling->per_1000_tokens = tally->n_tokens ? 1000 * (double)tally->secondaries.n / (double)tally->n_tokens : NAN;
    scaling->l_start_share = median_start(tally);
    compute_determinism(scaling, tally, levels, detect, own_seed);
    if (scaling->has_primary)
        depth_compute(&scaling->depth, tally, scaling->primary_start, scaling->primary_end, own_seed);
    scaling->rho_norm_score = correlate_sinks(tally, norm_of, score_of, own_seed, STREAM_SCORE);
    scaling->rho_norm_lifetime = correlate_sinks(tally, norm_of, lifetime_of, own_seed, STREAM_LIFETIME);
    compute_rise(scaling, tally, own_seed);
}

/* ---- a family ---- */

static double family_correlation(const double *weight, void *context)
{
    return rank_correlation(context, weight);
}

static struct estimate correlate_models(const double *x, const double *y, size_t n, uint64_t seed, enum stream stream)
{
    struct estimate rho = {NAN, NAN, NAN, n};
    struct rank_pairs pairs;

    if (n < 3)
        return rho;
    rank_pairs_init(&pairs, x, y, n);
    rho.value = rank_correlation(&pairs, NULL);
    bootstrap_interval(&rho, n, family_correlation, &pairs, seed, stream);
    rank_pairs_clear(&pairs);
    return rho;
}

void family_scaling_compute(struct family_scaling *family, const char *name, const struct tally *const *tallies,
                            const struct model_levels *const *levels, const struct scaling *const *scalings, size_t n,
                            uint64_t seed)
{
    double *size = xcalloc(4 * n, sizeof *size), *count = size + n, *share_size = size + 2 * n, *share = size + 3 * n;
    size_t n_sized = 0, n_shared = 0;

    for (size_t i = 0; i < n; i++) {
        if (tallies[i]->n_params == 0)
            continue;
        double logarithm = log((double)tallies[i]->n_params);
        size[n_sized] = logarithm;
        count[n_sized++] = (double)levels[i]->secondary.n;
        share_size[n_shared] = logarithm;
        share[n_shared] = scalings[i]->level_share.value;
        n_shared += !isnan(share[n_shared]);
    }
    *family = (struct family_scaling){
        .family = name,
        .rho_levels = correlate_models(size, count, n_sized, seed_of(seed, name), STREAM_FAMILY_LEVELS),
        .rho_share = correlate_models(share_size, share, n_shared, seed_of(seed, name), STREAM_FAMILY_SHARE)};
    free(size);
}
