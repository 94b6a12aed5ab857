#include "model/linear.h"

#include <assert.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    MAX_SLAB_COLUMNS = 192, /* that one thread widens and multiplies at a time */
    MAX_STEP = 2,           /* of interleaved transposed columns */
};

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

/* The same from a tensor that is (n_in, n_out), whose columns lie step apart. */
static void widen_columns(const struct linear *linear, size_t n0, size_t n, size_t k0, size_t k, float *wide)
{
    float row[MAX_SLAB_COLUMNS * MAX_STEP];
    size_t first = linear->row + linear->step * n0, last = first + linear->step * (n - 1);

    assert(n <= MAX_SLAB_COLUMNS && linear->step <= MAX_STEP);
    for (size_t p = 0; p < k; p++) {
        tensor_widen(linear->tensor, linear->first_in + k0 + p, first, last + 1, row);
        for (size_t j = 0; j < n; j++)
            wide[j * k + p] = row[j * linear->step];
    }
}

/* Rows [begin, end) of those that the job is about. */
struct part {
    size_t begin, end;
};

static void add_bias(const struct kernel *kernel, const struct linear_job *job, size_t n0, size_t n,
                     const struct part *part)
{
    for (size_t r = part->begin; r < part->end; r++)
        kernel->add(n, job->linear->bias + n0, job->y + r * job->ldy + n0);
}

static void round_rows(const struct kernel *kernel, const struct linear_job *job, size_t n0, size_t n,
                       const struct part *part)
{
    for (size_t r = part->begin; r < part->end; r++)
        kernel->round(n, job->y + r * job->ldy + n0);
}

/* What all items of one linear_apply share. */
struct work {
    const struct kernel *kernel;
    const struct linear_job *jobs;
    const struct rows *rows; /* of jobs that have none of their own */
    bool packed;             /* rows->packed holds x */
    size_t n_parts, part_rows;
};

static const struct rows *rows_of(const struct work *work, const struct linear_job *job)
{
    return job->rows ? job->rows : work->rows;
}

static size_t depth_at(size_t n_in, size_t k0)
{
    return n_in - k0 < KERNEL_DEPTH ? n_in - k0 : KERNEL_DEPTH;
}

/* c += a slab of one job: inner indices [k0, k0 + k). */
static void multiply_slab(const struct work *work, const struct linear_job *job, size_t n0, size_t n, size_t k0,
                          size_t k, const struct part *part, const float *slab)
{
    const struct kernel *kernel = work->kernel;
    const struct rows *rows = rows_of(work, job);

    if (work->packed && rows == work->rows) {
        kernel->multiply_packed(part->end - part->begin, n, k,
                                rows->packed + kernel_packed_floats(rows->n, k0) +
                                    part->begin * kernel_inner_floats(kernel, k),
                                slab,
                                job->y + part->begin * job->ldy + n0, job->ldy, k0 > 0);
        return;
    }
    for (size_t s = 0; s < rows->n_spans; s++) {
        const struct row_span *span = &rows->spans[s];
        kernel->multiply(span->position, span->n, n, k, job->x + span->row * job->ldx + k0, job->ldx, slab,
                         job->y + span->row * job->ldy + n0, job->ldy, k0 > 0);
    }
}

/* Columns [n0, n0 + n) of one job. */
static void apply_slab(const struct work *work, const struct linear_job *job, size_t n0, size_t n,
                       const struct part *part, struct scratch *scratch)
{
    const struct linear *linear = job->linear;

    for (size_t k0 = 0; k0 < linear->n_in; k0 += KERNEL_DEPTH) {
        size_t k = depth_at(linear->n_in, k0);
        (linear->transposed ? widen_columns : widen_rows)(linear, n0, n, k0, k, scratch->wide);
        work->kernel->pack(n, k, scratch->wide, k, scratch->slab);
        multiply_slab(work, job, n0, n, k0, k, part, scratch->slab);
    }
    if (work->kernel->round && (!linear->bias || linear->bias_apart)) /* else the sum is rounded, once */
        round_rows(work->kernel, job, n0, n, part);
    if (linear->bias)
        add_bias(work->kernel, job, n0, n, part);
}

