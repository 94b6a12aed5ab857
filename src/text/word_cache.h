/* The words that one call of the tokenizer has met, and their ids. */
#ifndef SINKGRID_TEXT_WORD_CACHE_H
#define SINKGRID_TEXT_WORD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"

struct cached_word {
    uint64_t hash;
    size_t text; /* offset in the pool */
    size_t ids;  /* index of its first id among the ids that the call has appended */
    uint32_t length, n_ids;
};

struct word_cache {
    struct cached_word *slots; /* open addressing; length 0: free */
    size_t n, n_slots;
    struct bytes pool;
};

/* NULL if the word is new. Then *hash is what word_cache_put wants. */
const struct cached_word *word_cache_find(const struct word_cache *cache, const char *word, size_t n, uint64_t *hash);
void word_cache_put(struct word_cache *cache, const char *word, size_t n, uint64_t hash, size_t ids, size_t n_ids);
void word_cache_clear(struct word_cache *cache);

#endif
