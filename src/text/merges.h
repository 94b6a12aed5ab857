/* The merges of a BPE model: (left id, right id) -> rank and id of the joined
 * token. The lower rank is merged first. */
#ifndef SINKGRID_TEXT_MERGES_H
#define SINKGRID_TEXT_MERGES_H

#include <stddef.h>
#include <stdint.h>

struct merge {
    uint64_t pair; /* left << 32 | right */
    uint32_t rank;
    int32_t joined;
};

struct merges {
    struct merge *slots; /* open addressing; pair UINT64_MAX: free */
    size_t n, n_slots;   /* a power of two, at least twice n */
};

void merges_reserve(struct merges *merges, size_t n);
/* A pair that is there already gets the new rank, as in the reference. */
void merges_put(struct merges *merges, int32_t left, int32_t right, uint32_t rank, int32_t joined);
void merges_clear(struct merges *merges);

static inline size_t merges_slot(const struct merges *merges, uint64_t pair)
{
    uint64_t h = pair * 0x9e3779b97f4a7c15u;

    return (size_t)(h ^ h >> 32) & (merges->n_slots - 1);
}

/* NULL if the pair does not merge. */
static inline const struct merge *merges_find(const struct merges *merges, int32_t left, int32_t right)
{
    uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;

    if (merges->n_slots == 0)
        return NULL;
    for (size_t i = merges_slot(merges, pair);; i = (i + 1) & (merges->n_slots - 1)) {
        const struct merge *merge = &merges->slots[i];
        if (merge->pair == pair)
            return merge;
        if (merge->pair == UINT64_MAX)
            return NULL;
    }
}

#endif
