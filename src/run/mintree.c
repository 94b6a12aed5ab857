#include "run/mintree.h"

#include <stdlib.h>

#include "base/memory.h"

void mintree_init(struct mintree *tree, int n)
{
    tree->n_leaves = 1;
    while (tree->n_leaves < n)
        tree->n_leaves *= 2;
    tree->node = xcalloc(2 * (size_t)tree->n_leaves, sizeof *tree->node);
    for (int i = 0; i < 2 * tree->n_leaves; i++)
        tree->node[i] = MINTREE_ABSENT;
}

void mintree_clear(struct mintree *tree)
{
    free(tree->node);
    *tree = (struct mintree){0};
}

void mintree_set(struct mintree *tree, int place, int value)
{
    int i = tree->n_leaves + place;

    tree->node[i] = value;
    for (i /= 2; i >= 1; i /= 2) {
        int left = tree->node[2 * i], right = tree->node[2 * i + 1];
        tree->node[i] = left < right ? left : right;
    }
}

/* Climbs from the leaf `from` while the subtree holds nothing, stepping to the
 * next subtree on the right; then descends, left child first. */
int mintree_find(const struct mintree *tree, int from, int bound)
{
    if (from >= tree->n_leaves)
        return -1;
    int i = tree->n_leaves + from;

    while (tree->node[i] > bound) {
        while (i & 1) /* a right child, or the root: the next subtree starts higher up */
            i /= 2;
        if (i == 0)
            return -1;
        i++;
    }
    while (i < tree->n_leaves)
        i = tree->node[2 * i] <= bound ? 2 * i : 2 * i + 1;
    return i - tree->n_leaves;
}
