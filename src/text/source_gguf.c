/* The tokenizer in a GGUF file's metadata. A GGUF names its pre-tokenizer; the
 * table below spells the names out as components of tokenizer.json. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/merge_list.h"
#include "text/model.h"
#include "text/pre_names.h"
#include "text/sentencepiece_rules.h"
#include "weights/gguf.h"

enum token_type { TYPE_NORMAL = 1, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_USER_DEFINED, TYPE_UNUSED, TYPE_BYTE };

#define KEY(name) "tokenizer.ggml." name

struct gguf_vocab {
    const struct gguf *gguf;
    const struct gguf_string *tokens; /* (n) */
    size_t n;
    uint8_t *types; /* (n) enum token_type */
    float *scores;  /* (n), 0 where there are none */
    bool has_scores;
    bool pre_adds_bos; /* the pre-tokenizer named is one whose models begin with BOS */
};

static int read_tokens(struct gguf_vocab *v, struct vocab *vocab, struct error *err)
{
    if (gguf_array_strings(v->gguf, KEY("tokens"), &v->tokens, &v->n, err))
        return -1;
    if (v->n == 0 || v->n > VOCAB_MAX_ID)
        return fail(err, "%s has %zu tokens", KEY("tokens"), v->n);
    vocab_reserve(vocab, v->n);
    for (size_t id = 0; id < v->n; id++)
        if (!vocab_put(vocab, (int32_t)id, v->tokens[id].text, v->tokens[id].length))
            return fail(err, "%s: token %zu does not fit", KEY("tokens"), id);
    return 0;
}

static int read_types(struct gguf_vocab *v, struct error *err)
{
    size_t n = gguf_array_length(v->gguf, KEY("token_type"));
    long type;

    v->types = xcalloc(v->n, 1);
    memset(v->types, TYPE_NORMAL, v->n);
    if (n != 0 && n != v->n)
        return fail(err, "%s has %zu values for %zu tokens", KEY("token_type"), n, v->n);
    for (size_t id = 0; id < n; id++) {
        if (gguf_array_long(v->gguf, KEY("token_type"), id, &type, err))
            return -1;
        v->types[id] = (uint8_t)(type >= TYPE_NORMAL && type <= TYPE_BYTE ? type : TYPE_NORMAL);
    }
    return 0;
}

static int read_scores(struct gguf_vocab *v, struct error *err)
{
    size_t n = gguf_array_length(v->gguf, KEY("scores"));
    double score;

    v->scores = xcalloc(v->n, sizeof *v->scores);
    v->has_scores = n > 0;
    if (n != 0 && n != v->n)
        return fail(err, "%s has %zu values for %zu tokens", KEY("scores"), n, v->n);
    for (size_t id = 0; id < n; id++) {
        if (gguf_array_double(v->gguf, KEY("scores"), id, &score, err))
            return -1;
        v->scores[id] = (float)score;
    }
    return 0;
}

/* Control tokens, and those that the user of the trainer defined, are found in the text as written. */
static void add_tokens(struct tokenizer *tokenizer, const struct gguf_vocab *v)
{
    for (size_t id = 0; id < v->n; id++)
        if (v->types[id] == TYPE_CONTROL || v->types[id] == TYPE_USER_DEFINED)
            tokenizer_add_token(tokenizer, (int32_t)id, v->tokens[id].text, v->tokens[id].length,
                                (struct added_token){.special = v->types[id] == TYPE_CONTROL});
}

static bool *matched_tokens(const struct gguf_vocab *v)
{
    bool *matched = xcalloc(v->n, sizeof *matched);

    for (size_t id = 0; id < v->n; id++)
        matched[id] = v->types[id] != TYPE_UNKNOWN && v->types[id] != TYPE_CONTROL && v->types[id] != TYPE_BYTE;
    return matched;
}

/* ---- the kinds, by tokenizer.ggml.model ---- */

