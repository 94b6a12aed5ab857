#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/model.h"
#include "text/utf8.h"
#include "text/word_cache.h"
#include "weights/weights.h"

enum { MAX_TEXT = 1 << 30 }; /* bytes: positions within a word are int32 */

/* One call's work space. */
struct encoder {
    const struct tokenizer *tokenizer;
    struct bytes text; /* repaired */
    struct bytes normalized, spare;
    struct pieces pieces, spare_pieces;
    struct split_scratch split;
    struct bpe_scratch bpe;
    struct unigram_scratch unigram;
    struct word_cache cache;
    struct tokens *tokens;
};

static void encoder_clear(struct encoder *e)
{
    bytes_clear(&e->text);
    bytes_clear(&e->normalized);
    bytes_clear(&e->spare);
    pieces_clear(&e->pieces);
    pieces_clear(&e->spare_pieces);
    split_scratch_clear(&e->split);
    bpe_scratch_clear(&e->bpe);
    unigram_scratch_clear(&e->unigram);
    word_cache_clear(&e->cache);
}

void tokens_append(struct tokens *tokens, int32_t id)
{
    tokens->ids = array_grow(tokens->ids, tokens->n, &tokens->capacity, sizeof *tokens->ids);
    tokens->ids[tokens->n++] = id;
}

void tokens_clear(struct tokens *tokens)
{
    free(tokens->ids);
    *tokens = (struct tokens){0};
}

/* The ids of a word met before are copied from where they were first appended. */
static void append_again(struct tokens *tokens, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tokens_append(tokens, tokens->ids[from + i]);
}

static int encode_word(struct encoder *e, const char *word, size_t n, struct error *err)
{
    const struct tokenizer *t = e->tokenizer;
    uint64_t hash = 0;
    const struct cached_word *known = word_cache_find(&e->cache, word, n, &hash);
    size_t start = e->tokens->n;

    if (known) {
        append_again(e->tokens, known->ids, known->n_ids);
        return 0;
    }
    if (!t->is_unigram)
        bpe_encode(&t->bpe, &t->vocab, word, n, &e->bpe, e->tokens);
    else if (unigram_encode(&t->unigram, &t->vocab, word, n, &e->unigram, e->tokens, err))
        return -1;
    word_cache_put(&e->cache, word, n, hash, start, e->tokens->n - start);
    return 0;
}

static int encode_piece(struct encoder *e, const char *text, size_t n, struct error *err)
{
    while (n > 0) {
        size_t part = e->tokenizer->is_unigram ? n : bpe_first_part(&e->tokenizer->bpe, text, n);
        if (encode_word(e, text, part, err))
            return -1;
        text += part;
        n -= part;
    }
    return 0;
}

/* Text without added tokens, normalized. */
static int encode_plain(struct encoder *e, const char *text, size_t n, bool first, struct error *err)
{
    struct pieces *pieces = &e->pieces;

    pieces->n = pieces->text.n = 0;
    bytes_append(&pieces->text, text, n);
    pieces_append(pieces, 0, n, first);
    if (pretokenizer_run(&e->tokenizer->pretokenizer, pieces, &e->spare_pieces, &e->split, err))
        return -1;
    for (size_t i = 0; i < pieces->n; i++)
        if (encode_piece(e, pieces->text.data + pieces->items[i].begin, pieces->items[i].end - pieces->items[i].begin,
                         err))
            return -1;
    return 0;
}

/* Text between the added tokens that are looked for as written. */
static int encode_between(struct encoder *e, const char *text, size_t n, bool first, struct error *err)
{
    struct added_match match;

    e->normalized.n = 0;
    bytes_append(&e->normalized, text, n);
    if (normalizer_run(&e->tokenizer->normalizer, &e->normalized, first, &e->spare, &e->split, err))
        return -1;
    const char *data = e->normalized.data;
    struct added_scan scan = added_scan_begin(&e->tokenizer->added, true, data, e->normalized.n);
    while (added_scan_next(&scan, &match))
        if (match.token)
            tokens_append(e->tokens, match.token->id);
        else if (encode_plain(e, data + match.begin, match.end - match.begin, first && match.begin == 0, err))
            return -1;
    return 0;
}

static int encode_text(struct encoder *e, struct error *err)
{
    struct added_match match;
    struct added_scan scan = added_scan_begin(&e->tokenizer->added, false, e->text.data, e->text.n);

    while (added_scan_next(&scan, &match))
        if (match.token)
            tokens_append(e->tokens, match.token->id);
        else if (encode_between(e, e->text.data + match.begin, match.end - match.begin, match.begin == 0, err))
            return -1;
    return 0;
}

int tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length, enum tokenizer_special special,
                     struct tokens *tokens, size_t *n_replaced, struct error *err)
{
    struct encoder e = {.tokenizer = tokenizer, .tokens = tokens};
    const struct post *post = &tokenizer->post;
    size_t start = tokens->n;

    if (length > MAX_TEXT)
        return fail(err, "a text of %zu bytes; at most %d can be encoded at once", length, MAX_TEXT);
    size_t n_bad = utf8_append_repaired(&e.text, text, length);
    if (n_replaced)
        *n_replaced = n_bad;
    for (size_t i = 0; special == TOKENIZER_OWN_SPECIAL && i < post->n_before; i++)
        tokens_append(tokens, post->before[i]);
    int rc = encode_text(&e, err);
    for (size_t i = 0; !rc && special == TOKENIZER_OWN_SPECIAL && i < post->n_after; i++)
        tokens_append(tokens, post->after[i]);
    if (rc)
        tokens->n = start;
    encoder_clear(&e);
    return rc;
}

struct tokenizer *tokenizer_open(const char *model_path, const struct weights *weights, struct error *err)
{
    const struct gguf *gguf = weights ? weights_gguf(weights) : NULL;

    return gguf ? source_gguf_open(gguf, model_path, err) : source_folder_open(model_path, err);
}
