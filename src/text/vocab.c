#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool entry_is(const struct vocab *vocab, int32_t id, const char *text, size_t n)
{
    const struct vocab_entry *entry = &vocab->entries[id];

    return entry->length == n && memcmp(vocab->pool.data + entry->offset, text, n) == 0;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The slot of a token, or the free one where it belongs. */
static size_t find_slot(const struct vocab *vocab, const char *text, size_t n, uint64_t hash)
{
    size_t i = hash & (vocab->n_slots - 1);

    for (;; i = (i + 1) & (vocab->n_slots - 1)) {
        const struct vocab_slot *slot = &vocab->slots[i];
        if (slot->id < 0 || (slot->tag == tag_of(hash) && entry_is(vocab, slot->id, text, n)))
            return i;
    }
}

static void fill_slot(struct vocab *vocab, const char *text, size_t n, int32_t id)
{
    uint64_t hash = bytes_hash(text, n);

    vocab->slots[find_slot(vocab, text, n, hash)] = (struct vocab_slot){tag_of(hash), id};
}

static void rebuild(struct vocab *vocab, size_t n_slots)
{
    free(vocab->slots);
    vocab->n_slots = n_slots;
    vocab->slots = xrealloc(NULL, n_slots, sizeof *vocab->slots);
    memset(vocab->slots, 0xff, n_slots * sizeof *vocab->slots);
    for (size_t id = 0; id < vocab->n; id++) {
        const struct vocab_entry *entry = &vocab->entries[id];
        if (entry->present)
            fill_slot(vocab, vocab->pool.data + entry->offset, entry->length, (int32_t)id);
    }
}

void vocab_reserve(struct vocab *vocab, size_t n)
{
    size_t n_slots = 64;

    while (n_slots <= 2 * n)
        n_slots *= 2;
    if (n_slots > vocab->n_slots)
        rebuild(vocab, n_slots);
}

static void grow_entries(struct vocab *vocab, size_t id)
{
    if (id < vocab->n)
        return;
    vocab->entries = array_grow(vocab->entries, id, &vocab->capacity, sizeof *vocab->entries);
    memset(vocab->entries + vocab->n, 0, (id + 1 - vocab->n) * sizeof *vocab->entries);
    vocab->n = id + 1;
}

bool vocab_put(struct vocab *vocab, int32_t id, const char *text, size_t n)
{
    if (id < 0 || id > VOCAB_MAX_ID || n > UINT32_MAX - vocab->pool.n)
        return false;
    vocab_reserve(vocab, vocab->n_present + 1);
    grow_entries(vocab, (size_t)id);
    /* The pool is there even if all it holds is an empty token. */
    vocab->pool.data = array_grow(vocab->pool.data, vocab->pool.n + n, &vocab->pool.capacity, 1);
    vocab->n_present += !vocab->entries[id].present;
    vocab->entries[id] = (struct vocab_entry){(uint32_t)vocab->pool.n, (uint32_t)n, true};
    bytes_append(&vocab->pool, text, n);
    fill_slot(vocab, text, n, id);
    return true;
}

int32_t vocab_find(const struct vocab *vocab, const char *text, size_t n)
{
    return vocab->n_slots ? vocab->slots[find_slot(vocab, text, n, bytes_hash(text, n))].id : -1;
}

const char *vocab_text(const struct vocab *vocab, int32_t id, size_t *n)
{
    if (id < 0 || (size_t)id >= vocab->n || !vocab->entries[id].present)
        return NULL;
    *n = vocab->entries[id].length;
    return vocab->pool.data + vocab->entries[id].offset;
}

void vocab_clear(struct vocab *vocab)
{
    bytes_clear(&vocab->pool);
    free(vocab->entries);
    free(vocab->slots);
    *vocab = (struct vocab){0};
}
