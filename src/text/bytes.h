/* A growable string of bytes, and the words that pass between the steps of a
 * tokenizer: pieces, half-open ranges of one such string. */
#ifndef SINKGRID_TEXT_BYTES_H
#define SINKGRID_TEXT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *data; /* (n), no terminating zero */
    size_t n, capacity;
};

void bytes_append(struct bytes *bytes, const void *data, size_t n);
void bytes_append_text(struct bytes *bytes, const char *text);
void bytes_append_char(struct bytes *bytes, char c);
void bytes_append_codepoint(struct bytes *bytes, uint32_t codepoint); /* as UTF-8 */
void bytes_clear(struct bytes *bytes);

/* Puts a zero behind the bytes and hands them over: the caller frees. */
char *bytes_take(struct bytes *bytes);

/* Not keyed: a file made to collide slows its own reading, nothing else. */
uint64_t bytes_hash(const char *data, size_t n);

struct piece {
    size_t begin, end;
    bool first; /* holds the first byte of the whole text */
};

struct pieces {
    struct bytes text;
    struct piece *items;
    size_t n, capacity;
};

/* Appends a piece; an empty one is dropped, as the reference does. */
void pieces_append(struct pieces *pieces, size_t begin, size_t end, bool first);
void pieces_clear(struct pieces *pieces);

#endif
