#include "model/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/bfloat16.h"
#include "kernel/kernel.h"
#include "model/block.h"
#include "model/embedding.h"
#include "model/norm.h"

/* Rows that pass through a layer together: each slab of weights is widened once a
 * block, so larger blocks pay less for it; the workspace holds this many rows. Whole
 * groups of attention rows, lest tiles be cut. */
enum { BLOCK_ROWS = 5 * ATTENTION_GROUP };

struct forward {
    const struct model *model;
    struct forward_settings settings;
    int32_t *sample_tokens;          /* (n_samples) */
    const struct kernel *kernel;
    int n_layers;                    /* of the range */
    struct layer_weights *weights;   /* (n_layers) */
    struct end_weights ends;
    struct embedding embedding;
    struct workspace workspace;
    struct cache **caches;           /* (n_layers, n_samples), NULL: none yet, or done */
    int32_t *seen;                   /* (n_samples) tokens so far */
    struct rope_table rope, rope_local; /* for any length */
    struct rope_table *length_rope;  /* (n_samples) where frequencies depend on the length */
    struct block_segment *segments;  /* (block rows) */
};

static int longest_sample(const struct forward *f)
{
    int longest = 1;

    for (int s = 0; s < f->settings.n_samples; s++)
        longest = f->sample_tokens[s] > longest ? f->sample_tokens[s] : longest;
    return longest;
}

static size_t rows_of_chunk(int chunk_tokens)
{
    return chunk_tokens < BLOCK_ROWS ? (size_t)chunk_tokens : BLOCK_ROWS;
}

static size_t block_rows(const struct forward *f)
{
    return rows_of_chunk(f->settings.max_chunk_tokens);
}

static struct cache_shape shape_of(const struct hparams *p)
{
    return (struct cache_shape){.n_heads = (size_t)p->n_heads, .n_kv_heads = (size_t)p->n_kv_heads,
                                .head_dim = (size_t)p->head_dim};
}

uint64_t forward_bytes(const struct model *model, int begin, int end, int max_tokens, int chunk_tokens)
{
    const struct hparams *p = &model->hparams;
    struct cache_shape shape = shape_of(p);
    /* A chunk that holds the whole sample needs one layer's cache at a time. */
    size_t n_caches = chunk_tokens >= max_tokens ? 1 : (size_t)(end - begin);
    size_t hidden = (size_t)chunk_tokens * (size_t)p->n_embd * sizeof(float);
    size_t rotary = (size_t)(p->rope.enabled + p->rope_local.enabled) * (size_t)max_tokens *
                    (size_t)p->rope.n_dims * sizeof(float);
    size_t rows = rows_of_chunk(chunk_tokens);

    return n_caches * cache_bytes(&shape, (size_t)max_tokens) + hidden + rotary + embedding_bytes(p, rows) +
           workspace_bytes(p, rows, (size_t)max_tokens);
}

static int bind_weights(struct forward *f, struct error *err)
{
    const struct model *model = f->model;

    if (model->family->bind_ends(model, &f->ends, err))
        return -1;
    for (int l = 0; l < f->n_layers; l++)
        if (model->family->bind_layer(model, f->settings.layer_begin + l, &f->weights[l], err))
            return -1;
    return 0;
}

/* Only the first stage embeds. */
static int make_embedding(struct forward *f, struct error *err)
{
    if (f->settings.layer_begin > 0)
        return 0;
    return embedding_init(&f->embedding, f->kernel, &f->model->hparams, &f->ends, block_rows(f),
                          (size_t)longest_sample(f), err);
}

static int make_rope(struct forward *f, struct error *err)
{
    const struct hparams *p = &f->model->hparams;
    int n = longest_sample(f);

    if (p->rope.enabled && !rope_depends_on_length(&p->rope) && rope_table_init(&f->rope, &p->rope, n, err))
        return -1;
    if (p->rope_local.enabled && rope_table_init(&f->rope_local, &p->rope_local, n, err))
        return -1;
    return 0;
}

struct forward *forward_create(const struct model *model, const struct forward_settings *settings, struct error *err)
{
    struct forward *f = xcalloc(1, sizeof *f);
    size_t n_samples = (size_t)settings->n_samples;

