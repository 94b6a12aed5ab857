#include "grid/partition.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"

static uint64_t range_bytes(const struct partition *partition, int begin, int end)
{
    return partition->bytes ? partition->bytes(partition->context, begin, end) : 0;
}

static bool fits(const struct partition *partition, int begin, int end)
{
    return partition->limit == 0 || range_bytes(partition, begin, end) <= partition->limit;
}

static int fail_layer(const struct partition *partition, int layer, struct error *err)
{
    return fail(err, "layer %d alone needs %.2f GB, a rank has %.2f GB", layer,
                (double)range_bytes(partition, layer, layer + 1) / 1e9, (double)partition->limit / 1e9);
}

int partition_least_stages(const struct partition *partition, int *n_stages, struct error *err)
{
    int n = 0;

    for (int begin = 0, end; begin < partition->n_layers; begin = end, n++) {
        if (!fits(partition, begin, begin + 1))
            return fail_layer(partition, begin, err);
        for (end = begin + 1; end < partition->n_layers && fits(partition, begin, end + 1);)
            end++;
    }
    *n_stages = n;
    return 0;
}

/* The table of the recurrence
 *
 *     best[s][j] = min over i < j of max(best[s-1][i], cost of layers [i, j))
 *
 * where best[s][j] is the least cost of the most expensive of s stages that hold
 * layers [0, j), infinite if none fit; from[s][j] is the i that gives it. */
struct table {
    int width;    /* n_layers + 1 */
    double *sum;  /* (n_layers + 1): cost of layers [0, j) */
    double *best; /* (n_stages + 1, n_layers + 1) */
    int *from;    /* likewise */
};

static void table_init(struct table *table, const struct partition *partition, int n_stages)
{
    size_t width = (size_t)partition->n_layers + 1, size = ((size_t)n_stages + 1) * width;

    table->width = (int)width;
    table->sum = xcalloc(width, sizeof *table->sum);
    table->best = xcalloc(size, sizeof *table->best);
    table->from = xcalloc(size, sizeof *table->from);
    for (int j = 0; j < partition->n_layers; j++)
        table->sum[j + 1] = table->sum[j] + partition->cost[j];
    for (size_t k = 1; k < size; k++)
        table->best[k] = INFINITY;
}

static void table_clear(struct table *table)
{
    free(table->sum);
    free(table->best);
    free(table->from);
}

/* One entry of the table. The last stage grows downwards: once it does not fit, none longer does. */
static void fill_entry(const struct partition *partition, struct table *table, int s, int j)
{
    const double *above = table->best + (ptrdiff_t)(s - 1) * table->width;
    double *best = table->best + (ptrdiff_t)s * table->width;
    int *from = table->from + (ptrdiff_t)s * table->width;

    for (int i = j - 1; i >= s - 1 && fits(partition, i, j); i--) {
        double last = table->sum[j] - table->sum[i];
        double cost = above[i] > last ? above[i] : last;
        if (cost < best[j]) {
            best[j] = cost;
            from[j] = i;
        }
        if (last > best[j])
            break; /* longer last stages only cost more */
    }
}

int partition_cut(const struct partition *partition, int n_stages, int *cut, struct error *err)
{
    struct table table;
    int rc = 0, n = partition->n_layers;

    if (n_stages < 1 || n_stages > n)
        return fail(err, "%d stages for %d layers: a stage holds at least one", n_stages, n);
    table_init(&table, partition, n_stages);
    for (int s = 1; s <= n_stages; s++)
        for (int j = s; j <= n - (n_stages - s); j++)
            fill_entry(partition, &table, s, j);
    if (isinf(table.best[(ptrdiff_t)n_stages * table.width + n]))
        rc = fail(err, "no cut into %d stages fits into %.2f GB a rank", n_stages, (double)partition->limit / 1e9);
    cut[n_stages] = n;
    for (int s = n_stages; s > 0 && rc == 0; s--)
        cut[s - 1] = table.from[(ptrdiff_t)s * table.width + cut[s]];
    table_clear(&table);
    return rc;
}

double partition_cost(const struct partition *partition, int n_stages, const int *cut)
{
    double most = 0;

    for (int s = 0; s < n_stages; s++) {
        double cost = 0;
        for (int l = cut[s]; l < cut[s + 1]; l++)
            cost += partition->cost[l];
        most = cost > most ? cost : most;
    }
    return most;
}

uint64_t partition_bytes(const struct partition *partition, int n_stages, const int *cut)
{
    uint64_t most = 0;

    for (int s = 0; s < n_stages; s++) {
        uint64_t bytes = range_bytes(partition, cut[s], cut[s + 1]);
        most = bytes > most ? bytes : most;
    }
    return most;
}
