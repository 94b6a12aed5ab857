/* SentencePiece's precompiled normalization rules: a double-array trie of source
 * strings (format of darts-clone) and the strings they are replaced by. */
#ifndef SINKGRID_TEXT_CHARSMAP_H
#define SINKGRID_TEXT_CHARSMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/bytes.h"

struct charsmap {
    uint32_t *units; /* (n_units) */
    size_t n_units;
    char *strings; /* (n_strings), each ends with a zero */
    size_t n_strings;
};

/* Copies the blob (uint32 size of the trie in bytes, trie, strings); NULL if its sizes lie. */
struct charsmap *charsmap_open(const char *blob, size_t n, struct error *err);
struct charsmap *charsmap_open_base64(const char *text, size_t n, struct error *err);
void charsmap_close(struct charsmap *map);

/* Appends the normalized text. By prefix: at each place the longest rule, as
 * sentencepiece itself does. By grapheme: as the reference's component Precompiled
 * does it, a whole grapheme cluster below 6 bytes first (by the shortest rule that
 * begins it), then its characters one by one. */
void charsmap_append_by_prefix(const struct charsmap *map, const char *text, size_t n, struct bytes *out);
void charsmap_append_by_grapheme(const struct charsmap *map, const char *text, size_t n, struct bytes *out);

#endif
