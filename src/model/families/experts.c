#include "model/families/experts.h"

#include "base/memory.h"

void experts_begin(struct binder *b, struct layer_weights *w, const char *hf_router, bool bias)
{
    const struct hparams *p = &b->model->hparams;

    w->n_experts = p->n_experts;
    w->experts = xcalloc((size_t)p->n_experts, sizeof *w->experts);
    bind_linear(b, &w->router, hf_router, "ffn_gate_inp", (size_t)p->n_experts, (size_t)p->n_embd, bias);
}

static void bind_down(struct binder *b, struct layer_weights *w, const struct tensor *down)
{
    size_t width = (size_t)b->model->hparams.n_embd, ff = (size_t)b->model->hparams.n_ff_expert;

    for (size_t e = 0; e < (size_t)w->n_experts; e++)
        bind_rows(b, &w->experts[e].down, down, e * width, 1, width, ff);
}

void experts_bind_pairs(struct binder *b, struct layer_weights *w, const struct tensor *gate_up,
                        const struct tensor *down, enum expert_order order)
{
    size_t width = (size_t)b->model->hparams.n_embd, ff = (size_t)b->model->hparams.n_ff_expert;
    size_t up = order == EXPERTS_HALVES ? ff : 1, step = order == EXPERTS_HALVES ? 1 : 2;

    for (size_t e = 0; e < (size_t)w->n_experts; e++) {
        bind_rows(b, &w->experts[e].gate, gate_up, e * 2 * ff, step, ff, width);
        bind_rows(b, &w->experts[e].up, gate_up, e * 2 * ff + up, step, ff, width);
    }
    bind_down(b, w, down);
}

void experts_bind_gguf(struct binder *b, struct layer_weights *w)
{
    size_t n = (size_t)w->n_experts, width = (size_t)b->model->hparams.n_embd;
    size_t ff = (size_t)b->model->hparams.n_ff_expert;
    const struct tensor *down = bind_shared(b, NULL, "ffn_down_exps", ".weight", n * width, ff);

    if (bind_optional(b, NULL, "ffn_gate_up_exps", ".weight")) {
        experts_bind_pairs(b, w, bind_shared(b, NULL, "ffn_gate_up_exps", ".weight", n * 2 * ff, width), down,
                           EXPERTS_HALVES);
        return;
    }
    const struct tensor *gate = bind_shared(b, NULL, "ffn_gate_exps", ".weight", n * ff, width);
    const struct tensor *up = bind_shared(b, NULL, "ffn_up_exps", ".weight", n * ff, width);
    for (size_t e = 0; e < n; e++) {
        bind_rows(b, &w->experts[e].gate, gate, e * ff, 1, ff, width);
        bind_rows(b, &w->experts[e].up, up, e * ff, 1, ff, width);
    }
    bind_down(b, w, down);
}
