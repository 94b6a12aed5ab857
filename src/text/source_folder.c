/* A model's folder: which of the tokenizer's files is read, and what stands in the
 * files beside it. The rules are those of transformers' from_pretrained. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "text/model.h"

enum { MAX_TEMPLATE = 4 << 20 };

/* The path of a file in the folder, NULL if it is not there; the caller frees. */
static char *find_file(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return path;
    free(path);
    return NULL;
}

/* An optional JSON file: NULL in *root if it is not there. */
static int read_optional(const char *folder, const char *name, json_t **root, struct error *err)
{
    char *path = find_file(folder, name);

    *root = path ? json_read_file(path, err) : NULL;
    int rc = path && !*root ? -1 : 0;
    free(path);
    return rc;
}

/* ---- special and added tokens ---- */

/* A special token is written as a string or as an object with "content". */
static const json_t *special_content(const json_t *value)
{
    const json_t *content = json_is_object(value) ? json_object_get(value, "content") : value;

    return json_is_string(content) ? content : NULL;
}

/* A named special token is found in the text, too; one that has no id gets the next. */
static void add_special(struct tokenizer *tokenizer, const json_t *value)
{
    const json_t *content = special_content(value);
    struct added_token flags = {.special = true};

    if (!content)
        return;
    const char *text = json_string_value(content);
    size_t n = json_string_length(content);
    if (added_tokens_find(&tokenizer->added, text, n))
        return;
    flags.left = json_is_true(json_object_get(value, "lstrip"));
    flags.right = json_is_true(json_object_get(value, "rstrip"));
    tokenizer_add_token(tokenizer, tokenizer_id_for(tokenizer, text, n), text, n, flags);
}

static int read_added_decoder(struct tokenizer *tokenizer, json_t *config, struct error *err)
{
    json_t *decoder = json_object_get(config, "added_tokens_decoder"), *token;
    const char *key;

    json_object_foreach(decoder, key, token)
    {
        char *end;
        long id = strtol(key, &end, 10);
        if (*key == '\0' || *end != '\0')
            return fail(err, "added_tokens_decoder: \"%.40s\" is no id", key);
        if (tokenizer_read_added(tokenizer, token, id, err))
            return -1;
    }
    return 0;
}

static void read_special(struct tokenizer *tokenizer, const json_t *config)
{
    static const char *const further[] = {"sep_token", "cls_token", "mask_token"};

    for (int i = 0; i < N_SPECIAL; i++) {
        enum tokenizer_special_name name = (enum tokenizer_special_name)i;
        const json_t *value = json_object_get(config, tokenizer_special_key(name));
        add_special(tokenizer, value);
        if (special_content(value) && !tokenizer->special[i].text)
            tokenizer_set_special(tokenizer, name, json_string_value(special_content(value)));
    }
    for (size_t i = 0; i < sizeof further / sizeof *further; i++)
        add_special(tokenizer, json_object_get(config, further[i]));
    const json_t *list = json_object_get(config, "additional_special_tokens");
    for (size_t i = 0; i < json_array_size(list); i++)
        add_special(tokenizer, json_array_get(list, i));
}

/* Without a tokenizer_config.json: bos_token_id and eos_token_id of config.json. */
static void read_ids(struct tokenizer *tokenizer, const json_t *config)
{
    static const char *const keys[] = {[SPECIAL_BOS] = "bos_token_id", [SPECIAL_EOS] = "eos_token_id"};

    for (int i = SPECIAL_BOS; i <= SPECIAL_EOS; i++) {
        const json_t *id = json_object_get(config, keys[i]);
        struct special_token *special = &tokenizer->special[i];
        if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > VOCAB_MAX_ID ||
            special->text)
            continue;
        size_t n;
        const char *text = tokenizer_text_of(tokenizer, (int32_t)json_integer_value(id), &n);
        if (text) {
            special->text = xstrndup(text, n);
            special->id = (int32_t)json_integer_value(id);
        }
    }
}

/* ---- the chat template ---- */

/* A string, or a list of {"name", "template"} of which "default" is taken. */
static void take_template(struct tokenizer *tokenizer, const json_t *value)
{
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name && strcmp(name, "default") == 0)
            value = json_object_get(item, "template");
    }
    if (json_is_string(value) && !tokenizer->chat_template)
        tokenizer->chat_template = xstrdup(json_string_value(value));
}

