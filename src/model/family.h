/* Architectures as data: where a layer's weights lie in a file, and which of the
 * optional parts of the block an architecture has. A family is one file in
 * families/ and one row in family.c. */
#ifndef SINKGRID_MODEL_FAMILY_H
#define SINKGRID_MODEL_FAMILY_H

#include <stdbool.h>

#include "model/linear.h"
#include "model/model.h"

enum norm_kind { NORM_NONE, NORM_RMS, NORM_LAYER };

struct norm {
    enum norm_kind kind;
    float eps;
    float offset;       /* Gemma stores w - 1: 1 there, else 0 */
    bool round_once;    /* bfloat16: after the weight only */
    size_t n;
    float *weight;      /* (n) owned */
    float *bias;        /* (n) owned, or NULL */
};

struct expert {
    struct linear gate, up, down;
};

/* What has been bound: elements, and the bytes that they take in the files (a
 * guess where config.json stands alone). */
struct weight_sums {
    bool counting; /* set before binding: count only, read nothing */
    uint64_t n_elements, bytes;
};

/* One layer; absent parts have tensor NULL or kind NORM_NONE. */
struct layer_weights {
    struct weight_sums sums;
    struct norm attention_norm, attention_post_norm; /* before Q, K, V; on the attention's output */
    struct norm mlp_norm, mlp_post_norm;
    struct norm attention_stream_norm, mlp_stream_norm; /* on the residual stream behind the sublayer (OPT-350m) */
    struct norm query_norm, key_norm;  /* over a head, or over all heads (norm.n tells) */
    struct linear query, key, value, output;
    float *sinks;                      /* (H) learned sink logits, owned, or NULL */
    struct linear gate, up, down;      /* no gate: act(up) */
    struct linear router;              /* present: MoE */
    struct expert *experts;            /* (n_experts) owned */
    int n_experts;
};
void layer_weights_clear(struct layer_weights *weights);

/* What lies before the first and behind the last layer. */
struct end_weights {
    struct weight_sums sums;           /* without the output matrix, which is never used */
    const struct tensor *embedding;    /* (V, E); E = D but for OPT-350m */
    const struct tensor *positions;    /* learned positions (n, D), or NULL */
    int position_offset;               /* OPT: 2 */
    struct linear project_in;          /* OPT-350m: E -> D */
    struct norm final_norm;
};
void end_weights_clear(struct end_weights *weights);

/* Where the reference's bfloat16 forward rounds otherwise than Llama's. */
struct rounding {
    bool norm_once;    /* an RMSNorm's weight multiplies in float32 */
    bool scaled_query; /* queries are scaled, not scores */
    bool rotary_once;  /* rotated in float32, with cos and sin as they are */
};

struct family {
    const char *architecture;          /* Hugging Face: config.json "architectures" */
    const char *gguf_architecture;     /* general.architecture, NULL: none */
    /* What config.json means where it says nothing; may be NULL. */
    void (*set_defaults)(struct hparams *hparams);
    /* What the common readers of hparams.c do not know; may be NULL. */
    int (*read_config)(struct hparams *hparams, const json_t *config, struct error *err);
    int (*read_gguf)(struct hparams *hparams, const struct gguf *gguf, struct error *err);
    /* Fills what the architecture has; names and shapes are checked. */
    int (*bind_layer)(const struct model *model, int layer, struct layer_weights *weights, struct error *err);
    int (*bind_ends)(const struct model *model, struct end_weights *weights, struct error *err);
    struct rounding rounding;
};

/* NULL if there is none of that name. */
const struct family *family_of_architecture(const char *architecture);
const struct family *family_of_gguf(const char *architecture, size_t length);
const struct family *const *family_table(void); /* NULL-terminated */

/* The family that a model's metadata name; one that is not supported fails. */
const struct family *family_of_weights(const struct weights *weights, struct error *err);

#endif