    f->model = model;
    f->settings = *settings;
    f->kernel = settings->precision == PRECISION_BFLOAT16 ? bfloat16_kernel(err) : kernel_select(err);
    f->n_layers = settings->layer_end - settings->layer_begin;
    f->weights = xcalloc((size_t)f->n_layers, sizeof *f->weights);
    f->caches = xcalloc((size_t)f->n_layers * n_samples, sizeof *f->caches);
    f->seen = xcalloc(n_samples, sizeof *f->seen);
    f->length_rope = xcalloc(n_samples, sizeof *f->length_rope);
    f->sample_tokens = xcalloc(n_samples, sizeof *f->sample_tokens);
    memcpy(f->sample_tokens, settings->sample_tokens, n_samples * sizeof *f->sample_tokens);
    f->segments = xcalloc(block_rows(f), sizeof *f->segments);
    if (f->kernel && bind_weights(f, err) == 0 && make_embedding(f, err) == 0 && make_rope(f, err) == 0 &&
        workspace_init(&f->workspace, &model->hparams, block_rows(f), (size_t)longest_sample(f), err) == 0)
        return f;
    forward_destroy(f);
    return NULL;
}

void forward_destroy(struct forward *f)
{
    if (!f)
        return;
    for (int l = 0; l < f->n_layers; l++)
        layer_weights_clear(&f->weights[l]);
    for (int i = 0; i < f->n_layers * f->settings.n_samples; i++)
        cache_destroy(f->caches[i]);
    for (int s = 0; s < f->settings.n_samples; s++)
        rope_table_clear(&f->length_rope[s]);
    end_weights_clear(&f->ends);
    embedding_clear(&f->embedding);
    rope_table_clear(&f->rope);
    rope_table_clear(&f->rope_local);
    workspace_clear(&f->workspace);
    free(f->weights);
    free(f->caches);
    free(f->seen);
    free(f->length_rope);
    free(f->sample_tokens);
    free(f->segments);
    free(f);
}

/* ---- blocks of rows ---- */

static struct cache **cache_slot(const struct forward *f, int layer, int sample)
{
    return &f->caches[layer * f->settings.n_samples + sample];
}

static int open_caches(const struct forward *f, int layer, struct block_rows *rows, struct error *err)
{
    struct cache_shape shape = shape_of(&f->model->hparams);

    for (size_t s = 0; s < rows->n_segments; s++) {
        struct block_segment *segment = &f->segments[s];
        struct cache **cache = cache_slot(f, layer, segment->sample);
        if (!*cache && !(*cache = cache_create(&shape, (size_t)f->sample_tokens[segment->sample], err)))
            return -1;
        segment->cache = *cache;
    }
    return 0;
}

static void close_caches(const struct forward *f, int layer, const struct block_rows *rows)
{
    for (size_t s = 0; s < rows->n_segments; s++) {
        const struct block_segment *segment = &rows->segments[s];
        if (segment->end < f->sample_tokens[segment->sample])
            continue;
        cache_destroy(segment->cache);
        *cache_slot(f, layer, segment->sample) = NULL;
    }
}

static const struct rope_table *segment_rope(const struct forward *f, int layer, int sample)
{
    const struct hparams *p = &f->model->hparams;

    if (p->rope_local.enabled && p->window[layer] > 0)
        return &f->rope_local;
    if (!p->rope.enabled)
        return NULL;
    return rope_depends_on_length(&p->rope) ? &f->length_rope[sample] : &f->rope;
}

/* Cuts the chunk's rows [first, first + n) into the block's segments. */
static struct block_rows cut_block(const struct forward *f, const struct chunk *chunk, size_t first, size_t n,
                                   float *hidden)
{
    struct block_rows rows = {.segments = f->segments, .n_rows = n,
                              .hidden = hidden + first * (size_t)f->model->hparams.n_embd};
    size_t at = 0; /* row of the segment's begin in the chunk */

    for (int s = 0; s < chunk->n_segments; s++) {
        const struct segment *segment = &chunk->segments[s];
        size_t length = (size_t)(segment->end - segment->begin);
        size_t lo = at > first ? at : first, hi = at + length < first + n ? at + length : first + n;
        if (lo < hi)
            f->segments[rows.n_segments++] = (struct block_segment){
                .sample = segment->sample, .begin = segment->begin + (int)(lo - at),
                .end = segment->begin + (int)(hi - at), .row = lo - first};
        at += length;
    }
    return rows;
}

static int check_ids(const struct forward *f, const struct chunk *chunk, const int32_t *ids, struct error *err)
{
    for (int i = 0; i < chunk->n_tokens; i++)
        if (ids[i] < 0 || ids[i] >= f->model->hparams.n_vocab)
            return fail(err, "token id %d is outside the vocabulary of %d", ids[i], f->model->hparams.n_vocab);
    return 0;
}

