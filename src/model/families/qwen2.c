/* Qwen2, Qwen2.5, QwQ, DeepSeek-R1-Distill-Qwen: Llama with biases on Q, K and V,
 * and windows on the upper layers where use_sliding_window says so. */
#include "model/families/decoder.h"
#include "model/hparams_read.h"

static void set_defaults(struct hparams *hparams)
{
    hparams->n_positions = 32768;
    hparams->qkv_bias = true;
}

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    return windows_read_qwen(hparams, config, err);
}

const struct family family_qwen2 = {
    .architecture = "Qwen2ForCausalLM",
    .gguf_architecture = "qwen2",
    .set_defaults = set_defaults,
    .read_config = read_config,
    .bind_layer = decoder_bind_layer,
    .bind_ends = decoder_bind_ends,
};
