/* jansson with the project's errors: file and place of a fault, typed members
 * whose absence or wrong type is reported by name. Values are borrowed from
 * their document unless said otherwise. */
#ifndef SINKGRID_BASE_JSON_H
#define SINKGRID_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Reads one JSON document; json_decref releases it. `name` stands in errors. */
json_t *json_read_file(const char *path, struct error *err);
json_t *json_read_text(const char *text, size_t size, const char *name, struct error *err);

/* The same; an object that has a member twice is an error. */
json_t *json_read_text_unique(const char *text, size_t size, const char *name, struct error *err);

/* Calls each(line, line_number, context) for every non-blank line of a file of
 * JSON lines, until it returns 1 (enough) or -1: then with the error that it set
 * ("path:line: " is put before it). `line` is valid during the call. */
int json_each_line(const char *path, int (*each)(json_t *line, size_t number, void *context, struct error *err),
                   void *context, struct error *err);

/* Members of an object, by dotted path ("rope_parameters.rope_theta"), NULL if absent or null. */
const json_t *json_member(const json_t *object, const char *path);

/* Typed members: absent (or null) leaves *value as it is and returns 0, so that a
 * default set before stands; another type fails, naming the member. */
int json_get_bool(const json_t *object, const char *path, bool *value, struct error *err);
int json_get_long(const json_t *object, const char *path, long *value, struct error *err);
int json_get_double(const json_t *object, const char *path, double *value, struct error *err);
int json_get_string(const json_t *object, const char *path, const char **value, struct error *err);

#endif
