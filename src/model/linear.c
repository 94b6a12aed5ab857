#include "model/linear.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Columns that one thread widens and multiplies at a time; at most this many. */
enum { MAX_SLAB_COLUMNS = 192 };

void linear_init(struct linear *linear, const struct tensor *tensor, size_t row, size_t n_out, size_t n_in)
{
    *linear = (struct linear){
        .tensor = tensor, .n_in = n_in, .n_out = n_out, .row = row, .group = n_out, .group_stride = n_out, .step = 1};
}

void linear_clear(struct linear *linear)
{
    float_free(linear->bias);
    linear->bias = NULL;
}

size_t linear_row(const struct linear *linear, size_t r)
{
    size_t i = r % linear->group, half = linear->group / 2;

    if (linear->rope_pairs)
        i = i < half ? 2 * i : 2 * (i - half) + 1;
    return linear->row + r / linear->group * linear->group_stride + linear->step * i;
}

/* One thread's buffers: columns of the weight as stored rows, and in the kernel's order. */
struct scratch {
    float wide[MAX_SLAB_COLUMNS * KERNEL_DEPTH] __attribute__((aligned(64)));
    float slab[MAX_SLAB_COLUMNS * KERNEL_DEPTH] __attribute__((aligned(64)));
};

/* Features [n0, n0 + n) by inner indices [k0, k0 + k) into wide (n, k). */
static void widen_rows(const struct linear *linear, size_t n0, size_t n, size_t k0, size_t k, float *wide)
{
    for (size_t j = 0; j < n; j++)
        tensor_widen(linear->tensor, linear_row(linear, n0 + j), k0, k0 + k, wide + j * k);
}

/* The same from a tensor that is (n_in, n_out). */
static void widen_columns(const struct linear *linear, size_t n0, size_t n, size_t k0, size_t k, float *wide)
{
    float row[MAX_SLAB_COLUMNS];
    size_t first = linear->row + n0;

    for (size_t p = 0; p < k; p++) {
        tensor_widen(linear->tensor, k0 + p, first, first + n, row);
        for (size_t j = 0; j < n; j++)
            wide[j * k + p] = row[j];
    }
}

static void add_bias(const struct kernel *kernel, const struct linear_job *job, size_t n0, size_t n,
                     const struct rows *rows)
{
    for (size_t r = 0; r < rows->n; r++)
        kernel->add(n, job->linear->bias + n0, job->y + r * job->ldy + n0);
}

/* Columns [n0, n0 + n) of one job. */
static void apply_slab(const struct kernel *kernel, const struct linear_job *job, size_t n0, size_t n,
                       const struct rows *rows, struct scratch *scratch)
{
    const struct linear *linear = job->linear;

    for (size_t k0 = 0; k0 < linear->n_in; k0 += KERNEL_DEPTH) {
        size_t k = linear->n_in - k0 < KERNEL_DEPTH ? linear->n_in - k0 : KERNEL_DEPTH;
        (linear->transposed ? widen_columns : widen_rows)(linear, n0, n, k0, k, scratch->wide);
        kernel->pack(n, k, scratch->wide, k, scratch->slab);
        for (size_t s = 0; s < rows->n_spans; s++) {
            const struct row_span *span = &rows->spans[s];
            kernel->multiply(span->position, span->n, n, k, job->x + span->row * job->ldx + k0, job->ldx,
                             scratch->slab, job->y + span->row * job->ldy + n0, job->ldy, k0 > 0);
        }
    }
    if (linear->bias)
        add_bias(kernel, job, n0, n, rows);
}

static size_t slab_count(const struct kernel *kernel, const struct linear *linear)
{
    return (linear->n_out + kernel->slab_columns - 1) / kernel->slab_columns;
}

/* Work item `item` counts the slabs of all jobs. */
static void apply_item(const struct kernel *kernel, const struct linear_job *jobs, size_t item,
                       const struct rows *rows, struct scratch *scratch)
{
    while (item >= slab_count(kernel, jobs->linear))
        item -= slab_count(kernel, jobs++->linear);
    size_t n0 = item * kernel->slab_columns, left = jobs->linear->n_out - n0;
    apply_slab(kernel, jobs, n0, left < kernel->slab_columns ? left : kernel->slab_columns, rows, scratch);
}

void linear_apply(const struct kernel *kernel, const struct linear_job *jobs, size_t n_jobs, const struct rows *rows)
{
    size_t n_items = 0;

    for (size_t i = 0; i < n_jobs; i++)
        n_items += slab_count(kernel, jobs[i].linear);
    /* Which thread takes an item changes no bits: items write disjoint columns. */
#pragma omp parallel
    {
        static _Thread_local struct scratch scratch;
#pragma omp for schedule(dynamic)
        for (size_t item = 0; item < n_items; item++)
            apply_item(kernel, jobs, item, rows, &scratch);
    }
}
