/* An indexed binary min-heap: identifiers 0 ... n-1, each at most once, ordered by
 * a key; equal keys by identifier, so that runs repeat. Knows nothing of what the
 * keys mean (ends of pipelines here, events in the simulation). */
#ifndef SINKGRID_RUN_HEAP_H
#define SINKGRID_RUN_HEAP_H

#include <stdbool.h>

struct heap {
    int n;       /* identifiers inside */
    int *id;     /* (n) in heap order */
    int *place;  /* (capacity) index into id, -1: not inside */
    double *key; /* (capacity) by identifier */
};

void heap_init(struct heap *heap, int capacity);
void heap_clear(struct heap *heap);

void heap_push(struct heap *heap, int id, double key); /* may not be inside yet */
int heap_pop(struct heap *heap);                       /* the least; -1 if empty */
void heap_remove(struct heap *heap, int id);           /* nothing if it is not inside */

/* The k least identifiers in order, without taking them out: O(k^2). Returns
 * how many there were (<= k). */
int heap_least(const struct heap *heap, int k, int *ids);

#endif
