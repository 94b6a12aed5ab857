/* Llama 2, 3, 3.1, CodeLlama, DeepSeek-R1-Distill-Llama, SmolLM2: RMSNorm, rotary
 * embedding, grouped-query attention, SwiGLU (Touvron et al. 2023). GGUF stores the
 * rows of Q and K with the halves of each head interleaved. */
#include "model/families/decoder.h"

static int read_config(struct hparams *hparams, const json_t *config, struct error *err)
{
    return decoder_read_attention_bias(hparams, config, err) ||
                   json_get_bool(config, "mlp_bias", &hparams->mlp_bias, err)
               ? -1
               : 0;
}

static int read_gguf(struct hparams *hparams, const struct gguf *gguf, struct error *err)
{
    (void)gguf;
    hparams->interleaved_rope = true;
    return hparams->n_experts > 0 ? fail(err, "a Llama of %d experts (Mixtral) is not supported", hparams->n_experts) : 0;
}

const struct family family_llama = {
    .architecture = "LlamaForCausalLM",
    .gguf_architecture = "llama",
    .read_config = read_config,
    .read_gguf = read_gguf,
    .bind_layer = decoder_bind_layer,
    .bind_ends = decoder_bind_ends,
};
