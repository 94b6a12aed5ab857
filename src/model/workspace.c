#include "model/block.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/moe.h"

struct strides {
    size_t x, q, k, f;
};

/* A multiple of the largest cache's way size would put a column's rows in one set. */
static size_t row_stride(int width)
{
    size_t stride = kernel_pad((size_t)width);

    return stride % 256 ? stride : stride + KERNEL_ALIGN;
}

static bool any_dense_layer(const struct hparams *p)
{
    for (int l = 0; l < p->n_layers; l++)
        if (p->n_experts == 0 || !p->moe_layer[l])
            return true;
    return false;
}

static struct strides strides_of(const struct hparams *p)
{
    return (struct strides){.x = row_stride(p->n_embd), .q = row_stride(p->n_heads * p->head_dim),
                            .k = row_stride(p->n_kv_heads * p->head_dim),
                            .f = any_dense_layer(p) ? row_stride(p->n_ff) : 0};
}

static size_t row_floats(const struct strides *s)
{
    return 2 * s->x + 2 * s->q + 2 * s->k + 4 * s->f;
}

static size_t packed_floats(const struct strides *s, size_t max_rows)
{
    size_t widest = s->x > s->q ? s->x : s->q;
    return kernel_packed_floats(max_rows, widest > s->f ? widest : s->f);
}

size_t workspace_bytes(const struct hparams *p, size_t max_rows, size_t max_tokens)
{
    struct strides s = strides_of(p);

    return (max_rows * row_floats(&s) + packed_floats(&s, max_rows)) * sizeof(float) +
           (p->n_experts > 0 ? moe_space_bytes(p, max_rows, s.x) : 0) +
           attention_bytes(max_rows, max_tokens, (size_t)p->n_heads, (size_t)p->head_dim);
}

int workspace_init(struct workspace *w, const struct hparams *p, size_t max_rows, size_t max_tokens, struct error *err)
{
    struct strides s = strides_of(p);

    *w = (struct workspace){.max_rows = max_rows, .ldx = s.x, .ldq = s.q, .ldk = s.k, .ldf = s.f};
    w->spans = xcalloc(max_rows, sizeof *w->spans);
    w->attention_rows = xcalloc(max_rows, sizeof *w->attention_rows);
    w->attention = attention_create(max_rows, max_tokens, (size_t)p->n_heads, (size_t)p->head_dim, err);
    w->packed = w->attention ? float_alloc(packed_floats(&s, max_rows), "workspace of a stage", err) : NULL;
    w->input = w->packed ? float_alloc(max_rows * row_floats(&s), "workspace of a stage", err) : NULL;
    if (w->input && p->n_experts > 0)
        w->moe = moe_space_create(p, max_rows, s.x, err);
    if (!w->input || (p->n_experts > 0 && !w->moe)) {
        workspace_clear(w);
        return -1;
    }
    float *next = w->input;
    struct {
        float **buffer;
        size_t stride;
    } parts[] = {{&w->input, s.x},    {&w->output, s.x}, {&w->query, s.q}, {&w->attended, s.q}, {&w->key, s.k},
                 {&w->value, s.k},    {&w->gate, s.f},   {&w->up, s.f},    {&w->act, s.f},      {&w->product, s.f}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i].buffer = next;
        next += max_rows * parts[i].stride;
    }
    return 0;
}

void workspace_clear(struct workspace *w)
{
    float_free(w->input); /* the first part of the one allocation */
    float_free(w->packed);
    free(w->spans);
    free(w->attention_rows);
    attention_destroy(w->attention);
    moe_space_destroy(w->moe);
    *w = (struct workspace){0};
}
