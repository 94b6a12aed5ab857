#include "model/block.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/mlp.h"
#include "model/norm.h"

void block_show(const struct block_context *context, enum tap_site site, int layer, const struct block_rows *rows,
                const float *values, size_t width, size_t stride)
{
    const struct tap *tap = context->tap;
    double start = profile_now();

    if (!tap || !tap->see_rows)
        return;
    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct block_segment *segment = &rows->segments[s];
        struct tap_rows view = {.site = site, .layer = layer, .sample = segment->sample, .begin = segment->begin,
                                .end = segment->end, .rows = values + segment->row * stride, .width = width,
                                .stride = stride};
        tap->see_rows(tap->context, &view);
    }
    profile_add(context->profile, PHASE_STATISTICS, start);
}

void block_linear(const struct block_context *context, const struct linear_job *jobs, size_t n_jobs,
                  const struct rows *rows)
{
    double start = profile_now();

    linear_apply(context->kernel, jobs, n_jobs, rows);
    profile_add(context->profile, PHASE_GEMM, start);
}

struct rows block_spans(const struct kernel *kernel, const struct workspace *workspace, const struct block_rows *rows)
{
    struct row_span *spans = workspace->spans;

    if (!kernel->fixed_shapes) { /* any rows give the same bits: one span is faster */
        spans[0] = (struct row_span){.row = 0, .n = rows->n_rows, .position = 0};
        return (struct rows){.n = rows->n_rows, .spans = spans, .n_spans = 1, .packed = workspace->packed};
    }
    for (size_t s = 0; s < rows->n_segments; s++)
        spans[s] = (struct row_span){.row = rows->segments[s].row,
                                     .n = (size_t)(rows->segments[s].end - rows->segments[s].begin),
                                     .position = (size_t)rows->segments[s].begin};
    return (struct rows){.n = rows->n_rows, .spans = spans, .n_spans = rows->n_segments, .packed = workspace->packed};
}

/* y (n_rows, width) from x; a norm that is absent copies. */
static void norm_rows(const struct block_context *context, const struct norm *norm, size_t n_rows, const float *x,
                      size_t ldx, float *y, size_t ldy)
{
    size_t width = (size_t)context->hparams->n_embd;
    double start = profile_now();

#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < n_rows; r++)
        if (norm->kind == NORM_NONE)
            memcpy(y + r * ldy, x + r * ldx, width * sizeof *y);
        else
            norm_row(context->kernel, norm, x + r * ldx, y + r * ldy);
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

/* The same in place: nothing to do where the norm is absent. */
static void norm_in_place(const struct block_context *context, const struct norm *norm, size_t n_rows, float *x,
                          size_t ldx)
{
    if (norm->kind != NORM_NONE)
        norm_rows(context, norm, n_rows, x, ldx, x, ldx);
}

static void project(const struct block_context *context, const struct layer_weights *weights, const struct rows *rows)
{
    struct workspace *w = context->workspace;
    struct linear_job jobs[] = {
        {&weights->query, w->input, w->ldx, w->query, w->ldq, NULL},
        {&weights->key, w->input, w->ldx, w->key, w->ldk, NULL},
        {&weights->value, w->input, w->ldx, w->value, w->ldk, NULL},
    };

    block_linear(context, jobs, 3, rows);
}

/* Qwen 3 and Gemma 3 norm every head, OLMo 2 the whole row. */
static void norm_heads(const struct kernel *kernel, const struct norm *norm, size_t width, float *row)
{
    if (norm->kind == NORM_NONE)
        return;
    for (size_t i = 0; i < width; i += norm->n)
        norm_row(kernel, norm, row + i, row + i);
}

static float score_scale(const struct hparams *hparams, int layer)
{
    double scale = hparams->attention_scale > 0 ? hparams->attention_scale : 1 / sqrt(hparams->head_dim);

    return (float)(hparams->scale_by_layer ? scale / (layer + 1) : scale);
}

/* As the reference rotates and scales in bfloat16: mostly the scores are scaled, later. */
static void prepare_rounded(const struct block_context *context, const struct block_segment *segment, int position,
                            float scale, float *query, float *key)
{
    const struct hparams *p = context->hparams;
    size_t n = (size_t)(p->n_heads * p->head_dim);

    if (context->rounding->scaled_query) {
        context->kernel->scale(n, scale, query, query);
        context->kernel->round(n, query);
    }
    if (segment->rope) {
        bool once = context->rounding->rotary_once;
        rope_rotate_rounded(segment->rope, position, p->n_heads, p->head_dim, once, query);
        rope_rotate_rounded(segment->rope, position, p->n_kv_heads, p->head_dim, once, key);
    }
}

/* Norms, rotates and scales one row's query and key, and files key and value. */
static void prepare_row(const struct block_context *context, int layer, const struct layer_weights *weights,
                        const struct block_segment *segment, int position)
{
    const struct hparams *p = context->hparams;
    struct workspace *w = context->workspace;
    float scale = score_scale(p, layer) * (float)ATTENTION_LOG2E;
    size_t row = segment->row + (size_t)(position - segment->begin), dim = (size_t)p->head_dim;
    float *query = w->query + row * w->ldq, *key = w->key + row * w->ldk;

    norm_heads(context->kernel, &weights->query_norm, (size_t)p->n_heads * dim, query);
    norm_heads(context->kernel, &weights->key_norm, (size_t)p->n_kv_heads * dim, key);
    if (context->kernel->round) {
        prepare_rounded(context, segment, position, score_scale(p, layer), query, key);
    } else if (segment->rope) {
        rope_rotate(segment->rope, position, p->n_heads, p->head_dim, scale, query);
        rope_rotate(segment->rope, position, p->n_kv_heads, p->head_dim, 1.0f, key);
    } else {
        context->kernel->scale((size_t)p->n_heads * dim, scale, query, query);
    }
    cache_put(segment->cache, context->kernel, (size_t)position, key, w->value + row * w->ldk);
}

static void prepare_rows(const struct block_context *context, int layer, const struct layer_weights *weights,
                         const struct block_rows *rows)
{
    double start = profile_now();

    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct block_segment *segment = &rows->segments[s];
#pragma omp parallel for schedule(static)
        for (int t = segment->begin; t < segment->end; t++)
            prepare_row(context, layer, weights, segment, t);
        segment->cache->n_filled = (size_t)segment->end;
    }
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

static int attend(const struct block_context *context, int layer, const struct layer_weights *weights,
                  const struct block_rows *rows, struct error *err)
{
    const struct hparams *p = context->hparams;
    struct workspace *w = context->workspace;
    struct attention_settings settings = {
        .n_heads = (size_t)p->n_heads, .n_kv_heads = (size_t)p->n_kv_heads, .head_dim = (size_t)p->head_dim,
        .window = (size_t)p->window[layer], .softcap = (float)p->attention_softcap, .sinks = weights->sinks,
        .scale = context->rounding->scaled_query ? 1.0f : score_scale(p, layer)};

    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct block_segment *segment = &rows->segments[s];
        w->attention_rows[s] = (struct attention_rows){
            .cache = segment->cache, .begin = (size_t)segment->begin, .end = (size_t)segment->end,
            .query = w->query + segment->row * w->ldq, .ldq = w->ldq,
            .out = w->attended + segment->row * w->ldq, .ldo = w->ldq};
    }
    double start = profile_now();
    int rc = attention_apply(w->attention, context->kernel, &settings, w->attention_rows, rows->n_segments, err);
    profile_add(context->profile, PHASE_ATTENTION, start);
    return rc;
}

