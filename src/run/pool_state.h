/* The state of a pool, shared by pool_layout.c (creation) and pool.c (use) and by
 * nobody else. */
#ifndef SINKGRID_RUN_POOL_STATE_H
#define SINKGRID_RUN_POOL_STATE_H

#include "run/pool.h"

enum { WORD_BITS = 64 };

struct seat { /* a worker */
    int node;
    int model, stage; /* what it held last, -1: nothing */
    bool free, seen;  /* seen: it was free at least once */
};

struct node {
    int kind;
    int first, n; /* its workers: index[first ... first + n - 1] */
    int n_free;
    int previous, next; /* in the kind's list of nodes with n_free, -1: end */
};

struct kind {
    int level;
    double speed;
    int n_free;         /* workers, over all its nodes */
    int *head;          /* (most + 1) first node with so many free workers, -1: none */
    uint64_t *occupied; /* bit f: head[f] is not empty */
};

struct pool {
    int n_workers, n_nodes, n_kinds, n_levels;
    int most; /* workers on a node, at most */
    struct seat *seats;
    struct node *nodes;
    struct kind *kinds;               /* least memory first, then the fastest: the order of preference */
    int *index;                       /* (n_workers) workers by node */
    uint64_t level_bytes[MAX_LEVELS]; /* least memory of a level */
    int free_at[MAX_LEVELS], total_at[MAX_LEVELS], seen_at[MAX_LEVELS];
    double speed_at[MAX_LEVELS];
};

/* Puts a node into its kind's list of nodes with as many free workers. */
void pool_link_node(struct pool *pool, int node);

#endif
