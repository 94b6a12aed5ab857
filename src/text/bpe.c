#include "text/bpe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

enum {
    SHORT_WORD = 24, /* up to here scanning for the least rank beats a heap */
    NO_RANK = UINT32_MAX,
};

static void add_symbol(struct bpe_scratch *scratch, int32_t id, size_t begin, size_t length)
{
    scratch->symbols = array_grow(scratch->symbols, scratch->n, &scratch->capacity, sizeof *scratch->symbols);
    scratch->symbols[scratch->n++] =
        (struct bpe_symbol){.id = id, .begin = (uint32_t)begin, .length = (uint32_t)length};
}

static int32_t find_character(const struct bpe *bpe, const struct vocab *vocab, const char *text, size_t n,
                              bool is_first, bool is_last, struct bytes *affixed)
{
    const char *prefix = is_first ? NULL : bpe->continuing_prefix, *suffix = is_last ? bpe->end_suffix : NULL;

    if (!prefix && !suffix)
        return n == 1 ? bpe->ascii_ids[(unsigned char)*text] : vocab_find(vocab, text, n);
    affixed->n = 0;
    if (prefix)
        bytes_append_text(affixed, prefix);
    bytes_append(affixed, text, n);
    if (suffix)
        bytes_append_text(affixed, suffix);
    return vocab_find(vocab, affixed->data, affixed->n);
}

static bool add_bytes(const struct bpe *bpe, const char *text, size_t n, struct bpe_scratch *scratch)
{
    for (size_t i = 0; i < n; i++)
        if (bpe->byte_ids[(unsigned char)text[i]] < 0)
            return false;
    for (size_t i = 0; i < n; i++)
        add_symbol(scratch, bpe->byte_ids[(unsigned char)text[i]], 0, 0);
    return true;
}

/* Characters to ids. An unknown is held back until a known character follows, so
 * that a run can be fused; bytes do not release it, as in the reference. */
static void split_characters(const struct bpe *bpe, const struct vocab *vocab, const char *word, size_t n,
                             struct bpe_scratch *scratch)
{
    bool held = false;

    scratch->n = 0;
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length(word[i]);
        int32_t id = find_character(bpe, vocab, word + i, length, i == 0, i + length == n, &scratch->affixed);
        if (id >= 0) {
            if (held)
                add_symbol(scratch, bpe->unknown, 0, 0);
            held = false;
            add_symbol(scratch, id, i, length);
        } else if (!(bpe->byte_fallback && add_bytes(bpe, word + i, length, scratch)) && bpe->unknown >= 0) {
            if (held && !bpe->fuse_unknown)
                add_symbol(scratch, bpe->unknown, 0, 0);
            held = true;
        }
    }
    if (held)
        add_symbol(scratch, bpe->unknown, 0, 0);
}

/* One word in the making. */
struct word {
    const struct bpe *bpe;
    const struct vocab *vocab;
    const char *text;
    struct bpe_scratch *scratch;
};

/* SentencePiece: the two merge if their text together is a token. */
static void set_pair_by_text(const struct word *w, struct bpe_symbol *left, const struct bpe_symbol *right)
{
    int32_t joined = -1;

    if (left->length > 0 && right->length > 0)
        joined = vocab_find(w->vocab, w->text + left->begin, left->length + right->length);
    left->rank = joined >= 0 && (size_t)joined < w->bpe->n_ranks ? w->bpe->ranks[joined] : NO_RANK;
    left->joined = joined;
}

static void set_pair(const struct word *w, struct bpe_symbol *left, const struct bpe_symbol *right)
{
    const struct merge *merge = NULL;

    left->rank = NO_RANK;
    if (!right)
        return;
    if (w->bpe->ranks) {
        set_pair_by_text(w, left, right);
        return;
    }
    merge = merges_find(&w->bpe->merges, left->id, right->id);
    if (merge) {
        left->rank = merge->rank;
        left->joined = merge->joined;
    }
}

/* `left` becomes the two of them together. */
static void join(struct bpe_symbol *left, const struct bpe_symbol *right)
{
    left->id = left->joined;
    left->length += right->length;
}

