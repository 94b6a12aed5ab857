/* Memory: small objects, whose absence ends the program, and aligned float
 * buffers, whose absence is an error that the caller reports with their size. */
#ifndef SINKGRID_BASE_MEMORY_H
#define SINKGRID_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Small objects, zeroed. They abort with a message when memory is exhausted
 * (n * size may not overflow either); free() releases them. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size); /* new bytes are not zeroed */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* n floats at a 64-byte boundary, zeroed; NULL and an error naming `what` and
 * the size in bytes if they cannot be had. float_free releases them. */
float *float_alloc(size_t n, const char *what, struct error *err);
void float_free(float *buffer);

/* a * b and a + b of sizes that come from a file; false on overflow. */
bool size_mul(size_t a, size_t b, size_t *product);
bool size_add(size_t a, size_t b, size_t *sum);

/* Grows *items (of `size` bytes each) so that index n fits: doubles *capacity.
 * Returns the possibly moved array. */
void *array_grow(void *items, size_t n, size_t *capacity, size_t size);

#endif
