#include "model/mlp.h"

#include <math.h>

#include "base/bf16.h"
#include "model/moe.h"

static void gelu_erf(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.70710678f));
}

/* GPT-2's activation as single operations, each of them rounded. */
static void gelu_new_rounded(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        float cube = bf16_round(bf16_round(x[i] * x[i]) * x[i]);
        float inner = bf16_round(x[i] + bf16_round(0.044715f * cube));
        float t = bf16_round(tanhf(bf16_round(0.79788456f * inner)));
        y[i] = bf16_round(bf16_round(0.5f * x[i]) * bf16_round(1.0f + t));
    }
}

static void relu(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

void activation_apply(const struct kernel *kernel, enum activation activation, size_t n, const float *x, float *y)
{
    switch (activation) {
    case ACTIVATION_SILU:
        kernel->silu(n, x, y);
        break;
    case ACTIVATION_GELU_TANH:
        kernel->gelu_tanh(n, x, y);
        break;
    case ACTIVATION_GELU_NEW:
        (kernel->round ? gelu_new_rounded : kernel->gelu_tanh)(n, x, y);
        break;
    case ACTIVATION_GELU_ERF:
        gelu_erf(n, x, y);
        break;
    case ACTIVATION_RELU:
        relu(n, x, y);
        break;
    }
    if (kernel->round)
        kernel->round(n, y);
}

static void gated(const struct block_context *context, const struct layer_weights *weights, const struct rows *span)
{
    struct workspace *w = context->workspace;
    size_t width = weights->up.n_out;
    struct linear_job jobs[] = {
        {&weights->gate, w->input, w->ldx, w->gate, w->ldf, NULL},
        {&weights->up, w->input, w->ldx, w->up, w->ldf, NULL},
    };
    struct linear_job down = {&weights->down, w->product, w->ldf, w->output, w->ldx, NULL};

    block_linear(context, jobs, 2, span);
    double start = profile_now();
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < span->n; r++) {
        size_t at = r * w->ldf;
        activation_apply(context->kernel, context->hparams->activation, width, w->gate + at, w->act + at);
        context->kernel->multiply_rows(width, w->act + at, w->up + at, w->product + at);
    }
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
    block_linear(context, &down, 1, span);
}

static void ungated(const struct block_context *context, const struct layer_weights *weights, const struct rows *span)
{
    struct workspace *w = context->workspace;
    size_t width = weights->up.n_out;
    struct linear_job up = {&weights->up, w->input, w->ldx, w->up, w->ldf, NULL};
    struct linear_job down = {&weights->down, w->act, w->ldf, w->output, w->ldx, NULL};

    block_linear(context, &up, 1, span);
    double start = profile_now();
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < span->n; r++)
        activation_apply(context->kernel, context->hparams->activation, width, w->up + r * w->ldf, w->act + r * w->ldf);
    profile_add(context->profile, PHASE_ELEMENTWISE, start);
    block_linear(context, &down, 1, span);
}

/* The intermediates of an MLP that is no mixture. */
static void show(const struct block_context *context, int layer, bool is_gated, size_t width,
                 const struct block_rows *rows)
{
    const struct workspace *w = context->workspace;

    if (is_gated)
        block_show(context, TAP_MLP_GATE, layer, rows, w->gate, width, w->ldf);
    block_show(context, TAP_MLP_UP, layer, rows, w->up, width, w->ldf);
    block_show(context, TAP_MLP_ACT, layer, rows, w->act, width, w->ldf);
    if (is_gated)
        block_show(context, TAP_MLP_PRODUCT, layer, rows, w->product, width, w->ldf);
}

void mlp_apply(const struct block_context *context, int layer, const struct layer_weights *weights,
               const struct block_rows *rows, const struct rows *span)
{
    bool is_gated = weights->gate.tensor != NULL;

    if (weights->n_experts > 0) {
        moe_apply(context, weights, rows, span);
        return;
    }
    (is_gated ? gated : ungated)(context, weights, span);
    show(context, layer, is_gated, weights->up.n_out, rows);
}
