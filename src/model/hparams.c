#include "model/hparams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/family.h"
#include "model/hparams_read.h"

/* transformers' defaults where a file says nothing. */
static void set_defaults(struct hparams *hparams)
{
    *hparams = (struct hparams){
        .norm_eps = 1e-6, .activation = ACTIVATION_SILU, .gated_mlp = true, .bos = -1, .eos = -1, .embedding_scale = 1};
    hparams->rope = (struct rope){.enabled = true, .theta = 10000, .factor = 1, .low_freq_factor = 1,
                                  .high_freq_factor = 4, .beta_fast = 32, .beta_slow = 1, .truncate = true};
}

static const struct family *family_of_config(const json_t *config, struct error *err)
{
    const char *name = json_string_value(json_array_get(json_member(config, "architectures"), 0));

    if (!name)
        return fail_null(err, "config.json: no \"architectures\"");
    const struct family *family = family_of_architecture(name);
    return family ? family : fail_null(err, "architecture \"%s\" is not supported", name);
}

static const struct family *family_of_metadata(const struct gguf *gguf, struct error *err)
{
    struct gguf_string name = {0};

    if (gguf_get_string(gguf, "general.architecture", &name, err))
        return NULL;
    if (!name.text)
        return fail_null(err, "no key \"general.architecture\"");
    const struct family *family = family_of_gguf(name.text, name.length);
    if (family)
        return family;
    return fail_null(err, "architecture \"%.*s\" is not supported", (int)(name.length < 64 ? name.length : 64),
                     name.text);
}

const struct family *family_of_weights(const struct weights *weights, struct error *err)
{
    const json_t *config = weights_config(weights);

    return config ? family_of_config(config, err) : family_of_metadata(weights_gguf(weights), err);
}

/* GGUF need not state the vocabulary: it is the embedding's rows. */
static void count_vocabulary(struct hparams *hparams, const struct weights *weights)
{
    const struct tensor *embedding = weights_find(weights, "token_embd.weight");

    if (weights_gguf(weights) && embedding)
        hparams->n_vocab = (int)tensor_rows(embedding);
}

static int read_format(struct hparams *hparams, const struct family *family, const struct weights *weights,
                       struct error *err)
{
    const struct gguf *gguf = weights_gguf(weights);

    if (gguf)
        return hparams_read_gguf(hparams, gguf, family->gguf_architecture, err) ||
                       (family->read_gguf && family->read_gguf(hparams, gguf, err))
                   ? -1
                   : 0;
    const json_t *config = config_text_part(weights_config(weights));
    return hparams_read_config(hparams, config, err) || (family->read_config && family->read_config(hparams, config, err))
               ? -1
               : 0;
}

static int check_positive(const struct hparams *p, struct error *err)
{
    const struct {
        const char *what;
        int value, most;
    } sizes[] = {
        {"layers", p->n_layers, MAX_LAYERS},      {"width", p->n_embd, 1 << 20},    {"query heads", p->n_heads, 1 << 16},
        {"key/value heads", p->n_kv_heads, 1 << 16}, {"head size", p->head_dim, 1 << 12}, {"MLP width", p->n_ff, 1 << 22},
        {"vocabulary", p->n_vocab, 1 << 26},      {"positions", p->n_positions, 1 << 28},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].value <= 0 || sizes[i].value > sizes[i].most)
            return fail(err, "%s: %d is not in 1 ... %d", sizes[i].what, sizes[i].value, sizes[i].most);
    return 0;
}

static int check_rope(const struct rope *rope, const struct hparams *p, struct error *err)
{
    if (!rope->enabled)
        return 0;
    if (rope->n_dims <= 0 || rope->n_dims > p->head_dim || rope->n_dims % 2)
        return fail(err, "%d rotary dimensions in a head of %d", rope->n_dims, p->head_dim);
    if (!(rope->theta > 0) || !(rope->factor > 0) || rope->original_positions <= 0)
        return fail(err, "rotary embedding: base, factor and original positions must be positive");
    if (rope->scaling == ROPE_SCALING_LONGROPE &&
        (rope->n_short != rope->n_dims / 2 || rope->n_long != rope->n_dims / 2))
        return fail(err, "longrope: %d short and %d long factors for %d rotary dimensions", rope->n_short,
                    rope->n_long, rope->n_dims);
    if (rope->scaling == ROPE_SCALING_DYNAMIC && rope->n_dims < 4)
        return fail(err, "dynamic rotary scaling needs 4 dimensions");
    return 0;
}

static int check(const struct hparams *p, struct error *err)
{
    if (check_positive(p, err) || check_rope(&p->rope, p, err) || check_rope(&p->rope_local, p, err))
        return -1;
    if (p->n_heads % p->n_kv_heads)
        return fail(err, "%d query heads do not divide over %d key/value heads", p->n_heads, p->n_kv_heads);
    if (!(p->norm_eps >= 0))
        return fail(err, "norm epsilon %g is negative", p->norm_eps);
    for (int l = 0; l < p->n_layers; l++)
        if (p->window[l] < 0)
            return fail(err, "layer %d: window %d is negative", l, p->window[l]);
    return 0;
}

int hparams_read(struct hparams *hparams, const struct weights *weights, struct error *err)
{
    const struct family *family = family_of_weights(weights, err);

    set_defaults(hparams);
    if (family) {
        snprintf(hparams->architecture, sizeof hparams->architecture, "%s", family->architecture);
        if (read_format(hparams, family, weights, err) == 0) {
            count_vocabulary(hparams, weights);
            if (check(hparams, err) == 0)
                return 0;
        }
    }
    hparams_clear(hparams);
    return fail_prefix(err, "%s", weights_path(weights));
}

static void clear_rope(struct rope *rope)
{
    free(rope->short_factor);
    free(rope->long_factor);
    rope->short_factor = rope->long_factor = NULL;
}

void hparams_clear(struct hparams *hparams)
{
    clear_rope(&hparams->rope);
    clear_rope(&hparams->rope_local);
}
