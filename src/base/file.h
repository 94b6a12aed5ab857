/* Small text files read whole. */
#ifndef SINKGRID_BASE_FILE_H
#define SINKGRID_BASE_FILE_H

#include <stddef.h>

#include "base/error.h"

/* The bytes of a regular file, followed by a zero that *size does not count.
 * NULL and an error naming the path: it cannot be read, is no regular file, or
 * exceeds `limit` bytes. The caller frees. */
char *file_read(const char *path, size_t limit, size_t *size, struct error *err);

#endif
