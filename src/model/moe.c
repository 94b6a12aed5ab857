#include "model/moe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bf16.h"
#include "base/memory.h"
#include "model/mlp.h"

/* Rows are gathered expert by expert, so that each expert's weights are read once
 * for all of its rows; experts follow each other in batches that fill the buffers. */
struct moe_space {
    size_t n_experts, n_used;  /* E; experts that a row goes through */
    size_t capacity;           /* gathered rows that the buffers hold */
    size_t ldr, ldx, ldf;      /* strides of rows of E, D, F */
    float *logits;             /* (max_rows, ldr) */
    float *gathered;           /* (capacity, ldx) the experts' input, then their output */
    float *gate, *up;          /* (capacity, ldf) */
    int *chosen;               /* (max_rows, n_used) experts of a row, ascending */
    float *weight;             /* (max_rows, n_used) */
    size_t *entry;             /* (max_rows, n_used) where a row's choice stands in the experts' order */
    size_t *row;               /* (max_rows * n_used) of an entry: rows in the experts' order */
    size_t *first;             /* (n_experts + 1) entries of expert e: first[e] ... first[e + 1] - 1 */
    size_t *position;          /* (max_rows) of a row in its sample */
    struct linear_job *jobs;   /* (2 * n_experts) */
    struct rows *job_rows;     /* (n_experts) */
    struct row_span *spans;    /* (capacity) */
};

/* The experts of a batch and where their entries begin. */
struct batch {
    size_t begin, end;
    size_t first, n;
};

static size_t capacity_of(const struct hparams *p, size_t max_rows)
{
    return p->n_experts_used > 1 ? 2 * max_rows : max_rows; /* all rows of one expert fit */
}

static size_t stride_of(int width)
{
    return kernel_pad((size_t)width);
}

static size_t float_count(const struct hparams *p, size_t max_rows, size_t ldx)
{
    return max_rows * stride_of(p->n_experts) + capacity_of(p, max_rows) * (ldx + 2 * stride_of(p->n_ff_expert));
}

size_t moe_space_bytes(const struct hparams *p, size_t max_rows, size_t ldx)
{
    size_t choices = max_rows * (size_t)p->n_experts_used;

    return float_count(p, max_rows, ldx) * sizeof(float) +
           choices * (sizeof(int) + sizeof(float) + 2 * sizeof(size_t)) + max_rows * sizeof(size_t) +
           capacity_of(p, max_rows) * sizeof(struct row_span) +
           (size_t)p->n_experts * (2 * sizeof(struct linear_job) + sizeof(struct rows) + sizeof(size_t));
}

struct moe_space *moe_space_create(const struct hparams *p, size_t max_rows, size_t ldx, struct error *err)
{
    struct moe_space *s = xcalloc(1, sizeof *s);
    size_t n_experts = (size_t)p->n_experts, choices = max_rows * (size_t)p->n_experts_used;

    *s = (struct moe_space){.n_experts = n_experts, .n_used = (size_t)p->n_experts_used,
                            .capacity = capacity_of(p, max_rows), .ldr = stride_of(p->n_experts), .ldx = ldx,
                            .ldf = stride_of(p->n_ff_expert)};
    s->logits = float_alloc(float_count(p, max_rows, ldx), "workspace of the experts", err);
    if (!s->logits) {
        free(s);
        return NULL;
    }
    s->gathered = s->logits + max_rows * s->ldr;
    s->gate = s->gathered + s->capacity * s->ldx;
    s->up = s->gate + s->capacity * s->ldf;
    s->chosen = xcalloc(choices, sizeof *s->chosen);
    s->weight = xcalloc(choices, sizeof *s->weight);
    s->entry = xcalloc(choices, sizeof *s->entry);
    s->row = xcalloc(choices, sizeof *s->row);
    s->first = xcalloc(n_experts + 1, sizeof *s->first);
    s->position = xcalloc(max_rows, sizeof *s->position);
    s->jobs = xcalloc(2 * n_experts, sizeof *s->jobs);
    s->job_rows = xcalloc(n_experts, sizeof *s->job_rows);
    s->spans = xcalloc(s->capacity, sizeof *s->spans);
    return s;
}

void moe_space_destroy(struct moe_space *s)
{
    if (!s)
        return;
    float_free(s->logits); /* the first part of the one allocation */
    free(s->chosen);
    free(s->weight);
    free(s->entry);
    free(s->row);
    free(s->first);
    free(s->position);
    free(s->jobs);
    free(s->job_rows);
    free(s->spans);
    free(s);
}

/* ---- routing ---- */

static bool is_chosen(const int *chosen, size_t n, size_t expert)
{
    for (size_t j = 0; j < n; j++)
        if ((size_t)chosen[j] == expert)
            return true;
    return false;
}

