/* The merges of a file, in their order, put into a BPE model. */
#ifndef SINKGRID_TEXT_MERGE_LIST_H
#define SINKGRID_TEXT_MERGE_LIST_H

#include <stddef.h>

#include "base/error.h"
#include "text/bpe.h"
#include "text/bytes.h"
#include "text/vocab.h"

struct merge_list {
    struct bpe *bpe; /* its continuing_prefix is known already */
    const struct vocab *vocab;
    size_t n; /* merges so far: the next one's rank */
    struct bytes joined;
};

struct merge_list merge_list_begin(struct bpe *bpe, const struct vocab *vocab);

/* Fail where a token, or the two joined, is not in the vocabulary. */
int merge_list_add(struct merge_list *list, const char *left, size_t n_left, const char *right, size_t n_right,
                   struct error *err);
/* "left right": the first space behind the first byte is the border. */
int merge_list_add_line(struct merge_list *list, const char *line, size_t n, struct error *err);

void merge_list_end(struct merge_list *list);

#endif
