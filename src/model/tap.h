/* Where the forward pass shows its intermediates to an observer. Views are
 * borrowed and valid during the call; rows are tokens of one sample. Calls for one
 * layer come in the order of the sites; the caller's thread makes them all. */
#ifndef SINKGRID_MODEL_TAP_H
#define SINKGRID_MODEL_TAP_H

#include <stdbool.h>
#include <stddef.h>

enum tap_site {
    TAP_KEY,          /* (n, K * head_dim) key projection, before RoPE and key norm */
    TAP_VALUE,        /* (n, K * head_dim) value projection */
    TAP_MLP_INPUT,    /* (n, D) what enters the MLP's first linear map */
    TAP_MLP_GATE,     /* (n, F) gated MLPs only */
    TAP_MLP_UP,       /* (n, F) */
    TAP_MLP_ACT,      /* (n, F) the activation's output */
    TAP_MLP_PRODUCT,  /* (n, F) act x up, gated MLPs only */
    TAP_MLP_DOWN,     /* (n, D) the last linear map's output, before a post-norm; MoE: the weighted sum */
    TAP_HIDDEN,       /* (n, D) residual stream after the layer */
    TAP_MLP_OUTPUT,   /* (n, D) what the MLP added to it: shown after it, so that both are known */
    TAP_HIDDEN_FINAL, /* (n, D) after the final norm; layer is n_layers */
    TAP_ATTENTION,    /* column sums of a whole sample, once its last row is through: see below */
    N_TAP_SITES
};

struct tap_rows {
    enum tap_site site;
    int layer;
    int sample;          /* slot */
    int begin, end;      /* token positions of the rows */
    const float *rows;   /* (end - begin, width), row stride `stride` floats */
    size_t width, stride;
};

struct tap_attention {
    int layer;
    int sample;               /* slot */
    int n_tokens, n_heads;
    const float *column_sum;  /* (n_heads, n_tokens): sum over rows i of A[i, t]; row stride `stride` */
    size_t stride;
    bool learned_sinks;        /* column n_tokens of column_sum is the learned sink's probability summed */
};

/* An observer. Either function may be NULL. */
struct tap {
    void *context;
    void (*see_rows)(void *context, const struct tap_rows *view);
    void (*see_attention)(void *context, const struct tap_attention *view);
};

#endif