static int read_template_file(struct tokenizer *tokenizer, const char *folder, struct error *err)
{
    char *path = find_file(folder, "chat_template.jinja");
    size_t n;

    if (!path)
        return 0;
    tokenizer->chat_template = file_read(path, MAX_TEMPLATE, &n, err);
    free(path);
    return tokenizer->chat_template ? 0 : -1;
}

/* ---- BOS and EOS ---- */

/* A post-processor in tokenizer.json stands above tokenizer_config.json, which
 * decides where there is none. Models of SentencePiece begin with BOS by default. */
static int decide_bos_eos(struct tokenizer *tokenizer, const json_t *config, struct error *err)
{
    bool add_bos = strcmp(tokenizer->source, "tokenizer.model") == 0, add_eos = false;

    if (tokenizer->has_post)
        return 0;
    if (json_get_bool(config, "add_bos_token", &add_bos, err) || json_get_bool(config, "add_eos_token", &add_eos, err))
        return -1;
    tokenizer_set_bos_eos(tokenizer, add_bos, add_eos);
    return 0;
}

/* ---- the folder ---- */

static struct tokenizer *open_source(const char *folder, const json_t *config, struct error *err)
{
    char *json = find_file(folder, "tokenizer.json"), *model = find_file(folder, "tokenizer.model");
    char *vocab = find_file(folder, "vocab.json"), *merges = find_file(folder, "merges.txt");
    bool legacy = json_is_true(json_object_get(config, "legacy"));
    struct tokenizer *tokenizer = NULL;

    if (json)
        tokenizer = source_json_open(json, err);
    else if (model)
        tokenizer = source_sentencepiece_open(model, legacy, err);
    else if (vocab && merges)
        tokenizer = source_vocab_open(vocab, merges, err);
    else
        fail(err, "%s: no tokenizer.json, tokenizer.model, or vocab.json with merges.txt; use input_ids", folder);
    free(json);
    free(model);
    free(vocab);
    free(merges);
    return tokenizer;
}

struct folder_files {
    json_t *tokenizer_config, *special_tokens_map, *chat_template, *config;
};

static int read_files(struct folder_files *files, const char *folder, struct error *err)
{
    return read_optional(folder, "tokenizer_config.json", &files->tokenizer_config, err) ||
                   read_optional(folder, "special_tokens_map.json", &files->special_tokens_map, err) ||
                   read_optional(folder, "chat_template.json", &files->chat_template, err) ||
                   read_optional(folder, "config.json", &files->config, err)
               ? -1
               : 0;
}

static int apply_files(struct tokenizer *tokenizer, const struct folder_files *files, const char *folder,
                       struct error *err)
{
    if (read_added_decoder(tokenizer, files->tokenizer_config, err))
        return fail_prefix(err, "%s/tokenizer_config.json", folder);
    read_special(tokenizer, files->tokenizer_config);
    read_special(tokenizer, files->special_tokens_map);
    read_ids(tokenizer, files->config);
    if (decide_bos_eos(tokenizer, files->tokenizer_config, err))
        return fail_prefix(err, "%s/tokenizer_config.json", folder);
    if (read_template_file(tokenizer, folder, err))
        return -1;
    take_template(tokenizer, json_object_get(files->chat_template, "chat_template"));
    take_template(tokenizer, json_object_get(files->tokenizer_config, "chat_template"));
    return tokenizer_prepare(tokenizer, err) ? fail_prefix(err, "%s", folder) : 0;
}

struct tokenizer *source_folder_open(const char *folder, struct error *err)
{
    struct folder_files files = {0};
    struct tokenizer *tokenizer = NULL;

    if (read_files(&files, folder, err) == 0)
        tokenizer = open_source(folder, files.tokenizer_config, err);
    if (tokenizer && apply_files(tokenizer, &files, folder, err)) {
        tokenizer_close(tokenizer);
        tokenizer = NULL;
    }
    json_decref(files.tokenizer_config);
    json_decref(files.special_tokens_map);
    json_decref(files.chat_template);
    json_decref(files.config);
    return tokenizer;
}
