/* GGUF metadata (version 2 and 3): typed key-value pairs, views into the map.
 * Format: github.com/ggml-org/ggml, docs/gguf.md. */
#ifndef SINKGRID_WEIGHTS_GGUF_H
#define SINKGRID_WEIGHTS_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct gguf;

/* Strings in GGUF carry a length and no terminating zero. */
struct gguf_string {
    const char *text;
    size_t length;
};

/* As in base/json.h: an absent key leaves *value as it is and returns 0; another
 * type fails, naming the key. Integers of any width are accepted where they fit,
 * integers where a double is asked. An array is no scalar, whatever its length. */
bool gguf_has(const struct gguf *gguf, const char *key);
int gguf_get_long(const struct gguf *gguf, const char *key, long *value, struct error *err);
int gguf_get_double(const struct gguf *gguf, const char *key, double *value, struct error *err);
int gguf_get_bool(const struct gguf *gguf, const char *key, bool *value, struct error *err);
int gguf_get_string(const struct gguf *gguf, const char *key, struct gguf_string *value, struct error *err);

/* Arrays: length 0 if the key is absent or a scalar; an element beyond it fails.
 * Strings (borrowed) are in a table built at open; *n = 0 if the key is absent. */
size_t gguf_array_length(const struct gguf *gguf, const char *key);
int gguf_array_strings(const struct gguf *gguf, const char *key, const struct gguf_string **strings, size_t *n,
                       struct error *err);
int gguf_array_double(const struct gguf *gguf, const char *key, size_t index, double *value, struct error *err);
int gguf_array_long(const struct gguf *gguf, const char *key, size_t index, long *value, struct error *err);
int gguf_array_bool(const struct gguf *gguf, const char *key, size_t index, bool *value, struct error *err);

/* Pairs in ascending order of their keys, for `inspect`. */
size_t gguf_count(const struct gguf *gguf);
struct gguf_string gguf_key(const struct gguf *gguf, size_t index);

#endif
