/* Regular expressions as tokenizer files write them (Oniguruma's Ruby syntax, which
 * the reference compiles them with), run by PCRE2 with its JIT compiler. */
#ifndef SINKGRID_TEXT_PATTERN_H
#define SINKGRID_TEXT_PATTERN_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "text/bytes.h"

struct pattern {
    pcre2_code *code;
    char *source; /* as written in the file, for errors */
};

/* NULL with an error that shows the pattern; pattern_close accepts NULL. */
struct pattern *pattern_open(const char *source, size_t n, struct error *err);
void pattern_close(struct pattern *pattern);

/* What matching needs beside the pattern: one a thread, any pattern. */
struct pattern_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};
void pattern_scratch_clear(struct pattern_scratch *scratch);

/* The first match at or after `from` in well-formed UTF-8 of n bytes. Returns 1
 * with [*begin, *end), 0 if there is none, -1 with an error where the match would
 * exceed PCRE2's limits. */
int pattern_match(const struct pattern *pattern, const char *text, size_t n, size_t from,
                  struct pattern_scratch *scratch, size_t *begin, size_t *end, struct error *err);

/* Appends the pattern in PCRE2's syntax. Differences that matter in tokenizers:
 *   \s \w      White_Space; letters, marks, numbers, connectors: PCRE2's have U+180E more, marks less
 *   \h         a hexadecimal digit
 *   \p{Han}    the script, not PCRE2's script extensions
 *   \p{Letter} long names of general categories
 *   x{1,3}+    a repeated interval, not a possessive one
 * What remains: classes are those of PCRE2's Unicode (14 in 10.42), so that characters
 * assigned later are of no class. */
void pattern_translate(struct bytes *out, const char *source, size_t n);

#endif
