#include "text/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const special_keys[N_SPECIAL] = {
    [SPECIAL_BOS] = "bos_token",
    [SPECIAL_EOS] = "eos_token",
    [SPECIAL_UNK] = "unk_token",
    [SPECIAL_PAD] = "pad_token",
};

struct tokenizer *tokenizer_create(const char *source)
{
    struct tokenizer *tokenizer = xcalloc(1, sizeof *tokenizer);

    tokenizer->source = source;
    bpe_init(&tokenizer->bpe);
    unigram_init(&tokenizer->unigram);
    added_tokens_init(&tokenizer->added);
    for (int i = 0; i < N_SPECIAL; i++)
        tokenizer->special[i].id = -1;
    return tokenizer;
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    vocab_clear(&tokenizer->vocab);
    bpe_clear(&tokenizer->bpe);
    unigram_clear(&tokenizer->unigram);
    added_tokens_clear(&tokenizer->added);
    normalizer_clear(&tokenizer->normalizer);
    pretokenizer_clear(&tokenizer->pretokenizer);
    for (int i = 0; i < N_SPECIAL; i++)
        free(tokenizer->special[i].text);
    free(tokenizer->chat_template);
    free(tokenizer);
}

void tokenizer_add_token(struct tokenizer *tokenizer, int32_t id, const char *text, size_t n, struct added_token flags)
{
    if (n == 0)
        return;
    flags.id = id;
    flags.content = (struct bytes){0};
    bytes_append(&flags.content, text, n);
    added_tokens_put(&tokenizer->added, flags);
}

int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t n)
{
    const struct added_token *token = added_tokens_find(&tokenizer->added, text, n);

    return token ? token->id : vocab_find(&tokenizer->vocab, text, n);
}

int32_t tokenizer_id_for(const struct tokenizer *tokenizer, const char *text, size_t n)
{
    int32_t known = tokenizer_find(tokenizer, text, n), next = (int32_t)tokenizer->vocab.n_present;

    if (known >= 0)
        return known;
    return tokenizer->added.max_id >= next ? tokenizer->added.max_id + 1 : next;
}

const char *tokenizer_text_of(const struct tokenizer *tokenizer, int32_t id, size_t *n)
{
    const struct added_token *token = added_tokens_of_id(&tokenizer->added, id);

    if (!token)
        return vocab_text(&tokenizer->vocab, id, n);
    *n = token->content.n;
    return token->content.data;
}

const char *tokenizer_special_key(enum tokenizer_special_name name)
{
    return special_keys[name];
}

void tokenizer_set_special(struct tokenizer *tokenizer, enum tokenizer_special_name name, const char *text)
{
    struct special_token *special = &tokenizer->special[name];

    free(special->text);
    special->text = xstrdup(text);
    special->id = tokenizer_find(tokenizer, text, strlen(text));
}

void tokenizer_set_bos_eos(struct tokenizer *tokenizer, bool add_bos, bool add_eos)
{
    const struct special_token *bos = &tokenizer->special[SPECIAL_BOS], *eos = &tokenizer->special[SPECIAL_EOS];
    struct post *post = &tokenizer->post;

    *post = (struct post){0};
    if (add_bos && bos->id >= 0)
        post->before[post->n_before++] = bos->id;
    if (add_eos && eos->id >= 0)
        post->after[post->n_after++] = eos->id;
}

/* Tokens that are looked for in normalized text are found under their normalized form. */
static int normalize_added(struct tokenizer *tokenizer, struct error *err)
{
    struct added_tokens *added = &tokenizer->added;
    struct split_scratch scratch = {0};
    struct bytes content = {0}, spare = {0};
    int rc = 0;

    if (tokenizer->normalizer.n == 0 || tokenizer->added_verbatim)
        return 0;
    trie_clear(&added->normalized);
    trie_init(&added->normalized);
    for (size_t i = 0; i < added->n && !rc; i++) {
        if (!added->items[i].normalized)
            continue;
        content.n = 0;
        bytes_append(&content, added->items[i].content.data, added->items[i].content.n);
        rc = normalizer_run(&tokenizer->normalizer, &content, true, &spare, &scratch, err);
        if (!rc)
            trie_put(&added->normalized, content.data, content.n, (int32_t)i);
    }
    bytes_clear(&content);
    bytes_clear(&spare);
    split_scratch_clear(&scratch);
    return rc;
}

int tokenizer_prepare(struct tokenizer *tokenizer, struct error *err)
{
    if (!tokenizer->is_unigram)
        bpe_prepare(&tokenizer->bpe, &tokenizer->vocab);
    tokenizer->writes_bytes =
        pretokenizer_is_byte_level(&tokenizer->pretokenizer) || normalizer_is_byte_level(&tokenizer->normalizer);
    return normalize_added(tokenizer, err);
}

static enum tokenizer_special_name special_name(const char *key)
{
    int name = 0;

    while (name < N_SPECIAL && strcmp(special_keys[name], key) != 0)
        name++;
    return (enum tokenizer_special_name)name;
}

const char *tokenizer_special_text(const struct tokenizer *tokenizer, const char *name)
{
    enum tokenizer_special_name i = special_name(name);

    return i < N_SPECIAL ? tokenizer->special[i].text : NULL;
}

int32_t tokenizer_special_id(const struct tokenizer *tokenizer, const char *name)
{
    enum tokenizer_special_name i = special_name(name);

    return i < N_SPECIAL ? tokenizer->special[i].id : -1;
}

int32_t tokenizer_bos(const struct tokenizer *tokenizer)
{
    return tokenizer->special[SPECIAL_BOS].id;
}

int32_t tokenizer_eos(const struct tokenizer *tokenizer)
{
    return tokenizer->special[SPECIAL_EOS].id;
}

bool tokenizer_adds_bos(const struct tokenizer *tokenizer)
{
    return tokenizer->post.n_before > 0;
}

size_t tokenizer_size(const struct tokenizer *tokenizer)
{
    size_t n = tokenizer->vocab.n, n_added = (size_t)(tokenizer->added.max_id + 1);

    return n_added > n ? n_added : n;
}

const char *tokenizer_kind(const struct tokenizer *tokenizer)
{
    if (tokenizer->is_unigram)
        return "unigram";
    return tokenizer->writes_bytes ? "byte-level BPE" : tokenizer->bpe.byte_fallback ? "SentencePiece BPE" : "BPE";
}

const char *tokenizer_source(const struct tokenizer *tokenizer)
{
    return tokenizer->source;
}

const char *tokenizer_chat_template(const struct tokenizer *tokenizer)
{
    return tokenizer->chat_template;
}
