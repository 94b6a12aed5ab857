/* tokenizer.json, the file of Python package tokenizers. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "text/component.h"
#include "text/json_scan.h"
#include "text/merge_list.h"
#include "text/model.h"

enum { MAX_FILE = 1 << 30 };

/* The two large members of "model", which are read from the text itself. */
struct large_members {
    const char *text;
    size_t vocab, vocab_end;   /* {"token": id, ...}; 0: not an object */
    size_t merges, merges_end; /* ["left right", ...] or [["left", "right"], ...]; 0: not an array */
};

int vocab_read_object(struct vocab *vocab, const char *text, size_t size, struct error *err)
{
    struct json_scan scan = json_scan_begin(text, size);
    const char *token;
    bool first = true;
    size_t n;
    int32_t id;
    int rc;

    vocab_reserve(vocab, size / 16 < VOCAB_MAX_ID ? size / 16 : VOCAB_MAX_ID); /* bytes a member, about */
    while (json_scan_member(&scan, &first, &token, &n, &rc, err)) {
        /* An escaped token lives in the scanner: the number has none. */
        rc = json_scan_int(&scan, &id, err);
        if (!rc && !vocab_put(vocab, id, token, n))
            rc = fail(err, "the id %d of \"%.*s\" exceeds %d", (int)id, (int)(n < 40 ? n : 40), token,
                      (int)VOCAB_MAX_ID);
        if (rc)
            break;
    }
    json_scan_end(&scan);
    return rc ? fail_prefix(err, "vocabulary") : 0;
}

/* A pair as an array. */
static int read_pair(struct merge_list *list, struct json_scan *scan, struct bytes *left, struct error *err)
{
    const char *text;
    size_t n;

    if (json_scan_expect(scan, '[', err) || json_scan_string(scan, &text, &n, err))
        return -1;
    left->n = 0;
    bytes_append(left, text, n);
    if (json_scan_expect(scan, ',', err) || json_scan_string(scan, &text, &n, err) || json_scan_expect(scan, ']', err))
        return -1;
    return merge_list_add(list, left->data, left->n, text, n, err);
}

static int read_merge(struct merge_list *list, struct json_scan *scan, struct bytes *left, struct error *err)
{
    const char *text;
    size_t n;

    if (json_scan_peek(scan) == '[')
        return read_pair(list, scan, left, err);
    return json_scan_string(scan, &text, &n, err) ? -1 : merge_list_add_line(list, text, n, err);
}