static int embed(const struct forward *f, const struct chunk *chunk, const int32_t *ids, float *hidden,
                 struct error *err)
{
    size_t n_tokens = (size_t)chunk->n_tokens, block = block_rows(f);

    if (check_ids(f, chunk, ids, err))
        return -1;
    for (size_t first = 0; first < n_tokens; first += block) {
        struct block_rows rows = cut_block(f, chunk, first, n_tokens - first < block ? n_tokens - first : block, hidden);
        embedding_apply(&f->embedding, &f->workspace, &rows, ids + first);
    }
    return 0;
}

static void show_final(const struct forward *f, const struct block_context *context, const struct block_rows *rows)
{
    const struct hparams *p = &f->model->hparams;
    const struct workspace *w = &f->workspace;
    size_t width = (size_t)p->n_embd;

    if (f->ends.final_norm.kind == NORM_NONE) {
        block_show(context, TAP_HIDDEN_FINAL, p->n_layers, rows, rows->hidden, width, width);
        return;
    }
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows->n_rows; r++)
        norm_row(f->kernel, &f->ends.final_norm, rows->hidden + r * width, w->output + r * w->ldx);
    block_show(context, TAP_HIDDEN_FINAL, p->n_layers, rows, w->output, width, w->ldx);
}

static int run_block(struct forward *f, int layer, const struct chunk *chunk, size_t first, size_t n, float *hidden,
                     struct error *err)
{
    const struct hparams *p = &f->model->hparams;
    int model_layer = f->settings.layer_begin + layer;
    struct block_rows rows = cut_block(f, chunk, first, n, hidden);
    struct block_context context = {.kernel = f->kernel, .hparams = p,
                                    .rounding = &f->model->family->rounding, .tap = f->settings.tap,
                                    .workspace = &f->workspace, .profile = f->settings.profile,
                                    .allow_nonfinite = f->settings.allow_nonfinite,
                                    .sample_numbers = f->settings.sample_numbers};

    if (open_caches(f, layer, &rows, err))
        return -1;
    for (size_t s = 0; s < rows.n_segments; s++)
        f->segments[s].rope = segment_rope(f, model_layer, f->segments[s].sample);
    if (block_apply(&context, model_layer, &f->weights[layer], &rows, err))
        return -1;
    if (model_layer == p->n_layers - 1 && f->settings.final_norm)
        show_final(f, &context, &rows);
    close_caches(f, layer, &rows);
    return 0;
}

/* ---- chunks ---- */

static int begin_samples(struct forward *f, const struct chunk *chunk, struct error *err)
{
    const struct rope *rope = &f->model->hparams.rope;

    for (int s = 0; s < chunk->n_segments; s++) {
        const struct segment *segment = &chunk->segments[s];
        struct rope_table *table = &f->length_rope[segment->sample];
        if (segment->begin != f->seen[segment->sample] || segment->end > f->sample_tokens[segment->sample])
            return fail(err, "chunk has tokens %d to %d of sample %d, expected from %d", segment->begin,
                        segment->end, segment->sample, f->seen[segment->sample]);
        f->seen[segment->sample] = segment->end;
        if (rope->enabled && rope_depends_on_length(rope) && !table->cosine &&
            rope_table_init(table, rope, f->sample_tokens[segment->sample], err))
            return -1;
    }
    return 0;
}

/* Samples that are through need their tables no longer. */
static void end_samples(struct forward *f, const struct chunk *chunk)
{
    for (int s = 0; s < chunk->n_segments; s++)
        if (chunk->segments[s].end == f->sample_tokens[chunk->segments[s].sample])
            rope_table_clear(&f->length_rope[chunk->segments[s].sample]);
}

int forward_chunk(struct forward *f, const struct chunk *chunk, const int32_t *ids, float *hidden, struct error *err)
{
    size_t n_tokens = (size_t)chunk->n_tokens, block = block_rows(f);

    if (begin_samples(f, chunk, err))
        return -1;
    if (f->settings.layer_begin == 0 && embed(f, chunk, ids, hidden, err))
        return -1;
    for (int layer = 0; layer < f->n_layers; layer++)
        for (size_t first = 0; first < n_tokens; first += block) {
            size_t n = n_tokens - first < block ? n_tokens - first : block;
            if (run_block(f, layer, chunk, first, n, hidden, err))
                return -1;
        }
    end_samples(f, chunk);
    return 0;
}
