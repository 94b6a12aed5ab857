#include "text/word_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    LONGEST = 256, /* longer words hardly come twice */
    FIRST_SLOTS = 1024,
    MOST_WORDS = 1 << 18,
};

static struct cached_word *find_slot(const struct word_cache *cache, const char *word, size_t n, uint64_t hash)
{
    size_t i = hash & (cache->n_slots - 1);

    for (;; i = (i + 1) & (cache->n_slots - 1)) {
        struct cached_word *slot = &cache->slots[i];
        if (slot->length == 0 ||
            (slot->hash == hash && slot->length == n && memcmp(cache->pool.data + slot->text, word, n) == 0))
            return slot;
    }
}

const struct cached_word *word_cache_find(const struct word_cache *cache, const char *word, size_t n, uint64_t *hash)
{
    if (n > LONGEST)
        return NULL;
    *hash = bytes_hash(word, n);
    if (!cache->n_slots)
        return NULL;
    const struct cached_word *slot = find_slot(cache, word, n, *hash);
    return slot->length ? slot : NULL;
}

static void grow(struct word_cache *cache)
{
    struct word_cache old = *cache;

    cache->n_slots = old.n_slots ? 2 * old.n_slots : FIRST_SLOTS;
    cache->slots = xcalloc(cache->n_slots, sizeof *cache->slots);
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].length)
            *find_slot(cache, old.pool.data + old.slots[i].text, old.slots[i].length, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

void word_cache_put(struct word_cache *cache, const char *word, size_t n, uint64_t hash, size_t ids, size_t n_ids)
{
    if (n == 0 || n > LONGEST || cache->n == MOST_WORDS)
        return;
    if (2 * cache->n >= cache->n_slots)
        grow(cache);
    *find_slot(cache, word, n, hash) = (struct cached_word){hash, cache->pool.n, ids, (uint32_t)n, (uint32_t)n_ids};
    bytes_append(&cache->pool, word, n);
    cache->n++;
}

void word_cache_clear(struct word_cache *cache)
{
    free(cache->slots);
    bytes_clear(&cache->pool);
    *cache = (struct word_cache){0};
}
