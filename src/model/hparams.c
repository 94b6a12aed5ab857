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
        .norm_eps = 1e-6, .activation = ACTIVATION_SILU, .gated_mlp = true, .bos = -1, .eos = -1,
        .embedding_scale = 1, .norm_affine = true};
    hparams->rope = rope_default();
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

/* GGUF need not state the vocabulary, it is the embedding's rows, nor that the output is tied to it. */
static void read_embedding(struct hparams *hparams, const struct weights *weights)
{
    const struct tensor *embedding = weights_find(weights, "token_embd.weight");

    if (embedding)
        hparams->n_vocab = (int)tensor_rows(embedding);
    hparams->tied_embedding = !weights_find(weights, "output.weight");
}

static int read_metadata(struct hparams *hparams, const struct family *family, const struct weights *weights,
                         struct error *err)
{
    const struct gguf *gguf = weights_gguf(weights);

    if (hparams_read_gguf(hparams, gguf, family->gguf_architecture, err) ||
        rope_read_tensors(&hparams->rope, weights, err) || (family->read_gguf && family->read_gguf(hparams, gguf, err)))
        return -1;
    read_embedding(hparams, weights);
    return 0;
}

static int read_config(struct hparams *hparams, const struct family *family, const struct weights *weights,
                       struct error *err)
{
    const json_t *config = config_text_part(weights_config(weights));

    if (family->set_defaults)
        family->set_defaults(hparams);
    if (hparams_read_config(hparams, config, err))
        return -1;
    return family->read_config ? family->read_config(hparams, config, err) : 0;
}

static int read_format(struct hparams *hparams, const struct family *family, const struct weights *weights,
                       struct error *err)
{
    if ((weights_gguf(weights) ? read_metadata : read_config)(hparams, family, weights, err))
        return -1;
    rope_resolve(&hparams->rope, hparams->n_positions);
    rope_resolve(&hparams->rope_local, hparams->n_positions);
    if (hparams->n_embd_in == 0)
        hparams->n_embd_in = hparams->n_embd;
    return 0;
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
        {"embedding width", p->n_embd_in, 1 << 20},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].value <= 0 || sizes[i].value > sizes[i].most)
            return fail(err, "%s: %d is not in 1 ... %d", sizes[i].what, sizes[i].value, sizes[i].most);
    return 0;
}

static int check_experts(const struct hparams *p, struct error *err)
{
    if (p->n_experts == 0)
        return 0;
    if (p->n_experts < 0 || p->n_experts > 1 << 16)
        return fail(err, "%d experts", p->n_experts);
    if (p->n_experts_used <= 0 || p->n_experts_used > p->n_experts)
        return fail(err, "%d of %d experts for a token", p->n_experts_used, p->n_experts);
    if (p->n_ff_expert <= 0 || p->n_ff_expert > 1 << 22)
        return fail(err, "MLP width %d of an expert", p->n_ff_expert);
    return 0;
}

static int check(const struct hparams *p, struct error *err)
{
    if (check_positive(p, err) || check_experts(p, err) || rope_check(&p->rope, p->head_dim, err) ||
        rope_check(&p->rope_local, p->head_dim, err))
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
        if (read_format(hparams, family, weights, err) == 0 && check(hparams, err) == 0)
            return 0;
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
