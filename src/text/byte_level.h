/* GPT-2's byte alphabet (Radford et al. 2019, bytes_to_unicode): every byte is
 * written as a visible character, so that a vocabulary of bytes is text. */
#ifndef SINKGRID_TEXT_BYTE_LEVEL_H
#define SINKGRID_TEXT_BYTE_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#include "text/bytes.h"

/* Appends n bytes in the alphabet: 1 or 2 bytes of UTF-8 each. */
void byte_level_append(struct bytes *out, const char *data, size_t n);

/* The byte that a character stands for; -1 if it is not in the alphabet. */
int byte_level_byte(uint32_t codepoint);

#endif
