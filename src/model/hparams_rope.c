/* Rotary embeddings, as config.json (two spellings) and GGUF describe them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/hparams_read.h"

struct rope rope_default(void)
{
    return (struct rope){.enabled = true, .theta = 10000, .low_freq_factor = 1, .high_freq_factor = 4,
                         .beta_fast = 32, .beta_slow = 1, .truncate = true};
}

static int rope_kind(const char *name, enum rope_scaling *scaling, struct error *err)
{
    static const struct {
        const char *name;
        enum rope_scaling scaling;
    } table[] = {
        {"default", ROPE_SCALING_NONE},   {"linear", ROPE_SCALING_LINEAR},     {"dynamic", ROPE_SCALING_DYNAMIC},
        {"llama3", ROPE_SCALING_LLAMA3},  {"longrope", ROPE_SCALING_LONGROPE}, {"su", ROPE_SCALING_LONGROPE},
        {"yarn", ROPE_SCALING_YARN},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) {
            *scaling = table[i].scaling;
            return 0;
        }
    return fail(err, "rotary embedding of type \"%s\" is not supported", name);
}

/* An array of a factor per frequency; its length is checked when n_dims is known. */
static int read_factors(const json_t *parameters, const char *name, float **factors, int *n, struct error *err)
{
    const json_t *array = json_member(parameters, name);

    if (!array)
        return 0;
    if (!json_is_array(array))
        return fail(err, "\"%s\" is not an array", name);
    *n = (int)json_array_size(array);
    free(*factors);
    *factors = xcalloc((size_t)*n, sizeof **factors);
    for (int i = 0; i < *n; i++) {
        const json_t *item = json_array_get(array, (size_t)i);
        if (!json_is_number(item))
            return fail(err, "\"%s\"[%d] is not a number", name, i);
        (*factors)[i] = (float)json_number_value(item);
    }
    return 0;
}

int rope_read_config(struct rope *rope, const json_t *p, struct error *err)
{
    const struct {
        const char *name;
        double *value;
    } numbers[] = {
        {"rope_theta", &rope->theta},
        {"factor", &rope->factor},
        {"low_freq_factor", &rope->low_freq_factor},
        {"high_freq_factor", &rope->high_freq_factor},
        {"beta_fast", &rope->beta_fast},
        {"beta_slow", &rope->beta_slow},
        {"mscale", &rope->mscale},
        {"mscale_all_dim", &rope->mscale_all_dim},
        {"attention_factor", &rope->attention_factor},
    };
    const char *kind = NULL;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (json_get_double(p, numbers[i].name, numbers[i].value, err))
            return -1;
    if (json_get_string(p, "type", &kind, err) || json_get_string(p, "rope_type", &kind, err) ||
        config_read_int(p, "original_max_position_embeddings", &rope->original_positions, err) ||
        json_get_bool(p, "truncate", &rope->truncate, err) ||
        read_factors(p, "short_factor", &rope->short_factor, &rope->n_short, err) ||
        read_factors(p, "long_factor", &rope->long_factor, &rope->n_long, err))
        return -1;
    return kind ? rope_kind(kind, &rope->scaling, err) : 0;
}

int rope_read_top(struct hparams *hparams, const json_t *config, struct error *err)
{
    struct rope *rope = &hparams->rope;
    const json_t *parameters = json_member(config, "rope_scaling");

    if (json_object_size(parameters) == 0)
        parameters = json_member(config, "rope_parameters");
    if (json_get_double(config, "rope_theta", &rope->theta, err) || rope_read_config(rope, parameters, err))
        return -1;
    rope->n_dims = hparams->head_dim;
    /* transformers prefers the outer one, as Phi 3 publishes it. */
    return config_read_int(config, "original_max_position_embeddings", &rope->original_positions, err);
}

int rope_read_share(struct hparams *hparams, const json_t *config, double share, struct error *err)
{
    if (json_get_double(config, "rotary_pct", &share, err) ||
        json_get_double(config, "partial_rotary_factor", &share, err) ||
        json_get_double(config, "rope_scaling.partial_rotary_factor", &share, err) ||
        json_get_double(config, "rope_parameters.partial_rotary_factor", &share, err))
        return -1;
    if (!(share > 0 && share <= 1))
        return fail(err, "partial_rotary_factor %g is not in (0, 1]", share);
    hparams->rope.n_dims = (int)(hparams->head_dim * share);
    return 0;
}

/* ---- GGUF ---- */

static bool is_text(struct gguf_string string, const char *text)
{
    return string.length == strlen(text) && memcmp(string.text, text, string.length) == 0;
}

/* A factor without a type is linear, as llama.cpp has it. */
static int read_gguf_kind(struct rope *rope, const struct gguf *gguf, const char *architecture, struct error *err)
{
    struct gguf_string type = {0};
    char name[128];

    snprintf(name, sizeof name, "%s.rope.scaling.type", architecture);
    if (gguf_get_string(gguf, name, &type, err))
        return -1;
    if (!type.text)
        rope->scaling = rope->factor > 0 ? ROPE_SCALING_LINEAR : ROPE_SCALING_NONE;
    else if (is_text(type, "none"))
        rope->scaling = ROPE_SCALING_NONE;
    else if (is_text(type, "linear"))
        rope->scaling = ROPE_SCALING_LINEAR;
    else if (is_text(type, "yarn"))
        rope->scaling = ROPE_SCALING_YARN;
    else if (is_text(type, "longrope"))
        rope->scaling = ROPE_SCALING_LONGROPE;
    else
        return fail(err, "%s: a rotary embedding of that type is not supported", name);
    if (rope->scaling == ROPE_SCALING_LINEAR && !(rope->factor > 0))
        rope->factor = 1;
    return 0;
}

