/* The ids that a tokenizer's own post-processor puts around a text: BOS, EOS. */
#ifndef SINKGRID_TEXT_POST_H
#define SINKGRID_TEXT_POST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { POST_MAX = 16 };

struct post {
    int32_t before[POST_MAX], after[POST_MAX];
    size_t n_before, n_after;
};

/* Adds a component of tokenizer.json's "post_processor". */
int post_add(struct post *post, const json_t *component, struct error *err);

/* Adds ids around those that are there. */
int post_wrap(struct post *post, const int32_t *before, size_t n_before, const int32_t *after, size_t n_after,
              struct error *err);

#endif
