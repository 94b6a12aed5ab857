#include "plant/model_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"
#include "plant/circuit.h"
#include "weights/safetensors_write.h"

enum { PLANT_POSITIONS = 8192 };

int plant_write_json(const char *folder, const char *name, json_t *document, struct error *err)
{
    char *path = xasprintf("%s/%s", folder, name);
    char *text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    int rc = output_write(path, text, strlen(text), err);

    json_decref(document);
    free(text);
    free(path);
    return rc;
}

/* ---- config.json ---- */

static json_t *config(const struct construction *c)
{
    const struct plant_settings *s = &c->settings;

    return json_pack("{s:[s],s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:f,s:f,s:b,s:b,s:b,s:i,s:i,s:s}", "architectures",
                     "LlamaForCausalLM", "model_type", "llama", "hidden_act", "silu", "hidden_size", s->n_embd,
                     "intermediate_size", s->n_ff, "num_hidden_layers", s->n_layers, "num_attention_heads", s->n_heads,
                     "num_key_value_heads", s->n_kv_heads, "head_dim", c->head_dim, "vocab_size", PLANT_VOCAB,
                     "max_position_embeddings", PLANT_POSITIONS, "rms_norm_eps", 1e-6, "rope_theta", PLANT_ROPE_THETA,
                     "tie_word_embeddings", 0, "attention_bias", 0, "mlp_bias", 0, "bos_token_id", PLANT_BOS,
                     "eos_token_id", PLANT_EOS, "torch_dtype", "float32");
}

/* ---- tokenizer ---- */

static const char *const special_tokens[] = {"<|begin|>", "<|end|>", "<|user|>", "<|assistant|>"};

/* The letter by which byte-level BPE writes a byte: printable Latin-1 stands for
 * itself, the other bytes in turn for the code points from 256 on (GPT-2, Radford
 * et al. 2019, bytes_to_unicode). All need one or two bytes of UTF-8. */
static void byte_letter(int byte, char letter[3])
{
    int code = 256, printable = 0;

    for (int b = 0; b <= byte; b++) {
        printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
        if (!printable && b < byte)
            code++;
    }
    if (printable)
        code = byte;
    if (code < 0x80) {
        letter[0] = (char)code;
        letter[1] = '\0';
    } else {
        letter[0] = (char)(0xc0 | code >> 6);
        letter[1] = (char)(0x80 | (code & 0x3f));
        letter[2] = '\0';
    }
}

static json_t *vocabulary(void)
{
    json_t *vocabulary = json_object();

    for (int byte = 0; byte < PLANT_BYTES; byte++) {
        char letter[3];
        byte_letter(byte, letter);
        json_object_set_new(vocabulary, letter, json_integer(byte));
    }
    return vocabulary;
}

static json_t *added_tokens(void)
{
    json_t *tokens = json_array();

    for (int i = 0; i < PLANT_VOCAB - PLANT_BYTES; i++)
        json_array_append_new(tokens, json_pack("{s:i,s:s,s:b,s:b,s:b,s:b,s:b}", "id", PLANT_BYTES + i, "content",
                                                special_tokens[i], "single_word", 0, "lstrip", 0, "rstrip", 0,
                                                "normalized", 0, "special", 1));
    return tokens;
}

/* Puts BOS before a text (and before the first of a pair). */
static json_t *template_processing(void)
{
    json_t *bos = json_pack("{s:{s:s,s:i}}", "SpecialToken", "id", special_tokens[0], "type_id", 0);
    json_t *first = json_pack("{s:{s:s,s:i}}", "Sequence", "id", "A", "type_id", 0);
    json_t *second = json_pack("{s:{s:s,s:i}}", "Sequence", "id", "B", "type_id", 1);

    return json_pack("{s:s,s:[O,O],s:[o,o,o],s:{s:{s:s,s:[i],s:[s]}}}", "type", "TemplateProcessing", "single", bos,
                     first, "pair", bos, first, second, "special_tokens", special_tokens[0], "id", special_tokens[0],
                     "ids", PLANT_BOS, "tokens", special_tokens[0]);
}

static json_t *byte_level(void)
{
    return json_pack("{s:s,s:b,s:b,s:b}", "type", "ByteLevel", "add_prefix_space", 0, "trim_offsets", 1, "use_regex",
                     1);
}

