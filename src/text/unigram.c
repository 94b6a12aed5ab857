#include "text/unigram.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

static const double UNKNOWN_PENALTY = 10.0; /* sentencepiece, unigram_model.cc */

void unigram_init(struct unigram *unigram)
{
    *unigram = (struct unigram){.unknown = -1, .fuse_unknown = true};
    trie_init(&unigram->pieces);
}

void unigram_clear(struct unigram *unigram)
{
    free(unigram->scores);
    trie_clear(&unigram->pieces);
}

void unigram_prepare(struct unigram *unigram, const struct vocab *vocab, const bool *matched)
{
    double least = DBL_MAX;
    char name[8];
    size_t n;

    for (size_t id = 0; id < unigram->n; id++) {
        const char *text = vocab_text(vocab, (int32_t)id, &n);
        if (!text || (matched && !matched[id]))
            continue;
        least = unigram->scores[id] < least ? unigram->scores[id] : least;
        if (n > 0 && vocab_find(vocab, text, n) == (int32_t)id)
            trie_put(&unigram->pieces, text, n, (int32_t)id);
    }
    unigram->unknown_score = least - UNKNOWN_PENALTY;
    for (int b = 0; b < 256; b++) {
        int length = snprintf(name, sizeof name, "<0x%02X>", (unsigned)b);
        unigram->byte_ids[b] = vocab_find(vocab, name, (size_t)length);
    }
}

static void offer(struct unigram_node *node, size_t begin, int32_t id, double score)
{
    if (node->id < 0 || score > node->score)
        *node = (struct unigram_node){score, begin, id};
}

static double add_score(const struct unigram *unigram, double sum, double score)
{
    return unigram->single_precision ? (double)((float)sum + (float)score) : sum + score;
}

/* All pieces that begin at `begin`; a character that is no piece of its own is offered as unknown. */
static void reach_from(const struct unigram *unigram, const char *word, size_t n, size_t begin, int32_t unknown,
                       struct unigram_node *nodes)
{
    size_t length = utf8_length(word[begin]);
    bool single = false;
    uint32_t state = 0;

    for (size_t end = begin; end < n;) {
        state = trie_step(&unigram->pieces, state, (uint8_t)word[end++]);
        if (!state)
            break;
        int32_t id = unigram->pieces.nodes[state].value;
        if (id < 0)
            continue;
        offer(&nodes[end], begin, id, add_score(unigram, nodes[begin].score, unigram->scores[id]));
        single |= end - begin == length;
    }
    if (!single)
        offer(&nodes[begin + length], begin, unknown, add_score(unigram, nodes[begin].score, unigram->unknown_score));
}

/* Goes back along the best pieces; a run of unknown ones becomes one. */
static void collect_cuts(const struct unigram *unigram, size_t n, struct unigram_scratch *scratch, int32_t unknown)
{
    bool in_run = false;

    scratch->n_cuts = 0;
    for (size_t end = n; end > 0; end = scratch->nodes[end].begin) {
        const struct unigram_node *node = &scratch->nodes[end];
        bool is_unknown = node->id == unknown;
        if (is_unknown && in_run && unigram->fuse_unknown) {
            scratch->cuts[scratch->n_cuts - 1].begin = node->begin;
        } else {
            scratch->cuts = array_grow(scratch->cuts, scratch->n_cuts, &scratch->cuts_capacity, sizeof *scratch->cuts);
            scratch->cuts[scratch->n_cuts++] = (struct piece){node->begin, end, is_unknown};
        }
        in_run = is_unknown;
    }
}

static int append_unknown(const struct unigram *unigram, const char *text, size_t n, struct tokens *tokens,
                          struct error *err)
{
    bool as_bytes = unigram->byte_fallback;

    for (size_t i = 0; i < n && as_bytes; i++)
        as_bytes = unigram->byte_ids[(unsigned char)text[i]] >= 0;
    for (size_t i = 0; i < n && as_bytes; i++)
        tokens_append(tokens, unigram->byte_ids[(unsigned char)text[i]]);
    if (as_bytes)
        return 0;
    if (unigram->unknown < 0)
        return fail(err, "the text has a character that the tokenizer lacks, and it has no unknown token");
    tokens_append(tokens, unigram->unknown);
    return 0;
}

int unigram_encode(const struct unigram *unigram, const struct vocab *vocab, const char *word, size_t n,
                   struct unigram_scratch *scratch, struct tokens *tokens, struct error *err)
{
    /* An id that no piece has, where the model names no unknown token. */
    int32_t unknown = unigram->unknown >= 0 ? unigram->unknown : INT32_MAX;

    scratch->nodes = array_grow(scratch->nodes, n + 1, &scratch->capacity, sizeof *scratch->nodes);
    for (size_t i = 0; i <= n; i++)
        scratch->nodes[i].id = -1;
    scratch->nodes[0].score = 0;
    for (size_t i = 0; i < n; i += utf8_length(word[i]))
        reach_from(unigram, word, n, i, unknown, scratch->nodes);
    collect_cuts(unigram, n, scratch, unknown);
    for (size_t i = scratch->n_cuts; i-- > 0;) {
        const struct piece *cut = &scratch->cuts[i];
        int32_t id = vocab_find(vocab, word + cut->begin, cut->end - cut->begin);
        if (id >= 0)
            tokens_append(tokens, id);
        else if (append_unknown(unigram, word + cut->begin, cut->end - cut->begin, tokens, err))
            return -1;
    }
    return 0;
}

void unigram_scratch_clear(struct unigram_scratch *scratch)
{
    free(scratch->nodes);
    free(scratch->cuts);
    *scratch = (struct unigram_scratch){0};
}
