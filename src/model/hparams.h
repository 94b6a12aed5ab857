/* Hyper-parameters of a decoder, from config.json (old and new spelling) or GGUF
 * metadata. Letters: D width, H query heads, K key/value heads, F MLP width,
 * V vocabulary, L layers. */
#ifndef SINKGRID_MODEL_HPARAMS_H
#define SINKGRID_MODEL_HPARAMS_H

#include <stdbool.h>

#include "base/error.h"
#include "weights/weights.h"

/* The two that approximate GELU by tanh differ in where a bfloat16 forward rounds. */
enum activation {
    ACTIVATION_SILU,
    ACTIVATION_GELU_TANH,
    ACTIVATION_GELU_NEW,
    ACTIVATION_GELU_ERF,
    ACTIVATION_RELU
};

enum rope_scaling {
    ROPE_SCALING_NONE,
    ROPE_SCALING_LINEAR,
    ROPE_SCALING_DYNAMIC,
    ROPE_SCALING_LLAMA3,
    ROPE_SCALING_LONGROPE,
    ROPE_SCALING_YARN,
    ROPE_SCALING_FACTORS, /* GGUF's rope_freqs: Llama 3.1's scaling as a factor a frequency (short_factor) */
};

enum { MAX_LAYERS = 512 };

/* One rotary embedding; Gemma 3 has two. */
struct rope {
    bool enabled;
    double theta;              /* base */
    int n_dims;                /* rotary dimensions; an odd number has (n_dims + 1) / 2 pairs, as in transformers */
    enum rope_scaling scaling;
    double factor;             /* 0 in a file: positions over original positions (longrope, yarn) */
    int original_positions;    /* dynamic, llama3, longrope, yarn */
    double low_freq_factor, high_freq_factor;          /* llama3 */
    double beta_fast, beta_slow;                       /* yarn */
    double mscale, mscale_all_dim;                     /* yarn; 0: absent */
    bool truncate;                                     /* yarn: correction range rounded to integers */
    double attention_factor;   /* multiplies cos and sin; 0: by the scaling's own formula */
    float *short_factor, *long_factor;                 /* longrope, (pairs), owned */
    int n_short, n_long;                               /* their lengths */
};

struct hparams {
    char architecture[64];     /* Hugging Face's name, e.g. "LlamaForCausalLM" */
    int n_layers, n_embd;      /* L, D */
    int n_heads, n_kv_heads;   /* H, K */
    int head_dim;
    int n_ff;                  /* F of layers that are no MoE */
    int n_ff_expert;           /* F of one expert */
    int n_vocab;
    int n_embd_in;             /* width of the embedding table: D but for OPT-350m */
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
    bool scale_by_layer;       /* GPT-2's scale_attn_by_inverse_layer_idx: divided by layer + 1, too */
    double attention_softcap;  /* 0: none */
    double embedding_scale;    /* 1: none */
    int n_experts, n_experts_used;
    bool softmax_chosen;       /* MoE: softmax over the chosen experts' logits (gpt-oss), not over all */
    bool norm_topk;            /* MoE: renormalize the chosen experts' weights */
    bool moe_layer[MAX_LAYERS];
    double swiglu_limit, swiglu_alpha; /* gpt-oss' clamped SwiGLU; limit 0: none */
    bool parallel_residual;    /* GPT-NeoX: attention and MLP both start from the layer's input */
    bool norm_after;           /* OPT-350m: norms act on the residual stream behind each sublayer */
    bool no_final_norm;
    bool norm_affine;          /* norms have weights (OPT may lack them) */
    /* What config.json says of biases; where there are tensors, these decide. */
    bool qkv_bias, output_bias, mlp_bias;
};

/* Fills hparams by the family that the file names; checked for consistency
 * (positive sizes, heads divide, within limits). hparams_clear frees the factors. */
int hparams_read(struct hparams *hparams, const struct weights *weights, struct error *err);
void hparams_clear(struct hparams *hparams);

#endif
