/* Byte pair encoding (Sennrich, Haddow, Birch 2016, arXiv 1508.07909) of one word:
 * characters become ids, then the adjacent pair of lowest rank, leftmost first, is
 * merged until none is left. One model serves byte-level BPE, whose words are
 * written in the byte alphabet, and SentencePiece BPE, whose ranks are scores. */
#ifndef SINKGRID_TEXT_BPE_H
#define SINKGRID_TEXT_BPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/merges.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

struct bpe {
    struct merges merges;
    /* SentencePiece's files have no merges: there two neighbours merge where their
     * text together is a token, whose rank is ranks[id] (UINT32_MAX: never). NULL: by
     * merges. (n_ranks) */
    uint32_t *ranks;
    size_t n_ranks;
    int32_t unknown;         /* -1: characters without an id are dropped */
    int32_t byte_ids[256];   /* <0x00> ... <0xFF>, -1 where there is none */
    bool byte_fallback;      /* characters without an id become bytes */
    bool fuse_unknown;       /* runs of unknown characters become one id */
    bool ignore_merges;      /* a word that is a token is that token */
    char *continuing_prefix; /* put before every character but a word's first; NULL: none */
    char *end_suffix;        /* put behind a word's last character; NULL: none */
    int32_t ascii_ids[128];  /* ids of ASCII characters, a shortcut where there is no prefix or suffix */
    /* A word may be cut before U+2581 (SentencePiece's space) without a change of
     * ids where no merged token has it behind a character that ends in that byte. */
    bool cuts;
    bool glued[256];
};

struct bpe_symbol {
    int32_t id;
    uint32_t begin, length; /* of its text in the word; length 0: unknown, or a byte */
    uint32_t rank;          /* of the pair with the next symbol; UINT32_MAX: none */
    int32_t joined;
    int32_t previous, next; /* -1: none; used for long words only */
};

struct bpe_scratch {
    struct bpe_symbol *symbols;
    size_t n, capacity;
    uint64_t *heap; /* rank << 32 | position */
    size_t n_heap, heap_capacity;
    struct bytes affixed;
};

void bpe_init(struct bpe *bpe);
void bpe_clear(struct bpe *bpe);

/* Ranks tokens by falling score, equal scores equally: then the leftmost pair is
 * merged first, as in sentencepiece. scores, matched: (n) by id; matched: whether text
 * may become the token (not: control, unknown, byte). */
void bpe_rank_by_score(struct bpe *bpe, const float *scores, const bool *matched, size_t n);

/* To be called when vocabulary and merges are complete. */
void bpe_prepare(struct bpe *bpe, const struct vocab *vocab);

/* Length of the first part of a word that can be encoded on its own (n: all of it). */
size_t bpe_first_part(const struct bpe *bpe, const char *word, size_t n);

/* Appends the ids of one word (n < 2^31 bytes of UTF-8). O(n log n). */
void bpe_encode(const struct bpe *bpe, const struct vocab *vocab, const char *word, size_t n,
                struct bpe_scratch *scratch, struct tokens *tokens);
void bpe_scratch_clear(struct bpe_scratch *scratch);

#endif
