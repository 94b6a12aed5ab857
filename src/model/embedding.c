#include "model/embedding.h"

#include <string.h>

#include "base/memory.h"

static size_t stored_floats(const struct hparams *hparams, size_t max_rows)
{
    return hparams->n_embd_in == hparams->n_embd ? 0 : max_rows * kernel_pad((size_t)hparams->n_embd_in);
}

size_t embedding_bytes(const struct hparams *hparams, size_t max_rows)
{
    return stored_floats(hparams, max_rows) * sizeof(float);
}

int embedding_init(struct embedding *e, const struct kernel *kernel, const struct hparams *hparams,
                   const struct end_weights *ends, size_t max_rows, size_t max_tokens, struct error *err)
{
    size_t n = stored_floats(hparams, max_rows);
    size_t n_positions = ends->positions ? tensor_rows(ends->positions) - (size_t)ends->position_offset : max_tokens;

    *e = (struct embedding){.kernel = kernel, .hparams = hparams, .ends = ends};
    if (max_tokens > n_positions)
        return fail(err, "a sample of %zu tokens: the model has %zu learned positions", max_tokens, n_positions);
    if (n > 0)
        e->stored = float_alloc(n, "embedding", err);
    return n > 0 && !e->stored ? -1 : 0;
}

void embedding_clear(struct embedding *e)
{
    float_free(e->stored);
    *e = (struct embedding){0};
}

static void table_row(const struct embedding *e, int32_t id, float *row)
{
    size_t width = (size_t)e->hparams->n_embd_in;
    float scale = (float)e->hparams->embedding_scale;

    tensor_widen(e->ends->embedding, (size_t)id, 0, width, row);
    if (e->kernel->round) {
        e->kernel->round(width, row);
        e->kernel->round(1, &scale);
    }
    for (size_t d = 0; scale != 1.0f && d < width; d++)
        row[d] *= scale;
    if (e->kernel->round)
        e->kernel->round(width, row);
}

/* The table's rows of another width, mapped to D. */
static void project(const struct embedding *e, const struct workspace *w, const struct block_rows *rows,
                    const int32_t *ids)
{
    size_t width = (size_t)e->hparams->n_embd, ld = kernel_pad((size_t)e->hparams->n_embd_in);
    struct linear_job job = {&e->ends->project_in, e->stored, ld, w->output, w->ldx, NULL};
    struct rows span = block_spans(e->kernel, w, rows);

    span.packed = NULL; /* made for the block's own widths */
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows->n_rows; r++)
        table_row(e, ids[r], e->stored + r * ld);
    linear_apply(e->kernel, &job, 1, &span);
    for (size_t r = 0; r < rows->n_rows; r++)
        memcpy(rows->hidden + r * width, w->output + r * w->ldx, width * sizeof *rows->hidden);
}

/* A stored row, widened piece by piece (whole blocks of any data type), is added to row. */
static void add_stored(const struct kernel *kernel, const struct tensor *tensor, size_t index, size_t width, float *row)
{
    enum { PIECE = 256 };
    float piece[PIECE];

    for (size_t d = 0; d < width; d += PIECE) {
        size_t n = width - d < PIECE ? width - d : PIECE;
        tensor_widen(tensor, index, d, d + n, piece);
        kernel->add(n, piece, row + d);
    }
}

static void add_positions(const struct embedding *e, const struct block_rows *rows)
{
    size_t width = (size_t)e->hparams->n_embd;

    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct block_segment *segment = &rows->segments[s];
#pragma omp parallel for schedule(static)
        for (int t = segment->begin; t < segment->end; t++)
            add_stored(e->kernel, e->ends->positions, (size_t)(t + e->ends->position_offset), width,
                       rows->hidden + (segment->row + (size_t)(t - segment->begin)) * width);
    }
}

void embedding_apply(const struct embedding *e, const struct workspace *workspace, const struct block_rows *rows,
                     const int32_t *ids)
{
    size_t width = (size_t)e->hparams->n_embd;

    if (e->stored) {
        project(e, workspace, rows, ids);
    } else {
#pragma omp parallel for schedule(static)
        for (size_t r = 0; r < rows->n_rows; r++)
            table_row(e, ids[r], rows->hidden + r * width);
    }
    if (e->ends->positions)
        add_positions(e, rows);
}
