#include "text/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK = 1 << 16, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) char data[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = xcalloc(1, sizeof *block + size);

    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t n, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t bytes;

    if (!size_mul(n, size, &bytes) || bytes > SIZE_MAX / 2)
        abort(); /* callers bound n */
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!block || bytes > block->size - block->used)
        block = add_block(arena, bytes > BLOCK ? bytes : BLOCK);
    void *p = block->data + block->used;
    block->used += bytes;
    arena->used += bytes;
    return p;
}

char *arena_copy(struct arena *arena, const char *text, size_t n)
{
    char *copy = arena_alloc(arena, n + 1, 1);

    if (n > 0)
        memcpy(copy, text, n);
    return copy;
}

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}
