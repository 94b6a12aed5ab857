#include "model/family.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/norm.h"

extern const struct family family_gemma2;
extern const struct family family_gemma3;
extern const struct family family_gemma3_conditional;
extern const struct family family_gpt2;
extern const struct family family_gpt_oss;
extern const struct family family_gptneox;
extern const struct family family_llama;
extern const struct family family_mistral;
extern const struct family family_olmo2;
extern const struct family family_opt;
extern const struct family family_phi3;
extern const struct family family_qwen2;
extern const struct family family_qwen3;
extern const struct family family_qwen3moe;

static const struct family *const families[] = {
    &family_gemma2,
    &family_gemma3,
    &family_gemma3_conditional,
    &family_gpt2,
    &family_gpt_oss,
    &family_gptneox,
    &family_llama,
    &family_mistral,
    &family_olmo2,
    &family_opt,
    &family_phi3,
    &family_qwen2,
    &family_qwen3,
    &family_qwen3moe,
    NULL,
};

const struct family *const *family_table(void)
{
    return families;
}

const struct family *family_of_architecture(const char *architecture)
{
    for (int i = 0; families[i]; i++)
        if (strcmp(families[i]->architecture, architecture) == 0)
            return families[i];
    return NULL;
}

const struct family *family_of_gguf(const char *architecture, size_t length)
{
    for (int i = 0; families[i]; i++) {
        const char *name = families[i]->gguf_architecture;
        if (name && strlen(name) == length && memcmp(name, architecture, length) == 0)
            return families[i];
    }
    return NULL;
}

void layer_weights_clear(struct layer_weights *weights)
{
    struct norm *norms[] = {&weights->attention_norm,        &weights->attention_post_norm, &weights->mlp_norm,
                            &weights->mlp_post_norm,         &weights->query_norm,          &weights->key_norm,
                            &weights->attention_stream_norm, &weights->mlp_stream_norm};
    struct linear *linears[] = {&weights->query, &weights->key, &weights->value, &weights->output,
                                &weights->gate,  &weights->up,  &weights->down,  &weights->router};

    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
        norm_clear(norms[i]);
    for (size_t i = 0; i < sizeof linears / sizeof *linears; i++)
        linear_clear(linears[i]);
    for (int e = 0; e < weights->n_experts; e++) {
        linear_clear(&weights->experts[e].gate);
        linear_clear(&weights->experts[e].up);
        linear_clear(&weights->experts[e].down);
    }
    free(weights->experts);
    float_free(weights->sinks);
    *weights = (struct layer_weights){0};
}

void end_weights_clear(struct end_weights *weights)
{
    linear_clear(&weights->project_in);
    norm_clear(&weights->final_norm);
    *weights = (struct end_weights){0};
}