static size_t slab_count(const struct kernel *kernel, const struct linear *linear)
{
    return (linear->n_out + kernel->slab_columns - 1) / kernel->slab_columns;
}

enum {
    PACK_ROWS = 96,       /* rows of a packing item; a multiple of every tile */
    PART_ROWS = 240,      /* that share a slab, at least: each part widens it anew */
    ITEMS_OF_A_THREAD = 2 /* fewer leave threads idle at the end */
};

/* Rows of one part of packed rows: all where slabs alone keep the threads busy. Parts
 * begin at whole tiles. */
static size_t part_rows(const struct work *work, size_t n_slabs)
{
    size_t wanted = (ITEMS_OF_A_THREAD * (size_t)omp_get_max_threads() + n_slabs - 1) / n_slabs;
    size_t n = work->rows->n, most = n / PART_ROWS, parts = wanted < most ? wanted : most;

    if (parts < 2)
        return n;
    return (n / parts + PACK_ROWS) / PACK_ROWS * PACK_ROWS;
}

/* Work item `item` counts the slabs of all jobs, part by part. */
static void apply_item(const struct work *work, size_t item, struct scratch *scratch)
{
    const struct linear_job *job = work->jobs;
    size_t width = work->kernel->slab_columns, slab = item / work->n_parts, begin = item % work->n_parts * work->part_rows;

    while (slab >= slab_count(work->kernel, job->linear))
        slab -= slab_count(work->kernel, job++->linear);
    size_t n0 = slab * width, left = job->linear->n_out - n0, n = rows_of(work, job)->n;
    struct part part = {begin, n - begin < work->part_rows ? n : begin + work->part_rows};
    apply_slab(work, job, n0, left < width ? left : width, &part, scratch);
}

static size_t pack_count(const struct work *work)
{
    return work->packed ? (work->rows->n + PACK_ROWS - 1) / PACK_ROWS : 0;
}

static void pack_item(const struct work *work, size_t item)
{
    const struct linear_job *job = work->jobs;
    size_t n = work->rows->n, n_in = job->linear->n_in, r = item * PACK_ROWS;
    size_t m = n - r < PACK_ROWS ? n - r : PACK_ROWS;

    for (size_t k0 = 0; k0 < n_in; k0 += KERNEL_DEPTH) {
        size_t k = depth_at(n_in, k0);
        work->kernel->pack_rows(m, k, job->x + r * job->ldx + k0, job->ldx,
                                work->rows->packed + kernel_packed_floats(n, k0) +
                                    r * kernel_inner_floats(work->kernel, k));
    }
}

void linear_apply(const struct kernel *kernel, const struct linear_job *jobs, size_t n_jobs, const struct rows *rows)
{
    struct work work = {kernel, jobs, rows, kernel->pack_rows && rows && rows->packed, 1, SIZE_MAX};
    size_t n_slabs = 0, n_packs = pack_count(&work);

    for (size_t i = 0; i < n_jobs; i++)
        n_slabs += slab_count(kernel, jobs[i].linear);
    if (work.packed && rows->n > 0) {
        work.part_rows = part_rows(&work, n_slabs);
        work.n_parts = (rows->n + work.part_rows - 1) / work.part_rows;
    }
    size_t n_items = n_slabs * work.n_parts;
    /* Which thread takes an item changes no bits: items write disjoint columns and rows. */
#pragma omp parallel
    {
        static _Thread_local struct scratch scratch;
#pragma omp for schedule(static)
        for (size_t item = 0; item < n_packs; item++)
            pack_item(&work, item);
#pragma omp for schedule(dynamic)
        for (size_t item = 0; item < n_items; item++)
            apply_item(&work, item, &scratch);
    }
}
