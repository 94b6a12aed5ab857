/* Cutting pieces where a pattern matches. */
#ifndef SINKGRID_TEXT_SPLIT_H
#define SINKGRID_TEXT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/bytes.h"
#include "text/pattern.h"

/* What is looked for: one of the three. */
struct matcher {
    struct pattern *pattern;
    struct bytes literal;
    bool (*is_class)(uint32_t codepoint); /* each such character is a match of its own */
};
void matcher_clear(struct matcher *matcher);

/* What becomes of a match, named as in tokenizer.json. */
enum split_behavior {
    SPLIT_REMOVED,
    SPLIT_ISOLATED,
    SPLIT_MERGED_WITH_PREVIOUS,
    SPLIT_MERGED_WITH_NEXT,
    SPLIT_CONTIGUOUS, /* neighbouring matches become one piece */
};

struct range {
    size_t begin, end;
    bool is_match;
};

struct split_scratch {
    struct range *ranges;
    size_t n, capacity;
    struct pattern_scratch pattern;
};
void split_scratch_clear(struct split_scratch *scratch);

/* Fills scratch->ranges: the text's ranges that match and those between. */
int split_find(const struct matcher *matcher, const char *text, size_t n, struct split_scratch *scratch,
               struct error *err);

/* Appends to `out` (whose text holds `piece`) what `piece` is cut into. */
int split_piece(const struct matcher *matcher, enum split_behavior behavior, bool invert, struct piece piece,
                struct split_scratch *scratch, struct pieces *out, struct error *err);

#endif
