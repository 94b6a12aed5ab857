#include "text/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t edge_slot(const struct trie *trie, uint32_t node, uint8_t byte)
{
    uint64_t h = ((uint64_t)node << 8 | byte) * 0x9e3779b97f4a7c15u;

    return (size_t)(h ^ h >> 32) & (trie->n_slots - 1);
}

static void insert_edge(struct trie *trie, uint32_t child)
{
    const struct trie_node *node = &trie->nodes[child];
    size_t i = edge_slot(trie, node->parent, node->byte);

    while (trie->slots[i])
        i = (i + 1) & (trie->n_slots - 1);
    trie->slots[i] = child;
}

static void grow_slots(struct trie *trie)
{
    if (2 * trie->n < trie->n_slots)
        return;
    trie->n_slots = trie->n_slots ? 2 * trie->n_slots : 64;
    free(trie->slots);
    trie->slots = xcalloc(trie->n_slots, sizeof *trie->slots);
    for (uint32_t i = 1; i < trie->n; i++)
        insert_edge(trie, i);
}

static uint32_t add_node(struct trie *trie, uint32_t parent, uint8_t byte)
{
    uint32_t child = (uint32_t)trie->n;

    trie->nodes = array_grow(trie->nodes, trie->n, &trie->capacity, sizeof *trie->nodes);
    trie->nodes[trie->n++] = (struct trie_node){.parent = parent, .value = -1, .byte = byte, .is_leaf = true};
    return child;
}

void trie_init(struct trie *trie)
{
    *trie = (struct trie){0};
    add_node(trie, 0, 0);
    grow_slots(trie);
}

uint32_t trie_step(const struct trie *trie, uint32_t node, uint8_t byte)
{
    if (node == 0)
        return (uint32_t)trie->root_child[byte];
    if (trie->nodes[node].is_leaf)
        return 0;
    for (size_t i = edge_slot(trie, node, byte); trie->slots[i]; i = (i + 1) & (trie->n_slots - 1)) {
        const struct trie_node *child = &trie->nodes[trie->slots[i]];
        if (child->parent == node && child->byte == byte)
            return trie->slots[i];
    }
    return 0;
}

void trie_put(struct trie *trie, const char *text, size_t n, int32_t value)
{
    uint32_t node = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)text[i];
        uint32_t child = trie_step(trie, node, byte);
        if (!child) {
            child = add_node(trie, node, byte);
            trie->nodes[node].is_leaf = false;
            grow_slots(trie);
            if (node == 0)
                trie->root_child[byte] = (int32_t)child;
            else if (trie_step(trie, node, byte) != child)
                insert_edge(trie, child);
        }
        node = child;
    }
    trie->nodes[node].value = value;
}

size_t trie_longest(const struct trie *trie, const char *text, size_t n, int32_t *value)
{
    uint32_t node = 0;
    size_t longest = 0;

    for (size_t i = 0; i < n && (node = trie_step(trie, node, (uint8_t)text[i])); i++)
        if (trie->nodes[node].value >= 0) {
            longest = i + 1;
            *value = trie->nodes[node].value;
        }
    return longest;
}

void trie_clear(struct trie *trie)
{
    free(trie->nodes);
    free(trie->slots);
    *trie = (struct trie){0};
}