/* O(n^2) with a small constant. */
static void merge_short(const struct word *w)
{
    struct bpe_symbol *s = w->scratch->symbols;
    size_t n = w->scratch->n;

    for (size_t i = 0; i < n; i++)
        set_pair(w, &s[i], i + 1 < n ? &s[i + 1] : NULL);
    for (;;) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (s[i].rank < s[best].rank)
                best = i;
        if (n < 2 || s[best].rank == NO_RANK)
            break;
        join(&s[best], &s[best + 1]);
        n--;
        memmove(&s[best + 1], &s[best + 2], (n - best - 1) * sizeof *s);
        set_pair(w, &s[best], best + 1 < n ? &s[best + 1] : NULL);
        if (best > 0)
            set_pair(w, &s[best - 1], &s[best]);
    }
    w->scratch->n = n;
}

static void heap_push(struct bpe_scratch *scratch, uint64_t key)
{
    scratch->heap = array_grow(scratch->heap, scratch->n_heap, &scratch->heap_capacity, sizeof *scratch->heap);
    size_t i = scratch->n_heap++;
    for (; i > 0 && scratch->heap[(i - 1) / 2] > key; i = (i - 1) / 2)
        scratch->heap[i] = scratch->heap[(i - 1) / 2];
    scratch->heap[i] = key;
}

static uint64_t heap_pop(struct bpe_scratch *scratch)
{
    uint64_t *heap = scratch->heap, top = heap[0], last = heap[--scratch->n_heap];
    size_t i = 0, n = scratch->n_heap;

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[child] >= last)
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

static void push_pair(const struct word *w, int32_t i)
{
    struct bpe_symbol *s = w->scratch->symbols;

    set_pair(w, &s[i], s[i].next >= 0 ? &s[s[i].next] : NULL);
    if (s[i].rank != NO_RANK)
        heap_push(w->scratch, (uint64_t)s[i].rank << 32 | (uint32_t)i);
}

static void link_symbols(const struct word *w)
{
    struct bpe_scratch *scratch = w->scratch;
    int32_t n = (int32_t)scratch->n;

    scratch->n_heap = 0;
    for (int32_t i = 0; i < n; i++) {
        scratch->symbols[i].previous = i - 1;
        scratch->symbols[i].next = i + 1 < n ? i + 1 : -1;
    }
    for (int32_t i = 0; i < n; i++)
        push_pair(w, i);
}

static void join_with_next(const struct word *w, int32_t i)
{
    struct bpe_symbol *s = w->scratch->symbols;
    int32_t right = s[i].next;

    join(&s[i], &s[right]);
    s[i].next = s[right].next;
    s[right].rank = NO_RANK;
    if (s[i].next >= 0)
        s[s[i].next].previous = i;
    push_pair(w, i);
    if (s[i].previous >= 0)
        push_pair(w, s[i].previous);
}

/* O(n log n): a heap whose stale entries are those with another rank than their symbol has now. */
static void merge_long(const struct word *w)
{
    struct bpe_scratch *scratch = w->scratch;
    size_t kept = 0;

    link_symbols(w);
    while (scratch->n_heap > 0) {
        uint64_t top = heap_pop(scratch);
        int32_t i = (int32_t)(top & INT32_MAX);
        if (scratch->symbols[i].rank == top >> 32)
            join_with_next(w, i);
    }
    for (int32_t i = 0; i >= 0; i = scratch->symbols[i].next)
        scratch->symbols[kept++].id = scratch->symbols[i].id;
    scratch->n = kept;
}

void bpe_encode(const struct bpe *bpe, const struct vocab *vocab, const char *word, size_t n,
                struct bpe_scratch *scratch, struct tokens *tokens)
{
    const struct word w = {bpe, vocab, word, scratch};
    int32_t whole = bpe->ignore_merges ? vocab_find(vocab, word, n) : -1;

    if (whole >= 0) {
        tokens_append(tokens, whole);
        return;
    }
    split_characters(bpe, vocab, word, n, scratch);
    if (scratch->n > SHORT_WORD)
        merge_long(&w);
    else
        merge_short(&w);
    for (size_t i = 0; i < scratch->n; i++)
        tokens_append(tokens, scratch->symbols[i].id);
}

void bpe_scratch_clear(struct bpe_scratch *scratch)
{
    free(scratch->symbols);
    free(scratch->heap);
    bytes_clear(&scratch->affixed);
    *scratch = (struct bpe_scratch){0};
}
