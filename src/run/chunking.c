#include "run/chunking.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* Grows the list. */
struct builder {
    struct chunk_list *list;
    size_t n_segments, segments_capacity, chunks_capacity;
    int tokens; /* in the open chunk */
    bool open;
};

static void open_chunk(struct builder *builder)
{
    struct chunk_list *list = builder->list;

    list->chunks = array_grow(list->chunks, (size_t)list->n, &builder->chunks_capacity, sizeof *list->chunks);
    list->chunks[list->n++] = (struct chunk){0};
    builder->tokens = 0;
    builder->open = true;
}

static void add_segment(struct builder *builder, int sample, int begin, int end)
{
    struct chunk_list *list = builder->list;
    struct chunk *chunk = &list->chunks[list->n - 1];

    list->segments =
        array_grow(list->segments, builder->n_segments, &builder->segments_capacity, sizeof *list->segments);
    list->segments[builder->n_segments++] = (struct segment){sample, begin, end};
    chunk->n_segments++;
    chunk->n_tokens += end - begin;
    if (chunk->n_tokens > list->max_tokens)
        list->max_tokens = chunk->n_tokens;
    builder->tokens = chunk->n_tokens;
}

static void add_sample(struct builder *builder, int sample, int n_tokens, int chunk_tokens, bool whole)
{
    for (int begin = 0; begin < n_tokens;) {
        int left = n_tokens - begin, room = chunk_tokens - builder->tokens;
        if (!builder->open || room <= 0 || (whole && left > room)) {
            open_chunk(builder);
            room = chunk_tokens;
        }
        int n = whole || left < room ? left : room;
        add_segment(builder, sample, begin, begin + n);
        begin += n;
    }
}

void chunk_list_build(struct chunk_list *list, const int32_t *sample_tokens, int n_samples, int chunk_tokens,
                      bool whole)
{
    struct builder builder = {.list = list};

    assert(chunk_tokens > 0);
    *list = (struct chunk_list){0};
    for (int i = 0; i < n_samples; i++)
        add_sample(&builder, i, sample_tokens[i], chunk_tokens, whole);
    const struct segment *next = list->segments; /* it has its final place only now */
    for (int c = 0; c < list->n; c++) {
        list->chunks[c].segments = next;
        next += list->chunks[c].n_segments;
    }
}

void chunk_list_clear(struct chunk_list *list)
{
    free(list->chunks);
    free(list->segments);
    *list = (struct chunk_list){0};
}

int chunk_count(const int32_t *sample_tokens, int n_samples, int chunk_tokens, bool whole)
{
    struct chunk_list list;

    chunk_list_build(&list, sample_tokens, n_samples, chunk_tokens, whole);
    int n = list.n;
    chunk_list_clear(&list);
    return n;
}