int rope_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, struct error *err)
{
    struct rope *rope = &hparams->rope;
    const struct {
        const char *key;
        double *value;
    } numbers[] = {
        {"rope.freq_base", &rope->theta},
        {"rope.scale_linear", &rope->factor}, /* the older name */
        {"rope.scaling.factor", &rope->factor},
        {"rope.scaling.attn_factor", &rope->attention_factor},
        {"rope.scaling.yarn_attn_factor", &rope->attention_factor},
        {"rope.scaling.yarn_beta_fast", &rope->beta_fast},
        {"rope.scaling.yarn_beta_slow", &rope->beta_slow},
        {"rope.scaling.yarn_log_multiplier", &rope->mscale_all_dim},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (metadata_read_double(gguf, architecture, numbers[i].key, numbers[i].value, err))
            return -1;
    rope->n_dims = hparams->head_dim;
    rope->mscale = rope->mscale_all_dim > 0 ? 1 : 0;
    if (metadata_read_int(gguf, architecture, "rope.dimension_count", &rope->n_dims, err) ||
        metadata_read_int(gguf, architecture, "rope.scaling.original_context_length", &rope->original_positions, err))
        return -1;
    return read_gguf_kind(rope, gguf, architecture, err);
}

/* A tensor of factors; NULL and *n = 0 if there is none. Without data (a fixture): ones. */
static int read_factor_tensor(const struct weights *weights, const char *name, float **factors, int *n,
                              struct error *err)
{
    const struct tensor *tensor = weights_find(weights, name);

    if (!tensor)
        return 0;
    if (tensor_elements(tensor) > 1 << 12 || tensor->dtype->block_elements != 1 || tensor_rows(tensor) != 1)
        return fail(err, "tensor \"%s\" holds no rotary factors", name);
    *n = (int)tensor_elements(tensor);
    free(*factors);
    *factors = xcalloc((size_t)*n, sizeof **factors);
    for (int i = 0; i < *n; i++)
        (*factors)[i] = 1;
    if (tensor->data)
        tensor_widen(tensor, 0, 0, (size_t)*n, *factors);
    return 0;
}

int rope_read_tensors(struct rope *rope, const struct weights *weights, struct error *err)
{
    if (read_factor_tensor(weights, "rope_factors_short.weight", &rope->short_factor, &rope->n_short, err) ||
        read_factor_tensor(weights, "rope_factors_long.weight", &rope->long_factor, &rope->n_long, err))
        return -1;
    if (rope->n_short > 0) {
        rope->scaling = ROPE_SCALING_LONGROPE;
        return 0;
    }
    if (read_factor_tensor(weights, "rope_freqs.weight", &rope->short_factor, &rope->n_short, err))
        return -1;
    if (rope->n_short == 0)
        return 0;
    if (rope->scaling == ROPE_SCALING_YARN)
        return fail(err, "tensor \"rope_freqs.weight\" beside YaRN is not supported");
    rope->scaling = ROPE_SCALING_FACTORS;
    return 0;
}

/* ---- either format ---- */

void rope_resolve(struct rope *rope, int n_positions)
{
    bool stretched = rope->scaling == ROPE_SCALING_YARN || rope->scaling == ROPE_SCALING_LONGROPE;

    /* transformers' dynamic scaling starts from the model's positions, whatever else is said. */
    if (rope->original_positions == 0 || rope->scaling == ROPE_SCALING_DYNAMIC)
        rope->original_positions = n_positions;
    if (rope->factor == 0 && stretched && rope->original_positions > 0)
        rope->factor = (double)n_positions / rope->original_positions;
    if (rope->factor == 0 && (rope->scaling == ROPE_SCALING_NONE || rope->scaling == ROPE_SCALING_FACTORS))
        rope->factor = 1;
}

int rope_check(const struct rope *rope, int head_dim, struct error *err)
{
    int pairs = (rope->n_dims + 1) / 2;
    bool is_long = rope->scaling == ROPE_SCALING_LONGROPE;

    if (!rope->enabled)
        return 0;
    if (rope->n_dims <= 0 || 2 * pairs > head_dim)
        return fail(err, "%d rotary dimensions in a head of %d", rope->n_dims, head_dim);
    if (!(rope->theta > 0) || !(rope->factor > 0) || rope->original_positions <= 0)
        return fail(err, "rotary embedding: base %g, factor %g, %d original positions must be positive", rope->theta,
                    rope->factor, rope->original_positions);
    if (is_long && (rope->n_short != pairs || rope->n_long != pairs))
        return fail(err, "longrope: %d short and %d long factors for %d rotary dimensions", rope->n_short,
                    rope->n_long, rope->n_dims);
    if (rope->scaling == ROPE_SCALING_FACTORS && rope->n_short != pairs)
        return fail(err, "%d rotary factors for %d rotary dimensions", rope->n_short, rope->n_dims);
    if (rope->scaling == ROPE_SCALING_DYNAMIC && rope->n_dims < 3)
        return fail(err, "dynamic rotary scaling needs 3 dimensions");
    return 0;
}