static int read_merges(struct tokenizer *tokenizer, const struct gguf_vocab *v, struct error *err)
{
    struct merge_list list = merge_list_begin(&tokenizer->bpe, &tokenizer->vocab);
    const struct gguf_string *merges;
    size_t n;
    int rc = gguf_array_strings(v->gguf, KEY("merges"), &merges, &n, err);

    merges_reserve(&tokenizer->bpe.merges, rc ? 0 : n);
    for (size_t i = 0; !rc && i < n; i++)
        rc = merge_list_add_line(&list, merges[i].text, merges[i].length, err);
    merge_list_end(&list);
    return rc;
}

static int read_byte_level(struct tokenizer *tokenizer, struct gguf_vocab *v, struct error *err)
{
    struct gguf_string name = {"default", 7};

    if (gguf_get_string(v->gguf, KEY("pre"), &name, err))
        return -1;
    const struct pre_name *pre = pre_name_find(name.text, name.length);
    if (!pre)
        return fail(err, "%s \"%.*s\" is not supported", KEY("pre"), (int)(name.length < 40 ? name.length : 40),
                    name.text);
    tokenizer->bpe.ignore_merges = pre->ignore_merges;
    v->pre_adds_bos = pre->adds_bos;
    if (pre_name_apply(pre, &tokenizer->normalizer, &tokenizer->pretokenizer, err))
        return -1;
    return read_merges(tokenizer, v, err);
}

static int read_sentencepiece(struct tokenizer *tokenizer, struct gguf_vocab *v, struct error *err)
{
    struct bpe *bpe = &tokenizer->bpe;
    bool add_prefix = true;
    long unknown = -1;

    if (gguf_get_bool(v->gguf, KEY("add_space_prefix"), &add_prefix, err) ||
        gguf_get_long(v->gguf, KEY("unknown_token_id"), &unknown, err) ||
        sentencepiece_add_rules(&tokenizer->normalizer, false, add_prefix ? PREPEND_ALWAYS : PREPEND_NEVER, err))
        return -1;
    bpe->byte_fallback = bpe->fuse_unknown = true;
    bpe->unknown = unknown >= 0 && unknown < (long)v->n ? (int32_t)unknown : -1;
    if (gguf_array_length(v->gguf, KEY("merges")) > 0)
        return read_merges(tokenizer, v, err);
    if (!v->has_scores)
        return fail(err, "neither %s nor %s is there", KEY("scores"), KEY("merges"));
    bool *matched = matched_tokens(v);
    bpe_rank_by_score(bpe, v->scores, matched, v->n);
    free(matched);
    return 0;
}

static int read_charsmap(struct tokenizer *tokenizer, const struct gguf_vocab *v, struct error *err)
{
    size_t n = gguf_array_length(v->gguf, KEY("precompiled_charsmap"));
    struct bytes blob = {0};
    long byte;
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++) {
        rc = gguf_array_long(v->gguf, KEY("precompiled_charsmap"), i, &byte, err);
        bytes_append_char(&blob, (char)byte);
    }
    if (!rc && n > 0)
        rc = sentencepiece_add_charsmap(&tokenizer->normalizer, blob.data, blob.n, err);
    bytes_clear(&blob);
    return rc;
}

static int read_unigram(struct tokenizer *tokenizer, struct gguf_vocab *v, struct error *err)
{
    struct unigram *unigram = &tokenizer->unigram;
    bool add_prefix = true, squeeze = true;
    long unknown = -1;

    if (gguf_get_bool(v->gguf, KEY("add_space_prefix"), &add_prefix, err) ||
        gguf_get_bool(v->gguf, KEY("remove_extra_whitespaces"), &squeeze, err) ||
        gguf_get_long(v->gguf, KEY("unknown_token_id"), &unknown, err) || read_charsmap(tokenizer, v, err) ||
        sentencepiece_add_rules(&tokenizer->normalizer, squeeze, add_prefix ? PREPEND_ALWAYS : PREPEND_NEVER, err))
        return -1;
    tokenizer->is_unigram = true;
    unigram->single_precision = true;
    unigram->unknown = unknown >= 0 && unknown < (long)v->n ? (int32_t)unknown : -1;
    unigram->byte_fallback = vocab_find(&tokenizer->vocab, "<0x00>", 6) >= 0;
    unigram->n = v->n;
    unigram->scores = xcalloc(v->n, sizeof *unigram->scores);
    for (size_t id = 0; id < v->n; id++)
        unigram->scores[id] = v->scores[id];
    bool *matched = matched_tokens(v);
    unigram_prepare(unigram, &tokenizer->vocab, matched);
    free(matched);
    return 0;
}

