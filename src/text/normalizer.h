/* What happens to the text before it is cut: a list of steps, from the components
 * that tokenizer.json names under "normalizer". */
#ifndef SINKGRID_TEXT_NORMALIZER_H
#define SINKGRID_TEXT_NORMALIZER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "text/bytes.h"
#include "text/charsmap.h"
#include "text/split.h"

struct normalizer_step {
    const struct normalizer_kind *kind;
    struct matcher matcher;    /* Replace */
    char *content;             /* Replace, Prepend */
    bool left, right;          /* Strip */
    bool first_only;           /* Prepend: only where the whole text begins */
    bool by_prefix;            /* Precompiled: as sentencepiece itself */
    struct charsmap *charsmap; /* Precompiled */
};

struct normalizer {
    struct normalizer_step *steps;
    size_t n, capacity;
};

/* Appends the steps of a component (an object with "type"; Sequences are
 * flattened; null: none). An unknown type or a bad value is named. */
int normalizer_add(struct normalizer *normalizer, const json_t *component, struct error *err);
void normalizer_clear(struct normalizer *normalizer);

bool normalizer_is_byte_level(const struct normalizer *normalizer);

/* Replaces *text (well-formed UTF-8) by its normalized form; `first`: it begins
 * the whole text. `spare` and `scratch` are work space. */
int normalizer_run(const struct normalizer *normalizer, struct bytes *text, bool first, struct bytes *spare,
                   struct split_scratch *scratch, struct error *err);

#endif
