/* A template as tokens: text, and what stands between {{ }}, {% %}. White space
 * around tags is dealt with here, as trim_blocks and lstrip_blocks ask for it. */
#ifndef SINKGRID_TEXT_JINJA_LEXER_H
#define SINKGRID_TEXT_JINJA_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "text/arena.h"
#include "text/jinja_value.h"

enum jinja_token_kind {
    TOKEN_END,
    TOKEN_TEXT,
    TOKEN_PRINT_BEGIN, /* {{ */
    TOKEN_PRINT_END,
    TOKEN_BLOCK_BEGIN, /* {% */
    TOKEN_BLOCK_END,
    TOKEN_NAME,
    TOKEN_CONSTANT, /* a number or string: `value` */
    TOKEN_OPERATOR, /* ( ) [ ] { } . , : = == and so on */
};

struct jinja_token {
    enum jinja_token_kind kind;
    int line;
    const char *text; /* (n) of text, name, operator */
    size_t n;
    struct jinja_value value;
};

struct jinja_tokens {
    struct jinja_token *items; /* in the arena; the last one is TOKEN_END */
    size_t n, capacity;
};

/* The tokens refer to the arena's copy of the source. Errors begin with the line. */
int jinja_tokenize(struct arena *arena, const char *source, size_t n, struct jinja_tokens *tokens, struct error *err);

#endif
