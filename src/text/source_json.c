/* tokenizer.json, the file of Python package tokenizers. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "text/component.h"
#include "text/merge_list.h"
#include "text/model.h"

int vocab_read_object(struct vocab *vocab, json_t *object, struct error *err)
{
    const char *token;
    size_t length;
    json_t *id;

    vocab_reserve(vocab, json_object_size(object));
    json_object_keylen_foreach(object, token, length, id)
    {
        json_int_t value = json_integer_value(id);
        if (!json_is_integer(id) || value < 0 || value > VOCAB_MAX_ID || !vocab_put(vocab, (int32_t)value, token, length))
            return fail(err, "vocabulary: \"%.40s\" has no id from 0 to %d", token, (int)VOCAB_MAX_ID);
    }
    return 0;
}

static int read_merge(struct merge_list *list, const json_t *merge, struct error *err)
{
    const json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);

    if (json_is_string(merge))
        return merge_list_add_line(list, json_string_value(merge), json_string_length(merge), err);
    if (!json_is_string(left) || !json_is_string(right))
        return fail(err, "merge %zu is not a pair of tokens", list->n);
    return merge_list_add(list, json_string_value(left), json_string_length(left), json_string_value(right),
                          json_string_length(right), err);
}

static int read_merges(struct tokenizer *tokenizer, const json_t *model, struct error *err)
{
    const json_t *merges = json_object_get(model, "merges");
    struct merge_list list = merge_list_begin(&tokenizer->bpe, &tokenizer->vocab);
    int rc = 0;

    if (!json_is_array(merges))
        return fail(err, "the BPE model has no \"merges\"");
    merges_reserve(&tokenizer->bpe.merges, json_array_size(merges));
    for (size_t i = 0; i < json_array_size(merges) && !rc; i++)
        rc = read_merge(&list, json_array_get(merges, i), err);
    merge_list_end(&list);
    return rc;
}

static int read_affix(const json_t *model, const char *name, char **affix, struct error *err)
{
    const char *text = NULL;

    if (json_get_string(model, name, &text, err))
        return -1;
    if (text && *text)
        *affix = xstrdup(text);
    return 0;
}

static int read_bpe(struct tokenizer *tokenizer, const json_t *model, struct error *err)
{
    struct bpe *bpe = &tokenizer->bpe;
    json_t *vocab = json_object_get(model, "vocab");
    const char *unknown = NULL;

    if (!json_is_object(vocab))
        return fail(err, "the BPE model's \"vocab\" is not an object");
    if (vocab_read_object(&tokenizer->vocab, vocab, err) || json_get_string(model, "unk_token", &unknown, err) ||
        json_get_bool(model, "fuse_unk", &bpe->fuse_unknown, err) ||
        json_get_bool(model, "byte_fallback", &bpe->byte_fallback, err) ||
        json_get_bool(model, "ignore_merges", &bpe->ignore_merges, err) ||
        read_affix(model, "continuing_subword_prefix", &bpe->continuing_prefix, err) ||
        read_affix(model, "end_of_word_suffix", &bpe->end_suffix, err))
        return -1;
    if (unknown)
        bpe->unknown = vocab_find(&tokenizer->vocab, unknown, strlen(unknown));
    return read_merges(tokenizer, model, err);
}

static int read_unigram_vocab(struct tokenizer *tokenizer, const json_t *vocab, struct error *err)
{
    struct unigram *unigram = &tokenizer->unigram;

    unigram->n = json_array_size(vocab);
    if (unigram->n > VOCAB_MAX_ID)
        return fail(err, "a vocabulary of %zu pieces", unigram->n);
    unigram->scores = xcalloc(unigram->n, sizeof *unigram->scores);
    vocab_reserve(&tokenizer->vocab, unigram->n);
    for (size_t id = 0; id < unigram->n; id++) {
        const json_t *piece = json_array_get(json_array_get(vocab, id), 0);
        const json_t *score = json_array_get(json_array_get(vocab, id), 1);
        if (!json_is_string(piece) || !json_is_number(score))
            return fail(err, "vocabulary: piece %zu is not a string and a number", id);
        unigram->scores[id] = json_number_value(score);
        vocab_put(&tokenizer->vocab, (int32_t)id, json_string_value(piece), json_string_length(piece));
    }
    return 0;
}

static int read_unigram(struct tokenizer *tokenizer, const json_t *model, struct error *err)
{
    const json_t *vocab = json_object_get(model, "vocab");
    long unknown = -1;

    if (!json_is_array(vocab))
        return fail(err, "the unigram model's \"vocab\" is not an array");
    tokenizer->is_unigram = true;
    if (read_unigram_vocab(tokenizer, vocab, err) || json_get_long(model, "unk_id", &unknown, err) ||
        json_get_bool(model, "byte_fallback", &tokenizer->unigram.byte_fallback, err))
        return -1;
    if (unknown >= (long)tokenizer->unigram.n)
        return fail(err, "\"unk_id\" %ld exceeds the vocabulary", unknown);
    tokenizer->unigram.unknown = (int32_t)unknown;
    unigram_prepare(&tokenizer->unigram, &tokenizer->vocab, NULL);
    return 0;
}

/* One row a kind of model. Files older than the member "type" are told by their members. */
static const struct {
    const char *type, *told_by;
    int (*read)(struct tokenizer *tokenizer, const json_t *model, struct error *err);
} kinds[] = {
    {"BPE", "merges", read_bpe},
    {"Unigram", "unk_id", read_unigram},
};

