/* Mistral, Mathstral (Jiang et al. 2023): Llama with a window on every layer, if
 * config.json says so. llama.cpp converts it as "llama". */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->n_kv_heads = 8;
    hparams->n_positions = 4096 * 32;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    return windows_read_uniform(hparams, config, err);
}

const struct family family_mistral = {
    .architecture = "MistralForCausalLM",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .bind_layer = decoder_bind_layer,
    .bind_ends = decoder_bind_ends,
};
