#include "run/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void heap_init(struct heap *heap, int capacity)
{
    size_t n = (size_t)capacity;

    heap->n = 0;
    heap->id = xcalloc(n, sizeof *heap->id);
    heap->place = xcalloc(n, sizeof *heap->place);
    heap->key = xcalloc(n, sizeof *heap->key);
    for (int i = 0; i < capacity; i++)
        heap->place[i] = -1;
}

void heap_clear(struct heap *heap)
{
    free(heap->id);
    free(heap->place);
    free(heap->key);
    *heap = (struct heap){0};
}

static bool before(const struct heap *heap, int a, int b)
{
    double ka = heap->key[a], kb = heap->key[b];

    return ka < kb || (!(kb < ka) && a < b);
}

static void put(struct heap *heap, int place, int id)
{
    heap->id[place] = id;
    heap->place[id] = place;
}

static void sift_up(struct heap *heap, int place)
{
    int id = heap->id[place];

    while (place > 0 && before(heap, id, heap->id[(place - 1) / 2])) {
        put(heap, place, heap->id[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(heap, place, id);
}

static void sift_down(struct heap *heap, int place)
{
    int id = heap->id[place];

    for (;;) {
        int child = 2 * place + 1;
        if (child >= heap->n)
            break;
        if (child + 1 < heap->n && before(heap, heap->id[child + 1], heap->id[child]))
            child++;
        if (!before(heap, heap->id[child], id))
            break;
        put(heap, place, heap->id[child]);
        place = child;
    }
    put(heap, place, id);
}

void heap_push(struct heap *heap, int id, double key)
{
    assert(heap->place[id] < 0);
    heap->key[id] = key;
    heap->n++;
    put(heap, heap->n - 1, id);
    sift_up(heap, heap->n - 1);
}

void heap_remove(struct heap *heap, int id)
{
    int place = heap->place[id];

    if (place < 0)
        return;
    heap->place[id] = -1;
    heap->n--;
    if (place == heap->n)
        return;
    put(heap, place, heap->id[heap->n]);
    sift_down(heap, place);
    sift_up(heap, place);
}

int heap_pop(struct heap *heap)
{
    if (heap->n == 0)
        return -1;
    int id = heap->id[0];
    heap_remove(heap, id);
    return id;
}

/* A frontier of places whose parents were taken; the least of it is next. It holds
 * at most k + 1 places, so a linear insertion is fast enough for the k of a pipeline's depth. */
int heap_least(const struct heap *heap, int k, int *ids)
{
    int *frontier = xcalloc((size_t)k + 2, sizeof *frontier);
    int n_frontier = 0, taken = 0;

    if (heap->n > 0 && k > 0)
        frontier[n_frontier++] = 0;
    while (n_frontier > 0 && taken < k) {
        int least = 0;
        for (int i = 1; i < n_frontier; i++)
            if (before(heap, heap->id[frontier[i]], heap->id[frontier[least]]))
                least = i;
        int place = frontier[least];
        ids[taken++] = heap->id[place];
        frontier[least] = frontier[--n_frontier];
        for (int child = 2 * place + 1; child <= 2 * place + 2 && child < heap->n; child++)
            frontier[n_frontier++] = child;
    }
    free(frontier);
    return taken;
}
