/* Hyper-parameters of a decoder, from config.json (old and new spelling) or GGUF
 * metadata. Letters: D width, H query heads, K key/value heads, F MLP width,
 * V vocabulary, L layers. */
#ifndef SINKGRID_MODEL_HPARAMS_H
#define SINKGRID_MODEL_HPARAMS_H

#include <stdbool.h>

#include "base/error.h"
#include "weights/weights.h"

enum activation { ACTIVATION_SILU, ACTIVATION_GELU_TANH, ACTIVATION_GELU_ERF, ACTIVATION_RELU };

enum rope_scaling {
    ROPE_SCALING_NONE,
    ROPE_SCALING_LINEAR,
    ROPE_SCALING_DYNAMIC,
    ROPE_SCALING_LLAMA3,
    ROPE_SCALING_LONGROPE,
    ROPE_SCALING_YARN,
};

enum { MAX_LAYERS = 512 };

/* One rotary embedding; Gemma 3 has two. */
struct rope {
    bool enabled;
    double theta;              /* base */
    int n_dims;                /* rotary dimensions, <= head_dim */
    enum rope_scaling scaling;
    double factor;             /* linear, dynamic, llama3, yarn */
    int original_positions;    /* dynamic, llama3, longrope, yarn */
    double low_freq_factor, high_freq_factor;          /* llama3 */
    double beta_fast, beta_slow;                       /* yarn */
    double mscale, mscale_all_dim;                     /* yarn; 0: absent */
    bool truncate;                                     /* yarn: correction range rounded to integers */
    double attention_factor;   /* multiplies cos and sin; 0: by the scaling's own formula */
    float *short_factor, *long_factor;                 /* longrope, (n_dims / 2), owned */
    int n_short, n_long;                               /* their lengths */
};

struct hparams {
    char architecture[64];     /* Hugging Face's name, e.g. "LlamaForCausalLM" */
    int n_layers, n_embd;      /* L, D */
    int n_heads, n_kv_heads;   /* H, K */
    int head_dim;
    int n_ff;                  /* F; of one expert where MoE */
    int n_vocab;
    int n_positions;           /* positions the model was made for */
    double norm_eps;
    enum activation activation;
    bool gated_mlp;            /* act(gate) x up; else act(up) */
    struct rope rope, rope_local; /* rope_local: sliding layers of Gemma 3 */
    int window[MAX_LAYERS];    /* per layer: 0 none, else key j is visible from row i if i - j < window */
    bool tied_embedding;
    int bos, eos;              /* -1: unknown */
    bool interleaved_rope;     /* Q and K rows as GGUF's Llama permutes them */
    double attention_scale;    /* multiplies Q K^T; 0: 1 / sqrt(head_dim) */
    double attention_softcap;  /* 0: none */
    double embedding_scale;    /* 1: none */
    int n_experts, n_experts_used;
    bool norm_topk;            /* MoE: renormalize the chosen experts' weights */
    bool moe_layer[MAX_LAYERS];
    double swiglu_limit;       /* gpt-oss; 0: none */
    bool parallel_residual;    /* GPT-NeoX */
};

/* Fills hparams by the family that the file names; checked for consistency
 * (positive sizes, heads divide, within limits). hparams_clear frees the factors. */
int hparams_read(struct hparams *hparams, const struct weights *weights, struct error *err);
void hparams_clear(struct hparams *hparams);

#endif
