/* The normalization that SentencePiece models state as flags, as normalizer steps. */
#ifndef SINKGRID_TEXT_SENTENCEPIECE_RULES_H
#define SINKGRID_TEXT_SENTENCEPIECE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"

/* Precompiled rules, applied as sentencepiece itself does. Before the others. */
int sentencepiece_add_charsmap(struct normalizer *normalizer, const char *blob, size_t n, struct error *err);

/* remove_extra_whitespaces (squeeze), add_dummy_prefix (prefix), escape_whitespaces (always). */
int sentencepiece_add_rules(struct normalizer *normalizer, bool squeeze, enum prepend_scheme prefix, struct error *err);

#endif
