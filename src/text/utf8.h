/* UTF-8 and the classes of characters that tokenizers speak of, as the reference
 * (Rust's char, Unicode's White_Space) defines them. */
#ifndef SINKGRID_TEXT_UTF8_H
#define SINKGRID_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"

enum { UTF8_MAX = 4, UTF8_REPLACEMENT = 0xfffd };

/* Writes 1 to 4 bytes and returns their number. */
size_t utf8_encode(uint32_t codepoint, char out[UTF8_MAX]);

/* Length of the well-formed character at data (n > 0 bytes are there), its code
 * point in *codepoint; 0 if there is none, and then *bad is the length (1 to 3) of the
 * maximal ill-formed part (Unicode 15, section 3.9, table 3-7). */
size_t utf8_check(const char *data, size_t n, uint32_t *codepoint, size_t *bad);

/* The same for data known to be well-formed. */
size_t utf8_decode(const char *data, uint32_t *codepoint);
size_t utf8_length(char first); /* bytes of the character that begins with `first` */

/* Appends text with U+FFFD for every maximal ill-formed part; returns how many. */
size_t utf8_append_repaired(struct bytes *out, const char *text, size_t n);

bool utf8_is_space(uint32_t codepoint);       /* White_Space */
bool utf8_is_numeric(uint32_t codepoint);     /* Nd, Nl, No */
bool utf8_is_punctuation(uint32_t codepoint); /* P*, and ASCII's symbols */
bool utf8_is_word(uint32_t codepoint);        /* Alphabetic, M, Nd, Pc, Join_Control */

#endif
