/* A complete binary tree of minima over an array of ints: sets a value and finds
 * the first place at or after another whose value is at most a bound, both in
 * O(log n). */
#ifndef SINKGRID_RUN_MINTREE_H
#define SINKGRID_RUN_MINTREE_H

#include <limits.h>

enum { MINTREE_ABSENT = INT_MAX };

struct mintree {
    int n_leaves; /* a power of two */
    int *node;    /* (2 * n_leaves), node[1] the root, leaves from n_leaves on */
};

void mintree_init(struct mintree *tree, int n); /* all MINTREE_ABSENT */
void mintree_clear(struct mintree *tree);

void mintree_set(struct mintree *tree, int place, int value);

/* -1 if there is none. `bound` is below MINTREE_ABSENT. */
int mintree_find(const struct mintree *tree, int from, int bound);

#endif
