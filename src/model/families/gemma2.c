/* Gemma 2 (Gemma Team 2024): windows on every other layer, the scores capped by a
 * tanh. */
#include "model/families/gemma.h"
#include "model/hparams_read.h"

enum { PERIOD = 2, LAYERS_OF_27B = 46 };

static void set_defaults(struct hparams *hparams)
{
    gemma_set_defaults(hparams);
    hparams->n_vocab = 256000;
    hparams->n_positions = 8192;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    bool uncapped = json_is_null(json_object_get(config, "attn_logit_softcapping"));

    hparams->attention_softcap = uncapped ? 0 : 50;
    return gemma_read_config(hparams, config, err) ||
                   json_get_double(config, "attn_logit_softcapping", &hparams->attention_softcap, err) ||
                   windows_read_alternating(hparams, config, PERIOD, err)
               ? -1
               : 0;
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    gemma_set_gguf_facts(hparams, LAYERS_OF_27B);
    hparams->attention_softcap = 50;
    hparams->window[0] = 4096;
    return metadata_read_double(gguf, "gemma2", "attn_logit_softcapping", &hparams->attention_softcap, err) ||
                   windows_read_gguf(hparams, gguf, "gemma2", PERIOD, err)
               ? -1
               : 0;
}

const struct family family_gemma2 = {
    .architecture = "Gemma2ForCausalLM",
    .gguf_architecture = "gemma2",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = gemma_bind_layer,
    .bind_ends = gemma_bind_ends,
};