/* Samples whose last row is through have their attention complete. */
static void show_attention(const struct block_context *context, int layer, const struct layer_weights *weights,
                           const struct block_rows *rows)
{
    double start = profile_now();

    if (!context->tap || !context->tap->see_attention)
        return;
    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct cache *cache = rows->segments[s].cache;
        struct tap_attention view = {.layer = layer, .sample = rows->segments[s].sample,
                                     .n_tokens = (int)cache->n_tokens, .n_heads = context->hparams->n_heads,
                                     .column_sum = cache->total, .stride = cache->stride,
                                     .learned_sinks = weights->sinks != NULL};
        if (cache->n_filled == cache->n_tokens)
            context->tap->see_attention(context->tap->context, &view);
    }
    profile_add(context->profile, PHASE_STATISTICS, start);
}

static int fail_nonfinite(const struct block_context *context, const struct block_rows *rows, size_t row, int layer,
                          const char *sublayer, struct error *err)
{
    const int32_t *numbers = context->sample_numbers;
    size_t s = 0;

    while (s + 1 < rows->n_segments && rows->segments[s + 1].row <= row)
        s++;
    const struct block_segment *segment = &rows->segments[s];
    return fail(err, "layer %d, sample %d, token %zu: NaN or Inf after the %s (allow_nonfinite = true goes on)", layer,
                numbers ? numbers[segment->sample] : segment->sample, (size_t)segment->begin + row - segment->row,
                sublayer);
}

/* hidden += output, of which a row is ld floats; a sum that is not finite fails. */
static int add_output(const struct block_context *context, int layer, const struct block_rows *rows,
                      const float *output, size_t ld, const char *sublayer, struct error *err)
{
    size_t width = (size_t)context->hparams->n_embd, bad = rows->n_rows;
    double start = profile_now();

#pragma omp parallel for schedule(static) reduction(min : bad)
    for (size_t r = 0; r < rows->n_rows; r++) {
        float *hidden = rows->hidden + r * width;
        context->kernel->add(width, output + r * ld, hidden);
        if (r < bad && !context->kernel->all_finite(width, hidden))
            bad = r;
    }
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
    if (bad < rows->n_rows && !context->allow_nonfinite)
        return fail_nonfinite(context, rows, bad, layer, sublayer, err);
    return 0;
}

