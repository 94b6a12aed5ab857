/* Well-formedness of UTF-8 (Unicode 15, table 3-7). */
#ifndef SINKGRID_BASE_UTF8_H
#define SINKGRID_BASE_UTF8_H

#include <stddef.h>

/* Number of bytes before the first ill-formed sequence; `size` if there is none. */
size_t utf8_valid_length(const char *text, size_t size);

/* Line, counted from 1, of the byte at `offset`. */
size_t text_line(const char *text, size_t offset);

#endif
