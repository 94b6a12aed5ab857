/* Added tokens: strings, special ones among them, that are found in the text before
 * anything else is done with it. */
#ifndef SINKGRID_TEXT_ADDED_H
#define SINKGRID_TEXT_ADDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"
#include "text/trie.h"

struct added_token {
    int32_t id;
    struct bytes content;
    bool single_word; /* only where no word character is next to it */
    bool left, right; /* takes the white space before, behind it along ("lstrip", "rstrip") */
    bool normalized;  /* is looked for in the normalized text */
    bool special;
};

struct added_tokens {
    struct added_token *items;
    size_t n, capacity;
    int32_t max_id;              /* -1: none */
    struct trie raw, normalized; /* values: indices of items */
};

void added_tokens_init(struct added_tokens *added);
void added_tokens_clear(struct added_tokens *added);

/* Takes the token over, content included; one with the same content is replaced. */
void added_tokens_put(struct added_tokens *added, struct added_token token);

const struct added_token *added_tokens_find(const struct added_tokens *added, const char *content, size_t n);
const struct added_token *added_tokens_of_id(const struct added_tokens *added, int32_t id);

/* A range of the text: an added token, or what lies between. */
struct added_match {
    size_t begin, end;
    const struct added_token *token; /* NULL: text */
};

/* Iterates over the ranges of a text: the longest token at the leftmost place. */
struct added_scan {
    const struct added_tokens *added;
    const struct trie *trie; /* &added->raw or &added->normalized */
    const char *text;
    size_t n;
    size_t from;             /* where the search goes on */
    size_t behind;           /* end of the last range */
    struct added_match held; /* a token whose text before it was handed out first */
};
struct added_scan added_scan_begin(const struct added_tokens *added, bool normalized, const char *text, size_t n);
bool added_scan_next(struct added_scan *scan, struct added_match *match);

#endif