static int read_merges(struct tokenizer *tokenizer, const struct large_members *large, struct error *err)
{
    struct merge_list list = merge_list_begin(&tokenizer->bpe, &tokenizer->vocab);
    struct json_scan scan = json_scan_begin(large->text + large->merges, large->merges_end - large->merges);
    struct bytes left = {0};
    bool first = true;
    int rc;

    if (!large->merges)
        return fail(err, "the BPE model has no \"merges\"");
    merges_reserve(&tokenizer->bpe.merges, tokenizer->vocab.n);
    while (json_scan_element(&scan, &first, &rc, err))
        if ((rc = read_merge(&list, &scan, &left, err)))
            break;
    bytes_clear(&left);
    json_scan_end(&scan);
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

static int read_bpe(struct tokenizer *tokenizer, const json_t *model, const struct large_members *large,
                    struct error *err)
{
    struct bpe *bpe = &tokenizer->bpe;
    const char *unknown = NULL;

    if (!large->vocab)
        return fail(err, "the BPE model's \"vocab\" is not an object");
    if (vocab_read_object(&tokenizer->vocab, large->text + large->vocab, large->vocab_end - large->vocab, err) ||
        json_get_string(model, "unk_token", &unknown, err) ||
        json_get_bool(model, "fuse_unk", &bpe->fuse_unknown, err) ||
        json_get_bool(model, "byte_fallback", &bpe->byte_fallback, err) ||
        json_get_bool(model, "ignore_merges", &bpe->ignore_merges, err) ||
        read_affix(model, "continuing_subword_prefix", &bpe->continuing_prefix, err) ||
        read_affix(model, "end_of_word_suffix", &bpe->end_suffix, err))
        return -1;
    if (unknown)
        bpe->unknown = vocab_find(&tokenizer->vocab, unknown, strlen(unknown));
    return read_merges(tokenizer, large, err);
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

static int read_unigram(struct tokenizer *tokenizer, const json_t *model, const struct large_members *large,
                        struct error *err)
{
    const json_t *vocab = json_object_get(model, "vocab");
    long unknown = -1;

    (void)large;
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
    int (*read)(struct tokenizer *tokenizer, const json_t *model, const struct large_members *large, struct error *err);
} kinds[] = {
    {"BPE", "merges", read_bpe},
    {"Unigram", "unk_id", read_unigram},
};

static int read_model(struct tokenizer *tokenizer, const json_t *model, const struct large_members *large,
                      struct error *err)
{
    const char *type = NULL;

    if (!json_is_object(model))
        return fail(err, "no \"model\"");
    if (json_get_string(model, "type", &type, err))
        return -1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (type ? strcmp(type, kinds[i].type) == 0 : json_object_get(model, kinds[i].told_by) != NULL)
            return kinds[i].read(tokenizer, model, large, err);
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
    if (json_get_bool(token, "single_word", &flags.single_word, err) ||
        json_get_bool(token, "lstrip", &flags.left, err) || json_get_bool(token, "rstrip", &flags.right, err) ||
        json_get_bool(token, "normalized", &flags.normalized, err))
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

static int read_document(struct tokenizer *tokenizer, const json_t *root, const struct large_members *large,
                         struct error *err)
{
    if (!json_is_object(root))
        return fail(err, "not an object");
    if (read_model(tokenizer, json_object_get(root, "model"), large, err) ||
        read_added_tokens(tokenizer, json_object_get(root, "added_tokens"), err) ||
        normalizer_add(&tokenizer->normalizer, json_object_get(root, "normalizer"), err) ||
        pretokenizer_add(&tokenizer->pretokenizer, json_object_get(root, "pre_tokenizer"), err) ||
        post_add(&tokenizer->post, json_object_get(root, "post_processor"), err))
        return -1;
    const json_t *post = json_object_get(root, "post_processor");
    tokenizer->has_post = post && !json_is_null(post);
    return 0;
}

/* ---- the file ---- */

static bool key_is(const char *key, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(key, name, n) == 0;
}

static int find_in_model(struct json_scan *scan, struct large_members *large, struct error *err)
{
    const char *key;
    bool first = true;
    size_t n;
    int rc;

    while (json_scan_member(scan, &first, &key, &n, &rc, err)) {
        bool vocab = key_is(key, n, "vocab") && json_scan_peek(scan) == '{';
        bool merges = key_is(key, n, "merges") && json_scan_peek(scan) == '[';
        size_t from = (size_t)(scan->at - large->text);
        if (json_scan_skip(scan, err))
            return -1;
        size_t to = (size_t)(scan->at - large->text);
        if (vocab)
            large->vocab = from, large->vocab_end = to;
        if (merges)
            large->merges = from, large->merges_end = to;
    }
    return rc;
}

static int find_large(struct large_members *large, size_t size, struct error *err)
{
    struct json_scan scan = json_scan_begin(large->text, size);
    const char *key;
    bool first = true;
    size_t n;
    int rc;

    while (json_scan_member(&scan, &first, &key, &n, &rc, err)) {
        bool model = key_is(key, n, "model") && json_scan_peek(&scan) == '{';
        rc = model ? find_in_model(&scan, large, err) : json_scan_skip(&scan, err);
        if (rc)
            break;
    }
    json_scan_end(&scan);
    return rc;
}

/* The document without its large members, null in their place. */
static json_t *read_rest(const struct large_members *large, size_t size, const char *path, struct error *err)
{
    bool vocab_first = large->vocab < large->merges;
    size_t a = vocab_first ? large->vocab : large->merges, a_end = vocab_first ? large->vocab_end : large->merges_end;
    size_t b = vocab_first ? large->merges : large->vocab, b_end = vocab_first ? large->merges_end : large->vocab_end;
    struct bytes rest = {0};

    bytes_append(&rest, large->text, a);
    bytes_append_text(&rest, a ? "null" : "");
    bytes_append(&rest, large->text + a_end, b - a_end);
    bytes_append_text(&rest, b ? "null" : "");
    bytes_append(&rest, large->text + b_end, size - b_end);
    json_t *root = json_read_text(rest.data, rest.n, path, err);
    bytes_clear(&rest);
    return root;
}

static struct tokenizer *open_text(const char *text, size_t size, const char *path, struct error *err)
{
    struct large_members large = {.text = text};

    if (find_large(&large, size, err)) {
        fail_prefix(err, "%s", path);
        return NULL;
    }
    json_t *root = read_rest(&large, size, path, err);
    if (!root)
        return NULL;
    struct tokenizer *tokenizer = tokenizer_create("tokenizer.json");
    if (read_document(tokenizer, root, &large, err)) {
        fail_prefix(err, "%s", path);
        tokenizer_close(tokenizer);
        tokenizer = NULL;
    }
    json_decref(root);
    return tokenizer;
}

struct tokenizer *source_json_open(const char *path, struct error *err)
{
    size_t size;
    char *text = file_read(path, MAX_FILE, &size, err);
    struct tokenizer *tokenizer = text ? open_text(text, size, path, err) : NULL;

    free(text);
    return tokenizer;
}
