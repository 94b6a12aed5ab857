/* What is derived from a BPE model's files once, when it is opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/bpe.h"

enum { MARK = 3 };
static const char SPACE_MARK[] = "\xe2\x96\x81"; /* U+2581 */

void bpe_init(struct bpe *bpe)
{
    *bpe = (struct bpe){.unknown = -1};
    memset(bpe->byte_ids, 0xff, sizeof bpe->byte_ids);
    memset(bpe->ascii_ids, 0xff, sizeof bpe->ascii_ids);
}

void bpe_clear(struct bpe *bpe)
{
    merges_clear(&bpe->merges);
    free(bpe->ranks);
    free(bpe->continuing_prefix);
    free(bpe->end_suffix);
}

/* Notes the byte before every U+2581 that stands behind another character. */
static void note_glue(struct bpe *bpe, const char *text, size_t n)
{
    for (size_t i = 1; i + MARK <= n; i++)
        if (memcmp(text + i, SPACE_MARK, MARK) == 0 && (i < MARK || memcmp(text + i - MARK, SPACE_MARK, MARK) != 0))
            bpe->glued[(unsigned char)text[i - 1]] = true;
}

static void prepare_cuts(struct bpe *bpe, const struct vocab *vocab)
{
    size_t n;

    bpe->cuts =
        !bpe->ignore_merges && !bpe->continuing_prefix && !bpe->end_suffix && vocab_find(vocab, SPACE_MARK, MARK) >= 0;
    for (size_t i = 0; bpe->cuts && i < bpe->merges.n_slots; i++) {
        const struct merge *merge = &bpe->merges.slots[i];
        const char *text = merge->pair == UINT64_MAX ? NULL : vocab_text(vocab, merge->joined, &n);
        if (text)
            note_glue(bpe, text, n);
    }
    for (size_t id = 0; bpe->cuts && id < bpe->n_ranks; id++) {
        const char *text = bpe->ranks[id] == UINT32_MAX ? NULL : vocab_text(vocab, (int32_t)id, &n);
        if (text)
            note_glue(bpe, text, n);
    }
}

void bpe_prepare(struct bpe *bpe, const struct vocab *vocab)
{
    char text[8];

    for (int b = 0; b < 256; b++) {
        int n = snprintf(text, sizeof text, "<0x%02X>", (unsigned)b);
        bpe->byte_ids[b] = vocab_find(vocab, text, (size_t)n);
    }
    for (int c = 0; c < 128; c++)
        bpe->ascii_ids[c] = vocab_find(vocab, &(char){(char)c}, 1);
    prepare_cuts(bpe, vocab);
}

size_t bpe_first_part(const struct bpe *bpe, const char *word, size_t n)
{
    const char *at = word + 1;

    if (!bpe->cuts || n < 1)
        return n;
    while ((at = memmem(at, n - (size_t)(at - word), SPACE_MARK, MARK))) {
        bool behind_mark = at - word >= MARK && memcmp(at - MARK, SPACE_MARK, MARK) == 0;
        if (!behind_mark && !bpe->glued[(unsigned char)at[-1]])
            return (size_t)(at - word);
        at += MARK;
    }
    return n;
}

struct ranked {
    float score;
    int32_t id;
};

static int by_score(const void *a, const void *b)
{
    float x = ((const struct ranked *)a)->score, y = ((const struct ranked *)b)->score;

    return (x < y) - (x > y);
}

void bpe_rank_by_score(struct bpe *bpe, const float *scores, const bool *matched, size_t n)
{
    struct ranked *order = xcalloc(n, sizeof *order);
    uint32_t rank = 0;
    size_t n_matched = 0;

    bpe->ranks = xcalloc(n, sizeof *bpe->ranks);
    bpe->n_ranks = n;
    memset(bpe->ranks, 0xff, n * sizeof *bpe->ranks);
    for (size_t id = 0; id < n; id++)
        if (matched[id])
            order[n_matched++] = (struct ranked){scores[id], (int32_t)id};
    qsort(order, n_matched, sizeof *order, by_score);
    for (size_t i = 0; i < n_matched; i++) {
        rank += i > 0 && order[i].score < order[i - 1].score;
        bpe->ranks[order[i].id] = rank;
    }
    free(order);
}
