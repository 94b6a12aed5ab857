/* Ids and the bytes of their tokens, both ways. */
#ifndef SINKGRID_TEXT_VOCAB_H
#define SINKGRID_TEXT_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"

enum { VOCAB_MAX_ID = (1 << 22) - 1 }; /* published vocabularies have up to 2^18 ids */

struct vocab_entry {
    uint32_t offset, length; /* in the pool */
    bool present;            /* ids may have holes */
};

/* The hash's other half spares most looks into the pool. */
struct vocab_slot {
    uint32_t tag;
    int32_t id; /* -1: free */
};

struct vocab {
    struct bytes pool;
    struct vocab_entry *entries; /* (n) */
    size_t n, capacity;          /* n: one more than the largest id */
    size_t n_present;
    struct vocab_slot *slots; /* open addressing */
    size_t n_slots;           /* a power of two, more than twice the tokens */
};

/* Room for n tokens, so that the table is not rebuilt while it is filled. */
void vocab_reserve(struct vocab *vocab, size_t n);

/* Gives `id` the token; the last of several ids with the same bytes is the one
 * that vocab_find returns, as in the reference. False if id is out of
 * [0, VOCAB_MAX_ID] or the pool would exceed 4 GiB. */
bool vocab_put(struct vocab *vocab, int32_t id, const char *text, size_t n);

int32_t vocab_find(const struct vocab *vocab, const char *text, size_t n); /* -1: none */

/* The bytes of an id, borrowed until the next vocab_put; NULL if it has none. */
const char *vocab_text(const struct vocab *vocab, int32_t id, size_t *n);

void vocab_clear(struct vocab *vocab);

#endif