static const struct {
    const char *model;
    int (*read)(struct tokenizer *tokenizer, struct gguf_vocab *v, struct error *err);
    bool adds_bos, adds_eos; /* unless the file says otherwise */
} kinds[] = {
    {"gpt2", read_byte_level, false, false},
    {"llama", read_sentencepiece, true, false},
    {"t5", read_unigram, false, true},
};

/* ---- what all kinds have ---- */

static int read_special(struct tokenizer *tokenizer, const struct gguf_vocab *v, struct error *err)
{
    static const char *const keys[N_SPECIAL] = {
        [SPECIAL_BOS] = KEY("bos_token_id"),
        [SPECIAL_EOS] = KEY("eos_token_id"),
        [SPECIAL_UNK] = KEY("unknown_token_id"),
        [SPECIAL_PAD] = KEY("padding_token_id"),
    };

    for (int i = 0; i < N_SPECIAL; i++) {
        long id = -1;
        if (gguf_get_long(v->gguf, keys[i], &id, err))
            return -1;
        if (id < 0 || id >= (long)v->n) /* some files say -1 for none */
            continue;
        tokenizer->special[i].text = xstrndup(v->tokens[id].text, v->tokens[id].length);
        tokenizer->special[i].id = (int32_t)id;
    }
    return 0;
}

static int read_model(struct tokenizer *tokenizer, struct gguf_vocab *v, struct error *err)
{
    struct gguf_string model = {"", 0};

    if (gguf_get_string(v->gguf, KEY("model"), &model, err))
        return -1;
    if (model.length == 0)
        return fail(err, "the file has no tokenizer; use input_ids");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool add_bos = kinds[i].adds_bos, add_eos = kinds[i].adds_eos;
        if (strlen(kinds[i].model) != model.length || memcmp(kinds[i].model, model.text, model.length) != 0)
            continue;
        if (kinds[i].read(tokenizer, v, err) || read_special(tokenizer, v, err))
            return -1;
        add_bos |= v->pre_adds_bos;
        if (gguf_get_bool(v->gguf, KEY("add_bos_token"), &add_bos, err) ||
            gguf_get_bool(v->gguf, KEY("add_eos_token"), &add_eos, err))
            return -1;
        tokenizer_set_bos_eos(tokenizer, add_bos, add_eos);
        return 0;
    }
    return fail(err, "%s \"%.*s\" is not supported; use input_ids", KEY("model"),
                (int)(model.length < 40 ? model.length : 40), model.text);
}

static int read_chat_template(struct tokenizer *tokenizer, const struct gguf *gguf, struct error *err)
{
    struct gguf_string text = {NULL, 0};

    if (gguf_get_string(gguf, "tokenizer.chat_template", &text, err))
        return -1;
    if (text.text)
        tokenizer->chat_template = xstrndup(text.text, text.length);
    return 0;
}

struct tokenizer *source_gguf_open(const struct gguf *gguf, const char *path, struct error *err)
{
    struct tokenizer *tokenizer = tokenizer_create("GGUF");
    struct gguf_vocab v = {.gguf = gguf};
    int rc = read_tokens(&v, &tokenizer->vocab, err) || read_types(&v, err) || read_scores(&v, err);

    if (!rc) {
        add_tokens(tokenizer, &v);
        rc = read_model(tokenizer, &v, err) || read_chat_template(tokenizer, gguf, err) ||
             tokenizer_prepare(tokenizer, err);
    }
    free(v.types);
    free(v.scores);
    if (!rc)
        return tokenizer;
    fail_prefix(err, "%s", path);
    tokenizer_close(tokenizer);
    return NULL;
}