/* The n_used largest logits, those of equal ones with the lowest numbers; ascending numbers. */
static void choose_experts(const struct moe_space *s, const float *logits, int *chosen)
{
    for (size_t n = 0; n < s->n_used; n++) {
        size_t best = s->n_experts, at = n;
        for (size_t e = 0; e < s->n_experts; e++)
            if (!is_chosen(chosen, n, e) && (best == s->n_experts || logits[e] > logits[best]))
                best = e;
        for (; at > 0 && (size_t)chosen[at - 1] > best; at--)
            chosen[at] = chosen[at - 1];
        chosen[at] = (int)best;
    }
}

static const float log2_e = 1.44269504f; /* the kernel's exponential is of base 2 */

/* Softmax over all experts, or over the chosen ones; logits become exponentials. */
static void weigh_experts(const struct kernel *kernel, const struct hparams *p, const struct moe_space *s,
                          float *logits, const int *chosen, float *weight)
{
    float chosen_sum = 0;

    for (size_t e = 0; e < s->n_experts; e++)
        logits[e] *= log2_e;
    float all_sum = kernel->exp2_shifted(s->n_experts, kernel->largest(s->n_experts, logits), logits);
    for (size_t j = 0; j < s->n_used; j++)
        chosen_sum += logits[chosen[j]];
    for (size_t j = 0; j < s->n_used; j++)
        weight[j] = logits[chosen[j]] / (p->softmax_chosen || p->norm_topk ? chosen_sum : all_sum);
    if (kernel->round)
        kernel->round(s->n_used, weight);
}

static void route(const struct block_context *context, const struct layer_weights *weights, const struct rows *span)
{
    const struct workspace *w = context->workspace;
    struct moe_space *s = w->moe;
    struct linear_job job = {&weights->router, w->input, w->ldx, s->logits, s->ldr, NULL};

    block_linear(context, &job, 1, span);
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < span->n; r++) {
        int *chosen = s->chosen + r * s->n_used;
        choose_experts(s, s->logits + r * s->ldr, chosen);
        weigh_experts(context->kernel, context->hparams, s, s->logits + r * s->ldr, chosen,
                      s->weight + r * s->n_used);
    }
}

/* Puts the rows' choices in the order of the experts, rows ascending. */
static void sort_choices(struct moe_space *s, size_t n_rows)
{
    size_t n = n_rows * s->n_used;

    memset(s->first, 0, (s->n_experts + 1) * sizeof *s->first);
    for (size_t i = 0; i < n; i++)
        s->first[s->chosen[i] + 1]++;
    for (size_t e = 0; e < s->n_experts; e++)
        s->first[e + 1] += s->first[e];
    for (size_t i = 0; i < n; i++) {
        s->entry[i] = s->first[s->chosen[i]]++; /* runs to the expert's end ... */
        s->row[s->entry[i]] = i / s->n_used;
    }
    for (size_t e = s->n_experts; e > 0; e--) /* ... and is moved back */
        s->first[e] = s->first[e - 1];
    s->first[0] = 0;
}

static void find_positions(struct moe_space *s, const struct block_rows *rows)
{
    for (size_t i = 0; i < rows->n_segments; i++) {
        const struct block_segment *segment = &rows->segments[i];
        for (int t = segment->begin; t < segment->end; t++)
            s->position[segment->row + (size_t)(t - segment->begin)] = (size_t)t;
    }
}

/* ---- experts ---- */

static struct batch next_batch(const struct moe_space *s, size_t begin)
{
    struct batch batch = {.begin = begin, .end = begin, .first = s->first[begin]};

    while (batch.end < s->n_experts && s->first[batch.end + 1] - batch.first <= s->capacity)
        batch.end++;
    batch.n = s->first[batch.end] - batch.first;
    return batch;
}

static void gather(const struct moe_space *s, const struct batch *batch, const struct workspace *w, size_t width)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < batch->n; i++)
        memcpy(s->gathered + i * s->ldx, w->input + s->row[batch->first + i] * w->ldx, width * sizeof(float));
}

/* The spans of an expert's n rows, which begin at row `at` of the batch: one, or where bits depend on a
 * row's place in its sample, one each. */
static struct rows expert_rows(const struct kernel *kernel, const struct moe_space *s, const struct batch *batch,
                               size_t at, size_t n)
{
    struct row_span *spans = s->spans + at;

    spans[0] = (struct row_span){.n = n};
    for (size_t i = 0; kernel->fixed_shapes && i < n; i++)
        spans[i] = (struct row_span){.row = i, .n = 1, .position = s->position[s->row[batch->first + at + i]]};
    return (struct rows){.n = n, .spans = spans, .n_spans = kernel->fixed_shapes ? n : 1};
}

