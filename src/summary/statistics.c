#include "summary/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

double statistics_mean(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : NAN;
}

double statistics_sd(const double *x, size_t n)
{
    double mean = statistics_mean(x, n), squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
}

/* Interpolates from the nearer end, so that equal neighbours give themselves. */
double statistics_quantile(const double *sorted, size_t n, double q)
{
    if (n == 0)
        return NAN;
    double place = q * (double)(n - 1), below = floor(place), t = place - below;
    size_t i = (size_t)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    double step = sorted[i + 1] - sorted[i];
    return t < 0.5 ? sorted[i] + step * t : sorted[i + 1] - step * (1 - t);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void statistics_sort(double *x, size_t n)
{
    if (n)
        qsort(x, n, sizeof *x, compare_doubles);
}

double statistics_median(const double *x, size_t n)
{
    double *copy = xcalloc(n, sizeof *copy);

    if (n)
        memcpy(copy, x, n * sizeof *copy);
    statistics_sort(copy, n);
    double median = statistics_quantile(copy, n, 0.5);
    free(copy);
    return median;
}

double statistics_entropy(const double *counts, size_t n)
{
    double total = 0, entropy = 0;

    for (size_t i = 0; i < n; i++)
        total += counts[i];
    if (total <= 0)
        return NAN;
    for (size_t i = 0; i < n; i++)
        if (counts[i] > 0)
            entropy -= counts[i] / total * log(counts[i] / total);
    return entropy;
}

/* ---- rank correlation ---- */

struct keyed {
    double value;
    size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static size_t *sorted_order(const double *x, size_t n)
{
    struct keyed *keyed = xcalloc(n, sizeof *keyed);
    size_t *order = xcalloc(n, sizeof *order);

    for (size_t i = 0; i < n; i++)
        keyed[i] = (struct keyed){x[i], i};
    if (n)
        qsort(keyed, n, sizeof *keyed, compare_keyed);
    for (size_t i = 0; i < n; i++)
        order[i] = keyed[i].index;
    free(keyed);
    return order;
}

void rank_pairs_init(struct rank_pairs *pairs, const double *x, const double *y, size_t n)
{
    *pairs = (struct rank_pairs){.n = n,
                                 .x = xcalloc(n, sizeof *x),
                                 .y = xcalloc(n, sizeof *y),
                                 .by_x = sorted_order(x, n),
                                 .by_y = sorted_order(y, n),
                                 .ranks = xcalloc(2 * n, sizeof(double))};
    for (size_t i = 0; i < n; i++) {
        pairs->x[i] = x[i];
        pairs->y[i] = y[i];
    }
}

void rank_pairs_clear(struct rank_pairs *pairs)
{
    free(pairs->x);
    free(pairs->y);
    free(pairs->by_x);
    free(pairs->by_y);
    free(pairs->ranks);
    *pairs = (struct rank_pairs){0};
}

static double weight_of(const double *weight, size_t i)
{
    return weight ? weight[i] : 1;
}

/* Average ranks of values that each stand weight times in the sample: a group of
 * ties of total weight w behind `before` others has the ranks before + 1 ... before + w. */
static void average_ranks(const double *x, const size_t *order, size_t n, const double *weight, double *ranks)
{
    double before = 0;

    for (size_t i = 0, end; i < n; i = end) {
        double tied = 0;
        for (end = i; end < n && x[order[end]] == x[order[i]]; end++)
            tied += weight_of(weight, order[end]);
        for (size_t k = i; k < end; k++)
            ranks[order[k]] = before + (tied + 1) / 2;
        before += tied;
    }
}

/* Pearson's correlation of ranks, whose mean is known: (total + 1) / 2. */
static double correlate(const double *a, const double *b, size_t n, const double *weight)
{
    double total = 0, saa = 0, sbb = 0, sab = 0;

    for (size_t i = 0; i < n; i++)
        total += weight_of(weight, i);
    double mean = (total + 1) / 2;
    for (size_t i = 0; i < n; i++) {
        double w = weight_of(weight, i), da = a[i] - mean, db = b[i] - mean;
        saa += w * da * da;
        sbb += w * db * db;
        sab += w * da * db;
    }
    if (!(saa > 0 && sbb > 0))
        return NAN;
    double rho = sab / sqrt(saa * sbb);
    return rho > 1 ? 1 : rho < -1 ? -1 : rho;
}

double rank_correlation(const struct rank_pairs *pairs, const double *weight)
{
    size_t n = pairs->n;

    average_ranks(pairs->x, pairs->by_x, n, weight, pairs->ranks);
    average_ranks(pairs->y, pairs->by_y, n, weight, pairs->ranks + n);
    return correlate(pairs->ranks, pairs->ranks + n, n, weight);
}

/* ---- bootstrap ---- */

static void draw(double *weight, size_t n, uint64_t seed, uint64_t stream, size_t resample)
{
    for (size_t i = 0; i < n; i++)
        weight[i] = 0;
    for (size_t i = 0; i < n; i++)
        weight[random_below(seed, stream, resample * n + i, n)] += 1;
}

void bootstrap_interval(struct estimate *estimate, size_t n, double (*statistic)(const double *weight, void *context),
                        void *context, uint64_t seed, uint64_t stream)
{
    estimate->low = estimate->high = NAN;
    if (n < 3 || estimate->n < 3)
        return;
    double *weight = xcalloc(n, sizeof *weight), *values = xcalloc(BOOTSTRAP_RESAMPLES, sizeof *values);
    size_t kept = 0;
    for (size_t b = 0; b < BOOTSTRAP_RESAMPLES; b++) {
        draw(weight, n, seed, stream, b);
        double value = statistic(weight, context);
        if (!isnan(value))
            values[kept++] = value;
    }
    if (2 * kept >= BOOTSTRAP_RESAMPLES) {
        statistics_sort(values, kept);
        estimate->low = statistics_quantile(values, kept, 0.025);
        estimate->high = statistics_quantile(values, kept, 0.975);
    }
    free(weight);
    free(values);
}