static json_t *tokenizer(void)
{
    json_t *model = json_pack("{s:s,s:n,s:n,s:n,s:n,s:b,s:b,s:b,s:o,s:[]}", "type", "BPE", "dropout", "unk_token",
                              "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", 0, "byte_fallback", 0,
                              "ignore_merges", 0, "vocab", vocabulary(), "merges");

    return json_pack("{s:s,s:n,s:n,s:o,s:n,s:o,s:o,s:o,s:o}", "version", "1.0", "truncation", "padding", "added_tokens",
                     added_tokens(), "normalizer", "pre_tokenizer", byte_level(), "post_processor",
                     template_processing(), "decoder", byte_level(), "model", model);
}

static const char chat_template[] =
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] "
    "}}"
    "{% else %}{{ '<|assistant|>' + message['content'] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

static json_t *tokenizer_config(void)
{
    return json_pack("{s:s,s:s,s:s,s:b,s:b,s:i,s:s}", "tokenizer_class", "PreTrainedTokenizerFast", "bos_token",
                     special_tokens[0], "eos_token", special_tokens[1], "add_bos_token", 1,
                     "clean_up_tokenization_spaces", 0, "model_max_length", PLANT_POSITIONS, "chat_template",
                     chat_template);
}

/* ---- model.safetensors ---- */

struct tensor_list {
    struct safetensors_entry *entries;
    const struct tensor_recipe **recipes;
    int *layers;
    size_t n;
};

static void list_add(struct tensor_list *list, const struct construction *c, const struct tensor_recipe *recipe,
                     int layer)
{
    struct safetensors_entry *entry = &list->entries[list->n];
    char name[128];

    snprintf(name, sizeof name, recipe->name, layer);
    entry->name = xstrdup(name);
    recipe->shape(c, &entry->rows, &entry->columns);
    list->recipes[list->n] = recipe;
    list->layers[list->n++] = layer;
}

static void list_fill(struct tensor_list *list, const struct construction *c)
{
    const size_t most = 16 * ((size_t)c->settings.n_layers + 1); /* no table has more than 16 rows */

    list->entries = xcalloc(most, sizeof *list->entries);
    list->recipes = xcalloc(most, sizeof(const struct tensor_recipe *));
    list->layers = xcalloc(most, sizeof *list->layers);
    for (int i = 0; plant_model_tensors[i].name; i++)
        list_add(list, c, &plant_model_tensors[i], -1);
    for (int layer = 0; layer < c->settings.n_layers; layer++)
        for (int i = 0; plant_layer_tensors[i].name; i++)
            list_add(list, c, &plant_layer_tensors[i], layer);
}

static void list_clear(struct tensor_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free((char *)list->entries[i].name);
    free(list->entries);
    free(list->recipes);
    free(list->layers);
}

static int put_tensor(struct safetensors_writer *writer, const struct construction *c, const struct tensor_list *list,
                      size_t i, struct error *err)
{
    const struct safetensors_entry *entry = &list->entries[i];
    float *data = float_alloc(entry->rows * (entry->columns ? entry->columns : 1), entry->name, err);

    if (!data)
        return -1;
    list->recipes[i]->fill(c, list->layers[i], data);
    int rc = safetensors_put(writer, data, err);
    float_free(data);
    return rc;
}

static int write_weights(const struct construction *c, const char *folder, struct error *err)
{
    struct tensor_list list = {0};
    char *path = xasprintf("%s/model.safetensors", folder);
    int rc = -1;

    list_fill(&list, c);
    struct safetensors_writer *writer = safetensors_create(path, list.entries, list.n, err);
    if (!writer)
        goto out;
    rc = 0;
    for (size_t i = 0; rc == 0 && i < list.n; i++)
        rc = put_tensor(writer, c, &list, i, err);
    if (rc == 0)
        rc = safetensors_finish(writer, err);
    else
        safetensors_discard(writer);
out:
    list_clear(&list);
    free(path);
    return rc;
}

int plant_write_model(const struct construction *c, const char *folder, struct error *err)
{
    for (int layer = 0; layer < c->settings.n_layers; layer++)
        if (plant_neurons(c, layer) >= c->settings.n_ff)
            return fail(err, "MLP width %d: layer %d needs more than %d", c->settings.n_ff, layer,
                        plant_neurons(c, layer));
    if (folder_make(folder, err) != 0 || plant_write_json(folder, "config.json", config(c), err) != 0 ||
        plant_write_json(folder, "tokenizer.json", tokenizer(), err) != 0 ||
        plant_write_json(folder, "tokenizer_config.json", tokenizer_config(), err) != 0)
        return -1;
    return write_weights(c, folder, err);
}
