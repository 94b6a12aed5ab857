/* Memory that is released all at once. */
#ifndef SINKGRID_TEXT_ARENA_H
#define SINKGRID_TEXT_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks;
    size_t used; /* bytes handed out so far: its user sets the limit */
};

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t n, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t n); /* with a terminating zero */
void arena_clear(struct arena *arena);

#endif
