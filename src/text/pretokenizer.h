/* How a text is cut into words, within which merges happen: a list of steps, from
 * the components that tokenizer.json names under "pre_tokenizer". */
#ifndef SINKGRID_TEXT_PRETOKENIZER_H
#define SINKGRID_TEXT_PRETOKENIZER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "text/bytes.h"
#include "text/split.h"

enum pretokenizer_step_kind {
    STEP_SPLIT,
    STEP_BYTE_LEVEL, /* writes the words in the byte alphabet */
    STEP_METASPACE,  /* spaces become U+2581, one may be put first */
    STEP_PREFIX,     /* a space is put before a piece that has none */
};

enum prepend_scheme { PREPEND_ALWAYS, PREPEND_FIRST, PREPEND_NEVER };

struct pretokenizer_step {
    enum pretokenizer_step_kind kind;
    struct matcher matcher;
    enum split_behavior behavior;
    bool invert;
    char *replacement; /* of a space, STEP_METASPACE */
    enum prepend_scheme scheme;
};

struct pretokenizer {
    struct pretokenizer_step *steps;
    size_t n, capacity;
};

/* Appends the steps of a component, as normalizer_add does. */
int pretokenizer_add(struct pretokenizer *pretokenizer, const json_t *component, struct error *err);

/* Cuts off every digit alone, or runs of them. */
void pretokenizer_add_digits(struct pretokenizer *pretokenizer, bool individual);
/* Cuts into words by a pattern (NULL: GPT-2's) and writes them in the byte alphabet. */
int pretokenizer_add_byte_level(struct pretokenizer *pretokenizer, const char *words, struct error *err);

void pretokenizer_clear(struct pretokenizer *pretokenizer);

/* Cuts the pieces further, in place; `spare` and `scratch` are work space. */
int pretokenizer_run(const struct pretokenizer *pretokenizer, struct pieces *pieces, struct pieces *spare,
                     struct split_scratch *scratch, struct error *err);

bool pretokenizer_is_byte_level(const struct pretokenizer *pretokenizer);

#endif
