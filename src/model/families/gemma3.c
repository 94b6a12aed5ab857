/* Gemma 3 (Gemma Team 2025), its text model: windows on all but every sixth layer,
 * layers with a window have a rotary embedding of their own, Q and K are normed. */
#include "model/families/gemma.h"
#include "model/hparams_read.h"

enum { PERIOD = 6, LAYERS_OF_27B = 62 };

static const float norm_offset = 1;

static void set_defaults(struct hparams *hparams)
{
    gemma_set_defaults(hparams);
    hparams->n_vocab = 262208;
    hparams->n_positions = 131072;
}

/* rope_scaling and rope_theta are the full layers', rope_local_base_freq the others';
 * transformers 5 has an object for each. */
static int read_ropes(struct hparams *hparams, const json_t *config, struct error *err)
{
    struct rope *full = &hparams->rope, *local = &hparams->rope_local;
    double full_theta = 1e6, local_theta = 1e4;

    if (json_get_double(config, "rope_theta", &full_theta, err) ||
        json_get_double(config, "rope_local_base_freq", &local_theta, err))
        return -1;
    if (full->short_factor || full->long_factor)
        return fail(err, "longrope is not supported here");
    *full = *local = rope_default();
    full->n_dims = local->n_dims = hparams->head_dim;
    full->theta = full_theta;
    local->theta = local_theta;
    if (rope_read_config(full, json_member(config, "rope_parameters.full_attention"), err) ||
        rope_read_config(full, json_member(config, "rope_scaling"), err) ||
        rope_read_config(local, json_member(config, "rope_parameters.sliding_attention"), err))
        return -1;
    if (local->scaling == ROPE_SCALING_DYNAMIC || local->scaling == ROPE_SCALING_LONGROPE)
        return fail(err, "a rotary embedding of sliding layers that depends on the length is not supported");
    return 0;
}

static int read_period(const json_t *config, int *period, struct error *err)
{
    *period = PERIOD;
    if (config_read_int(config, "sliding_window_pattern", period, err))
        return -1;
    return *period > 0 ? 0 : fail(err, "\"sliding_window_pattern\" %d is not positive", *period);
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    int period;

    return gemma_read_config(hparams, config, err) || read_ropes(hparams, config, err) ||
                   read_period(config, &period, err) ||
                   windows_read_alternating(hparams, config, period, err)
               ? -1
               : 0;
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    gemma_set_gguf_facts(hparams, LAYERS_OF_27B);
    hparams->rope_local = rope_default();
    hparams->rope_local.n_dims = hparams->rope.n_dims;
    hparams->rope_local.theta = 1e4; /* older files do not say it */
    return metadata_read_double(gguf, "gemma3", "rope.freq_base_swa", &hparams->rope_local.theta, err) ||
                   windows_read_gguf(hparams, gguf, "gemma3", PERIOD, err)
               ? -1
               : 0;
}

static int bind_layer(const struct model *model, int layer, struct layer_weights *w, struct error *err)
{
    size_t dim = (size_t)model->hparams.head_dim;

    if (gemma_bind_layer(model, layer, w, err))
        return -1;
    struct binder b = bind_layer_begin(model, "model.layers.", layer, &w->sums, err);
    decoder_bind_qk_norms(&b, w, dim, dim, norm_offset);
    return bind_end(&b);
}

const struct family family_gemma3 = {
    .architecture = "Gemma3ForCausalLM",
    .gguf_architecture = "gemma3",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = bind_layer,
    .bind_ends = gemma_bind_ends,
};

/* The text part of a model that also sees; GGUF files of it are "gemma3", too. */
const struct family family_gemma3_conditional = {
    .architecture = "Gemma3ForConditionalGeneration",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .bind_layer = bind_layer,
    .bind_ends = gemma_bind_ends,
};
