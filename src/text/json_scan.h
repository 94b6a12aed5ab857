/* A reader of JSON text that builds nothing: tokenizer.json has up to a million
 * strings in "vocab" and "merges", which a tree of values would hold twice and take
 * five times as long to make. Everything else in the file goes through base/json. */
#ifndef SINKGRID_TEXT_JSON_SCAN_H
#define SINKGRID_TEXT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/bytes.h"

struct json_scan {
    const char *at, *end;
    const char *begin;   /* for the line in errors */
    struct bytes string; /* what json_scan_string returned last, if it had escapes */
};

struct json_scan json_scan_begin(const char *text, size_t n);
void json_scan_end(struct json_scan *scan);

/* All skip white space first. The character that is next, 0 at the end. */
char json_scan_peek(struct json_scan *scan);
bool json_scan_accept(struct json_scan *scan, char c);
int json_scan_expect(struct json_scan *scan, char c, struct error *err);

/* A string's bytes, valid until the next call. */
int json_scan_string(struct json_scan *scan, const char **text, size_t *n, struct error *err);
/* A non-negative integer below 2^31. */
int json_scan_int(struct json_scan *scan, int32_t *value, struct error *err);
/* Steps over any value, whose brackets and quotes must pair. */
int json_scan_skip(struct json_scan *scan, struct error *err);

/* Steps over the members of an object, or the elements of an array: true with the
 * reader on the next one (for an object behind its key and colon), false at the end or
 * on an error, told apart by *rc. `first` is true before the first and set by this. */
bool json_scan_member(struct json_scan *scan, bool *first, const char **key, size_t *n, int *rc, struct error *err);
bool json_scan_element(struct json_scan *scan, bool *first, int *rc, struct error *err);

#endif
