/* to_folder FILE.gguf FOLDER: the same model as Hugging Face publishes it, in float32:
 * model.safetensors and config.json (no tokenizer). Undone are llama.cpp's names, its
 * order of rotary rows (llama) and the 1 that it adds to norms (gemma3). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "model/model.h"
#include "weights/safetensors_write.h"

enum { MAX_NAME = 128 };

/* Of a layer, behind "blk.N." and "model.layers.N.". */
static const char *const names[][3] = {
    /* GGUF, llama, gemma3 */
    {"attn_norm", "input_layernorm", "input_layernorm"},
    {"attn_q", "self_attn.q_proj", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj", "self_attn.o_proj"},
    {"attn_q_norm", NULL, "self_attn.q_norm"},
    {"attn_k_norm", NULL, "self_attn.k_norm"},
    {"post_attention_norm", NULL, "post_attention_layernorm"},
    {"ffn_norm", "post_attention_layernorm", "pre_feedforward_layernorm"},
    {"post_ffw_norm", NULL, "post_feedforward_layernorm"},
    {"ffn_gate", "mlp.gate_proj", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj", "mlp.down_proj"},
};

static void stop(const char *what)
{
    fprintf(stderr, "to_folder: %s\n", what);
    exit(1);
}

static bool is_gemma(const struct model *model)
{
    return strcmp(model->hparams.architecture, "Gemma3ForCausalLM") == 0;
}

/* ---- names ---- */

static char *layer_name(const char *gguf, bool gemma)
{
    char part[MAX_NAME];
    int layer;

    if (sscanf(gguf, "blk.%d.%100[a-z_].weight", &layer, part) == 2)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(names[i][0], part) == 0 && names[i][1 + gemma])
                return xasprintf("model.layers.%d.%s.weight", layer, names[i][1 + gemma]);
    stop(gguf);
    return NULL;
}

static char *hf_name(const char *gguf, bool gemma)
{
    if (strcmp(gguf, "token_embd.weight") == 0)
        return xstrdup("model.embed_tokens.weight");
    if (strcmp(gguf, "output_norm.weight") == 0)
        return xstrdup("model.norm.weight");
    if (strcmp(gguf, "output.weight") == 0)
        return xstrdup("lm_head.weight");
    return layer_name(gguf, gemma);
}

/* ---- values ---- */

/* Row of a GGUF file that holds row `row` of a head of `size` rows: llama.cpp puts the
 * rotary pairs (i, i + size / 2) side by side. */
static size_t source_row(size_t row, size_t size)
{
    size_t head = row / size, i = row % size;

    return head * size + (i < size / 2 ? 2 * i : 2 * (i - size / 2) + 1);
}

static void widen(const struct tensor *t, const struct model *model, float *out)
{
    size_t rows = tensor_rows(t), columns = tensor_columns(t), size = (size_t)model->hparams.head_dim;
    bool rotary = strstr(t->name, ".attn_q.weight") || strstr(t->name, ".attn_k.weight");
    bool permuted = rotary && !is_gemma(model), shifted = strstr(t->name, "norm.weight") && is_gemma(model);

    for (size_t r = 0; r < rows; r++)
        tensor_widen(t, permuted ? source_row(r, size) : r, 0, columns, out + r * columns);
    for (size_t i = 0; shifted && i < rows * columns; i++)
        out[i] -= 1;
}

static void write_tensors(const struct model *model, const char *path)
{
    size_t n = weights_count(model->weights), largest = 0;
    struct safetensors_entry *entries = xcalloc(n, sizeof *entries);
    struct error err = {{0}};

    for (size_t i = 0; i < n; i++) {
        const struct tensor *t = weights_at(model->weights, i);
        bool is_vector = t->n_dims == 1;
        entries[i] = (struct safetensors_entry){hf_name(t->name, is_gemma(model)),
                                                is_vector ? tensor_columns(t) : tensor_rows(t),
                                                is_vector ? 0 : tensor_columns(t)};
        largest = tensor_elements(t) > largest ? tensor_elements(t) : largest;
    }
    struct safetensors_writer *writer = safetensors_create(path, entries, n, &err);
    float *values = float_alloc(largest, "tensor", &err);
    if (!writer || !values)
        stop(err.text);
    for (size_t i = 0; i < n; i++) {
        widen(weights_at(model->weights, i), model, values);
        if (safetensors_put(writer, values, &err))
            stop(err.text);
    }
    if (safetensors_finish(writer, &err))
        stop(err.text);
    float_free(values);
    for (size_t i = 0; i < n; i++)
        free((char *)entries[i].name);
    free(entries);
}

/* ---- config.json ---- */

static void write_config(const struct model *model, const char *path)
{
    const struct hparams *p = &model->hparams;
    FILE *out = fopen(path, "w");

    if (!out)
        stop(path);
    fprintf(out,
            "{\"architectures\": [\"%s\"], \"model_type\": \"%s\", \"torch_dtype\": \"float32\",\n"
            " \"num_hidden_layers\": %d, \"hidden_size\": %d, \"intermediate_size\": %d, \"vocab_size\": %d,\n"
            " \"num_attention_heads\": %d, \"num_key_value_heads\": %d, \"head_dim\": %d,\n"
            " \"max_position_embeddings\": %d, \"rms_norm_eps\": %.9g, \"rope_theta\": %.9g,\n"
            " \"tie_word_embeddings\": %s, \"bos_token_id\": %d, \"eos_token_id\": %d, \"attention_bias\": false,\n",
            p->architecture, is_gemma(model) ? "gemma3_text" : "llama", p->n_layers, p->n_embd, p->n_ff, p->n_vocab,
            p->n_heads, p->n_kv_heads, p->head_dim, p->n_positions, p->norm_eps, p->rope.theta,
            p->tied_embedding ? "true" : "false", p->bos, p->eos);
    if (is_gemma(model))
        fprintf(out,
                " \"hidden_activation\": \"gelu_pytorch_tanh\", \"sliding_window\": %d, \"sliding_window_pattern\": 6,\n"
                " \"rope_local_base_freq\": %.9g, \"query_pre_attn_scalar\": %d}\n",
                p->window[0], p->rope_local.theta, p->head_dim);
    else
        fprintf(out, " \"hidden_act\": \"silu\", \"mlp_bias\": false}\n");
    if (fclose(out) != 0)
        stop(path);
}

int main(int argc, char **argv)
{
    struct error err = {{0}};

    if (argc != 3)
        stop("usage: to_folder FILE.gguf FOLDER");
    struct model *model = model_open(argv[1], false, &err);
    if (!model)
        stop(err.text);
    mkdir(argv[2], 0777);
    char *tensors = xasprintf("%s/model.safetensors", argv[2]), *config = xasprintf("%s/config.json", argv[2]);
    write_tensors(model, tensors);
    write_config(model, config);
    free(tensors);
    free(config);
    model_close(model);
    return 0;
}