static void first_maps(const struct block_context *context, const struct moe_space *s, const struct batch *batch,
                       const struct expert *experts)
{
    size_t n_jobs = 0;

    for (size_t e = batch->begin; e < batch->end; e++) {
        size_t at = s->first[e] - batch->first, n = s->first[e + 1] - s->first[e];
        const float *x = s->gathered + at * s->ldx;
        if (n == 0)
            continue;
        s->job_rows[e] = expert_rows(context->kernel, s, batch, at, n);
        s->jobs[n_jobs++] = (struct linear_job){&experts[e].gate, x, s->ldx, s->gate + at * s->ldf, s->ldf,
                                                &s->job_rows[e]};
        s->jobs[n_jobs++] = (struct linear_job){&experts[e].up, x, s->ldx, s->up + at * s->ldf, s->ldf,
                                                &s->job_rows[e]};
    }
    block_linear(context, s->jobs, n_jobs, NULL);
}

static void last_maps(const struct block_context *context, const struct moe_space *s, const struct batch *batch,
                      const struct expert *experts)
{
    size_t n_jobs = 0;

    for (size_t e = batch->begin; e < batch->end; e++) {
        size_t at = s->first[e] - batch->first;
        if (s->first[e + 1] > s->first[e])
            s->jobs[n_jobs++] = (struct linear_job){&experts[e].down, s->gate + at * s->ldf, s->ldf,
                                                    s->gathered + at * s->ldx, s->ldx, &s->job_rows[e]};
    }
    block_linear(context, s->jobs, n_jobs, NULL);
}

/* gpt-oss: (up + 1) gate sigmoid(alpha gate), gate cut at limit, up at +-limit. */
static void clamped_swiglu(const struct kernel *kernel, const struct hparams *p, size_t n, float *gate, float *up)
{
    float limit = (float)p->swiglu_limit, alpha = (float)p->swiglu_alpha;

    for (size_t i = 0; i < n; i++) {
        gate[i] = alpha * (gate[i] > limit ? limit : gate[i]);
        up[i] = (up[i] > limit ? limit : up[i] < -limit ? -limit : up[i]) + 1.0f;
    }
    kernel->silu(n, gate, gate);
    for (size_t i = 0; i < n; i++)
        gate[i] *= up[i] / alpha;
}

/* The same as single operations in bfloat16, each of them rounded. */
static void clamped_swiglu_rounded(const struct hparams *p, size_t n, float *gate, float *up)
{
    float limit = (float)p->swiglu_limit, alpha = (float)p->swiglu_alpha;

    for (size_t i = 0; i < n; i++) {
        float g = gate[i] > limit ? limit : gate[i], u = up[i] > limit ? limit : up[i] < -limit ? -limit : up[i];
        float sigmoid = bf16_round(1.0f / (1.0f + expf(-bf16_round(g * alpha))));
        gate[i] = bf16_round(bf16_round(u + 1.0f) * bf16_round(g * sigmoid));
    }
}

static void activate_rows(const struct block_context *context, const struct moe_space *s, size_t n_rows)
{
    const struct hparams *p = context->hparams;
    size_t width = (size_t)p->n_ff_expert;
    double start = profile_now();

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_rows; i++) {
        float *gate = s->gate + i * s->ldf, *up = s->up + i * s->ldf;
        if (p->swiglu_limit > 0 && context->kernel->round) {
            clamped_swiglu_rounded(p, width, gate, up);
        } else if (p->swiglu_limit > 0) {
            clamped_swiglu(context->kernel, p, width, gate, up);
        } else {
            activation_apply(context->kernel, p->activation, width, gate, gate);
            context->kernel->multiply_rows(width, gate, up, gate);
        }
    }
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

/* output += the batch's share of every row, experts ascending. */
static void scatter(const struct block_context *context, const struct moe_space *s, const struct batch *batch,
                    size_t n_rows)
{
    const struct workspace *w = context->workspace;
    size_t width = (size_t)context->hparams->n_embd;
    double start = profile_now();

#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = r * s->n_used; i < (r + 1) * s->n_used; i++) {
            size_t expert = (size_t)s->chosen[i];
            if (expert >= batch->begin && expert < batch->end)
                context->kernel->add_scaled(width, s->weight[i], s->gathered + (s->entry[i] - batch->first) * s->ldx,
                                            w->output + r * w->ldx);
        }
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
}

void moe_apply(const struct block_context *context, const struct layer_weights *weights, const struct block_rows *rows,
               const struct rows *span)
{
    struct workspace *w = context->workspace;
    struct moe_space *s = w->moe;
    size_t width = (size_t)context->hparams->n_embd;

    route(context, weights, span);
    sort_choices(s, span->n);
    find_positions(s, rows);
    for (size_t r = 0; r < span->n; r++)
        memset(w->output + r * w->ldx, 0, width * sizeof *w->output);
    for (struct batch batch = {0}; batch.end < s->n_experts;) {
        batch = next_batch(s, batch.end);
        gather(s, &batch, w, width);
        first_maps(context, s, &batch, weights->experts);
        activate_rows(context, s, batch.n);
        last_maps(context, s, &batch, weights->experts);
        scatter(context, s, &batch, span->n);
    }
}