/* hidden -> workspace->output: what the attention gives to the residual stream. */
static int attention_sublayer(const struct block_context *context, int layer, const struct layer_weights *weights,
                              const struct block_rows *rows, struct error *err)
{
    const struct hparams *p = context->hparams;
    struct workspace *w = context->workspace;
    size_t width = (size_t)p->n_embd, kv_width = (size_t)(p->n_kv_heads * p->head_dim);
    struct rows span = block_spans(context->kernel, w, rows);
    struct linear_job out = {&weights->output, w->attended, w->ldq, w->output, w->ldx, NULL};

    norm_rows(context, &weights->attention_norm, rows->n_rows, rows->hidden, width, w->input, w->ldx);
    project(context, weights, &span);
    block_show(context, TAP_KEY, layer, rows, w->key, kv_width, w->ldk);
    block_show(context, TAP_VALUE, layer, rows, w->value, kv_width, w->ldk);
    prepare_rows(context, layer, weights, rows);
    if (attend(context, layer, weights, rows, err))
        return -1;
    show_attention(context, layer, weights, rows);
    block_linear(context, &out, 1, &span);
    norm_in_place(context, &weights->attention_post_norm, rows->n_rows, w->output, w->ldx);
    return 0;
}

/* workspace->input -> workspace->output: what the MLP gives to the residual stream. */
static void mlp_sublayer(const struct block_context *context, int layer, const struct layer_weights *weights,
                         const struct block_rows *rows)
{
    struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;
    struct rows span = block_spans(context->kernel, w, rows);

    block_show(context, TAP_MLP_INPUT, layer, rows, w->input, width, w->ldx);
    mlp_apply(context, layer, weights, rows, &span);
    block_show(context, TAP_MLP_DOWN, layer, rows, w->output, width, w->ldx);
    norm_in_place(context, &weights->mlp_post_norm, rows->n_rows, w->output, w->ldx);
}

/* The attention's output where it waits for the MLP's: workspace->attended is free by then. */
static void keep_attention(const struct block_context *context, const struct block_rows *rows)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;
    double start = profile_now();

    assert(width <= w->ldq);
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows->n_rows; r++)
        memcpy(w->attended + r * w->ldq, w->output + r * w->ldx, width * sizeof *w->output);
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

/* workspace->attended, where the attention's output waits, += workspace->output, the MLP's. */
static void add_mlp(const struct block_context *context, const struct block_rows *rows)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;
    double start = profile_now();

#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows->n_rows; r++)
        context->kernel->add(width, w->output + r * w->ldx, w->attended + r * w->ldq);
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

/* Both sublayers see the same stream. The order of the sums is the reference's: the two
 * outputs first. */
static int apply_parallel(const struct block_context *context, int layer, const struct layer_weights *weights,
                          const struct block_rows *rows, struct error *err)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;

    if (attention_sublayer(context, layer, weights, rows, err))
        return -1;
    keep_attention(context, rows);
    norm_rows(context, &weights->mlp_norm, rows->n_rows, rows->hidden, width, w->input, w->ldx);
    mlp_sublayer(context, layer, weights, rows);
    add_mlp(context, rows);
    return add_output(context, layer, rows, w->attended, w->ldq, "attention and the MLP", err);
}

static int apply_sequential(const struct block_context *context, int layer, const struct layer_weights *weights,
                            const struct block_rows *rows, struct error *err)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;

    if (attention_sublayer(context, layer, weights, rows, err))
        return -1;
    if (add_output(context, layer, rows, w->output, w->ldx, "attention", err))
        return -1;
    norm_in_place(context, &weights->attention_stream_norm, rows->n_rows, rows->hidden, width);
    norm_rows(context, &weights->mlp_norm, rows->n_rows, rows->hidden, width, w->input, w->ldx);
    mlp_sublayer(context, layer, weights, rows);
    if (add_output(context, layer, rows, w->output, w->ldx, "MLP", err))
        return -1;
    norm_in_place(context, &weights->mlp_stream_norm, rows->n_rows, rows->hidden, width);
    return 0;
}

int block_apply(const struct block_context *context, int layer, const struct layer_weights *weights,
                const struct block_rows *rows, struct error *err)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;
    bool parallel = context->hparams->parallel_residual;

    if ((parallel ? apply_parallel : apply_sequential)(context, layer, weights, rows, err))
        return -1;
    block_show(context, TAP_HIDDEN, layer, rows, rows->hidden, width, width);
    block_show(context, TAP_MLP_OUTPUT, layer, rows, w->output, width, w->ldx);
    return 0;
}
