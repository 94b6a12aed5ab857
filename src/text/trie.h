/* A set of byte strings with values, for the longest or every prefix of a text
 * that is in the set. */
#ifndef SINKGRID_TEXT_TRIE_H
#define SINKGRID_TEXT_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trie {
    struct trie_node *nodes; /* 0: the root */
    size_t n, capacity;
    uint32_t *slots; /* edges (node, byte) -> node; open addressing, 0: free */
    size_t n_slots;
    int32_t root_child[256]; /* a table of the root's edges, 0: none */
};

struct trie_node {
    uint32_t parent;
    int32_t value; /* -1: no string ends here */
    uint8_t byte;
    bool is_leaf;
};

void trie_init(struct trie *trie);
void trie_put(struct trie *trie, const char *text, size_t n, int32_t value); /* a second value replaces the first */
void trie_clear(struct trie *trie);

/* The node behind `node` along a byte; 0: none. The walk starts at 0. */
uint32_t trie_step(const struct trie *trie, uint32_t node, uint8_t byte);

/* Length of the longest string of the set that text begins with (0: none), its value in *value. */
size_t trie_longest(const struct trie *trie, const char *text, size_t n, int32_t *value);

#endif
