#include "grid/partition.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/human.h"
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
    char needed[HUMAN_SIZE], there[HUMAN_SIZE];

    return fail(err, "layer %d alone needs %s, a rank has %s", layer,
                human_bytes(needed, (double)range_bytes(partition, layer, layer + 1)),
                human_bytes(there, (double)partition->limit));
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
 *     best[s][j] = min over i < j of combine(best[s-1][i], cost of layers [i, j))
 *
 * where best[s][j] is the least price of s stages that hold layers [0, j), infinite
 * if none fit; from[s][j] is the i that gives it. It is filled twice: with the
 * greatest of the costs as the price, then, among the cuts that keep to the greatest
 * cost found, with the sum of their squares, which evens out the others. */
struct table {
    int width;    /* n_layers + 1 */
    double *sum;  /* (n_layers + 1): cost of layers [0, j) */
    double *best; /* (n_stages + 1, n_layers + 1) */
    int *from;    /* likewise */
    double most;  /* no stage may cost more */
    double (*combine)(double price, double cost);
};

static double greater(double price, double cost)
{
    return price > cost ? price : cost;
}

static double add_square(double price, double cost)
{
    return price + cost * cost;
}

static void table_init(struct table *table, const struct partition *partition, int n_stages)
{
    size_t width = (size_t)partition->n_layers + 1, size = ((size_t)n_stages + 1) * width;

    table->width = (int)width;
    table->sum = xcalloc(width, sizeof *table->sum);
    table->best = xcalloc(size, sizeof *table->best);
    table->from = xcalloc(size, sizeof *table->from);
    for (int j = 0; j < partition->n_layers; j++)
        table->sum[j + 1] = table->sum[j] + partition->cost[j];
}

static void table_clear(struct table *table)
{
    free(table->sum);
    free(table->best);
    free(table->from);
}

/* One entry of the table. The last stage grows downwards: once it does not fit, or costs too much, none longer does. */
static void fill_entry(const struct partition *partition, struct table *table, int s, int j)
{
    const double *above = table->best + (ptrdiff_t)(s - 1) * table->width;
    double *best = table->best + (ptrdiff_t)s * table->width;
    int *from = table->from + (ptrdiff_t)s * table->width;

    best[j] = INFINITY;
    for (int i = j - 1; i >= s - 1 && fits(partition, i, j); i--) {
        double last = table->sum[j] - table->sum[i];
        if (last > table->most)
            break;
        double price = table->combine(above[i], last);
        if (price < best[j]) {
            best[j] = price;
            from[j] = i;
        }
    }
}

/* Returns the price of the whole. */
static double table_fill(const struct partition *partition, struct table *table, int n_stages)
{
    int n = partition->n_layers;

    for (int j = 1; j <= n; j++)
        table->best[j] = INFINITY; /* no stage holds nothing but [0, 0) */
    for (int s = 1; s <= n_stages; s++)
        for (int j = 0; j <= n; j++)
            if (j >= s && j <= n - (n_stages - s))
                fill_entry(partition, table, s, j);
            else
                table->best[(ptrdiff_t)s * table->width + j] = INFINITY;
    return table->best[(ptrdiff_t)n_stages * table->width + n];
}

int partition_cut(const struct partition *partition, int n_stages, int *cut, struct error *err)
{
    struct table table = {.most = INFINITY, .combine = greater};
    char limit[HUMAN_SIZE];
    int n = partition->n_layers;

    if (n_stages < 1 || n_stages > n)
        return fail(err, "%d stages for %d layers: a stage holds at least one", n_stages, n);
    table_init(&table, partition, n_stages);
    table.most = table_fill(partition, &table, n_stages);
    bool is_cut = !isinf(table.most);
    if (is_cut) {
        table.combine = add_square;
        table_fill(partition, &table, n_stages);
        cut[n_stages] = n;
        for (int s = n_stages; s > 0; s--)
            cut[s - 1] = table.from[(ptrdiff_t)s * table.width + cut[s]];
    }
    table_clear(&table);
    return is_cut ? 0
                  : fail(err, "no cut into %d stages fits into %s a rank", n_stages,
                         human_bytes(limit, (double)partition->limit));
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