static int read_model(struct tokenizer *tokenizer, const json_t *model, struct error *err)
{
    const char *type = NULL;

    if (!json_is_object(model))
        return fail(err, "no \"model\"");
    if (json_get_string(model, "type", &type, err))
        return -1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (type ? strcmp(type, kinds[i].type) == 0 : json_object_get(model, kinds[i].told_by) != NULL)
            return kinds[i].read(tokenizer, model, err);
    return fail(err, "a tokenizer of type \"%.40s\" is not supported (BPE and Unigram are); use input_ids",
                type ? type : "unknown");
}

int tokenizer_read_added(struct tokenizer *tokenizer, const json_t *token, long id, struct error *err)
{
    const json_t *content = json_object_get(token, "content");
    struct added_token flags = {.normalized = false};

    if (!json_is_string(content) || json_get_long(token, "id", &id, err) || id < 0 || id > VOCAB_MAX_ID)
        return fail(err, "an added token has no \"content\" or no \"id\" from 0 to %d", (int)VOCAB_MAX_ID);
    if (json_get_bool(token, "special", &flags.special, err))
        return -1;
    flags.normalized = !flags.special; /* the reference's default */
    if (json_get_bool(token, "single_word", &flags.single_word, err) || json_get_bool(token, "lstrip", &flags.left, err) ||
        json_get_bool(token, "rstrip", &flags.right, err) || json_get_bool(token, "normalized", &flags.normalized, err))
        return -1;
    tokenizer_add_token(tokenizer, tokenizer_id_for(tokenizer, json_string_value(content), json_string_length(content)),
                        json_string_value(content), json_string_length(content), flags);
    return 0;
}

static int read_added_tokens(struct tokenizer *tokenizer, const json_t *list, struct error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (tokenizer_read_added(tokenizer, json_array_get(list, i), -1, err))
            return -1;
    return 0;
}

static int read_document(struct tokenizer *tokenizer, const json_t *root, struct error *err)
{
    if (!json_is_object(root))
        return fail(err, "not an object");
    if (read_model(tokenizer, json_object_get(root, "model"), err) ||
        read_added_tokens(tokenizer, json_object_get(root, "added_tokens"), err) ||
        normalizer_add(&tokenizer->normalizer, json_object_get(root, "normalizer"), err) ||
        pretokenizer_add(&tokenizer->pretokenizer, json_object_get(root, "pre_tokenizer"), err) ||
        post_add(&tokenizer->post, json_object_get(root, "post_processor"), err))
        return -1;
    const json_t *post = json_object_get(root, "post_processor");
    tokenizer->has_post = post && !json_is_null(post);
    return 0;
}

struct tokenizer *source_json_open(const char *path, struct error *err)
{
    json_t *root = json_read_file(path, err);
    struct tokenizer *tokenizer;

    if (!root)
        return NULL;
    tokenizer = tokenizer_create("tokenizer.json");
    if (read_document(tokenizer, root, err)) {
        fail_prefix(err, "%s", path);
        tokenizer_close(tokenizer);
        tokenizer = NULL;
    }
    json_decref(root);
    return tokenizer;
}
