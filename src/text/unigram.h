/* The unigram language model (Kudo 2018, arXiv 1804.10959): of all ways to cut a
 * word into pieces the one of the greatest sum of log probabilities. */
#ifndef SINKGRID_TEXT_UNIGRAM_H
#define SINKGRID_TEXT_UNIGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/vocab.h"

struct unigram {
    double *scores; /* (n) by id */
    size_t n;
    double unknown_score;  /* least score - 10 (sentencepiece's kUnkPenalty) */
    int32_t unknown;       /* -1: text with an unknown character is an error */
    int32_t byte_ids[256]; /* as in struct bpe */
    bool byte_fallback;
    bool fuse_unknown;
    bool single_precision; /* sums of scores are rounded to float, as sentencepiece's own are */
    struct trie pieces;
};

struct unigram_node {
    double score; /* of the best way to cut the text up to here */
    size_t begin; /* of its last piece */
    int32_t id;   /* of its last piece; -1: not reached */
};

struct unigram_scratch {
    struct unigram_node *nodes; /* (word length + 1) */
    size_t capacity;
    struct piece *cuts; /* the best pieces, last one first */
    size_t n_cuts, cuts_capacity;
};

void unigram_init(struct unigram *unigram);
void unigram_clear(struct unigram *unigram);

/* To be called when vocabulary and scores are complete. `matched(id)`: whether text is compared with the piece. */
void unigram_prepare(struct unigram *unigram, const struct vocab *vocab, const bool *matched);

/* Appends the ids of one word. */
int unigram_encode(const struct unigram *unigram, const struct vocab *vocab, const char *word, size_t n,
                   struct unigram_scratch *scratch, struct tokens *tokens, struct error *err);
void unigram_scratch_clear(struct unigram_scratch *scratch);

#endif
