#include "text/merges.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void insert(struct merges *merges, struct merge merge)
{
    size_t i = merges_slot(merges, merge.pair);

    while (merges->slots[i].pair != UINT64_MAX && merges->slots[i].pair != merge.pair)
        i = (i + 1) & (merges->n_slots - 1);
    merges->n += merges->slots[i].pair == UINT64_MAX;
    merges->slots[i] = merge;
}

void merges_reserve(struct merges *merges, size_t n)
{
    struct merges bigger = {.n_slots = 64};

    while (bigger.n_slots < 2 * n)
        bigger.n_slots *= 2;
    if (bigger.n_slots <= merges->n_slots)
        return;
    bigger.slots = xrealloc(NULL, bigger.n_slots, sizeof *bigger.slots);
    memset(bigger.slots, 0xff, bigger.n_slots * sizeof *bigger.slots);
    for (size_t i = 0; i < merges->n_slots; i++)
        if (merges->slots[i].pair != UINT64_MAX)
            insert(&bigger, merges->slots[i]);
    free(merges->slots);
    *merges = bigger;
}

void merges_put(struct merges *merges, int32_t left, int32_t right, uint32_t rank, int32_t joined)
{
    merges_reserve(merges, merges->n + 1);
    insert(merges, (struct merge){(uint64_t)(uint32_t)left << 32 | (uint32_t)right, rank, joined});
}

void merges_clear(struct merges *merges)
{
    free(merges->slots);
    *merges = (struct merges){0};
}
