#include "text/jinja_lexer.h"

#include <stdlib.h>
#include <string.h>

#include "text/jinja_literal.h"
#include "text/utf8.h"

struct lexer {
    struct arena *arena;
    const char *at, *end;
    int line;
    bool line_starts; /* the last thing read ended with a newline, or nothing was read */
    int nesting;      /* of ( [ { within a tag: there "}}" ends no tag */
    struct jinja_tokens *tokens;
    struct error *err;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static void count_lines(struct lexer *l, const char *from, const char *to)
{
    for (; from < to; from++)
        l->line += *from == '\n';
}

static struct jinja_token *add_token(struct lexer *l, enum jinja_token_kind kind, const char *text, size_t n)
{
    struct jinja_tokens *t = l->tokens;

    if (t->n == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 256;
        struct jinja_token *bigger = arena_alloc(l->arena, t->capacity, sizeof *bigger);
        if (t->n > 0)
            memcpy(bigger, t->items, t->n * sizeof *bigger);
        t->items = bigger;
    }
    t->items[t->n] = (struct jinja_token){.kind = kind, .line = l->line, .text = text, .n = n};
    return &t->items[t->n++];
}

static int lex_error(struct lexer *l, const char *what)
{
    return fail(l->err, "%d: %s", l->line, what);
}

/* Moves over n bytes and the sign's white space: all of it after '-', else one newline if `trim`. */
static void skip(struct lexer *l, size_t n, bool strip, bool trim)
{
    const char *from = l->at;

    l->at += n;
    while (strip && l->at < l->end && is_space(*l->at))
        l->at++;
    if (!strip && trim && l->at < l->end && *l->at == '\n')
        l->at++;
    l->line_starts = l->at > from && l->at[-1] == '\n';
    count_lines(l, from, l->at);
}

/* ---- text ---- */

static const char *find_tag(const char *at, const char *end)
{
    for (; at + 1 < end; at++)
        if (*at == '{' && (at[1] == '{' || at[1] == '%' || at[1] == '#'))
            return at;
    return NULL;
}

/* End of the text before a tag: without the white space that the tag takes. */
static const char *text_end(const struct lexer *l, const char *tag)
{
    const char *end = tag, *line = tag;
    char sign = tag + 2 < l->end ? tag[2] : ' ';

    if (sign == '-') {
        while (end > l->at && is_space(end[-1]))
            end--;
        return end;
    }
    if (sign == '+' || tag[1] == '{')
        return tag;
    while (line > l->at && line[-1] != '\n')
        line--;
    if (line == l->at && !l->line_starts)
        return tag;
    while (end > line && is_space(end[-1]))
        end--;
    return end == line ? line : tag;
}

static void lex_text(struct lexer *l, const char *tag)
{
    const char *from = l->at, *end = tag ? text_end(l, tag) : l->end;

    if (end > from)
        add_token(l, TOKEN_TEXT, from, (size_t)(end - from));
    l->at = tag ? tag : l->end;
    count_lines(l, from, l->at);
    if (l->at > from)
        l->line_starts = l->at[-1] == '\n';
}

static int lex_comment(struct lexer *l)
{
    const char *close = memmem(l->at + 2, (size_t)(l->end - l->at) - 2, "#}", 2);

    if (!close)
        return lex_error(l, "a comment does not end");
    bool strip = close > l->at + 2 && close[-1] == '-', keep = close > l->at + 2 && close[-1] == '+';
    skip(l, (size_t)(close - l->at) + 2, strip, !keep);
    return 0;
}

/* ---- within tags ---- */

static void skip_space(struct lexer *l)
{
    const char *from = l->at;

    while (l->at < l->end && is_space(*l->at))
        l->at++;
    count_lines(l, from, l->at);
}

static bool is_name(char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) ||
           (!first && c >= '0' && c <= '9');
}

static bool starts_with(const struct lexer *l, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(l->end - l->at) >= n && memcmp(l->at, text, n) == 0;
}

static int lex_operator(struct lexer *l)
{
    static const char *const operators[] = {"//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<",
                                            ">",  "=",  "(",  ")",  "[",  "]",  "{", "}", ".", ",", ":", "|", ";"};

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!starts_with(l, operators[i]))
            continue;
        char c = *operators[i];
        l->nesting += c == '(' || c == '[' || c == '{';
        l->nesting -= c == ')' || c == ']' || c == '}';
        if (l->nesting < 0)
            return lex_error(l, "a bracket closes what was not opened");
        add_token(l, TOKEN_OPERATOR, operators[i], strlen(operators[i]));
        l->at += strlen(operators[i]);
        return 0;
    }
    return lex_error(l, "a character that has no meaning in a tag");
}

static int lex_constant(struct lexer *l)
{
    struct jinja_token *token = add_token(l, TOKEN_CONSTANT, l->at, 0);
    const char *from = l->at;
    bool is_string = *from == '\'' || *from == '"';
    int rc = is_string ? jinja_read_string(l->arena, &l->at, l->end, &token->value, l->err)
                       : jinja_read_number(&l->at, l->end, &token->value, l->err);

    count_lines(l, from, l->at);
    return rc ? fail_prefix(l->err, "%d", token->line) : 0;
}

static int lex_expression_token(struct lexer *l)
{
    const char *from = l->at;

    if (*from == '\'' || *from == '"' || (*from >= '0' && *from <= '9'))
        return lex_constant(l);
    if (!is_name(*from, true))
        return lex_operator(l);
    while (l->at < l->end && is_name(*l->at, false))
        l->at++;
    add_token(l, TOKEN_NAME, from, (size_t)(l->at - from));
    return 0;
}

/* Whether the tag ends here: "}}", "-}}", "%}", "-%}", "+%}". */
static bool at_tag_end(const struct lexer *l, const char *close, char *sign)
{
    *sign = *l->at;
    if (l->nesting > 0)
        return false;
    if (*sign == '-' || (*sign == '+' && *close == '%'))
        return l->end - l->at >= 3 && memcmp(l->at + 1, close, 2) == 0;
    return starts_with(l, close);
}

static int lex_tag(struct lexer *l, bool block)
{
    const char *close = block ? "%}" : "}}";
    bool signed_begin = l->at + 2 < l->end && (l->at[2] == '-' || l->at[2] == '+');
    char sign;

    add_token(l, block ? TOKEN_BLOCK_BEGIN : TOKEN_PRINT_BEGIN, l->at, 2);
    l->at += signed_begin ? 3 : 2;
    l->nesting = 0;
    for (;;) {
        skip_space(l);
        if (l->at == l->end)
            return lex_error(l, "a tag does not end");
        if (at_tag_end(l, close, &sign))
            break;
        if (lex_expression_token(l))
            return -1;
    }
    add_token(l, block ? TOKEN_BLOCK_END : TOKEN_PRINT_END, l->at, 2);
    skip(l, sign == '-' || sign == '+' ? 3 : 2, sign == '-', block && sign != '+');
    return 0;
}

/* ---- {% raw %} ---- */

/* Length of a tag that holds nothing but `word`, 0 if there is another; *strip: it ends with '-'. */
static size_t bare_tag(const struct lexer *l, const char *at, const char *word, bool *strip, bool *keep)
{
    const char *p = at + 2;

    p += p < l->end && (*p == '-' || *p == '+');
    while (p < l->end && is_space(*p))
        p++;
    if ((size_t)(l->end - p) < strlen(word) || memcmp(p, word, strlen(word)) != 0)
        return 0;
    p += strlen(word);
    while (p < l->end && is_space(*p))
        p++;
    *strip = p < l->end && *p == '-';
    *keep = p < l->end && *p == '+';
    p += *strip || *keep;
    return l->end - p >= 2 && memcmp(p, "%}", 2) == 0 ? (size_t)(p + 2 - at) : 0;
}

/* Text up to {% endraw %}; the newline behind {% raw %} stays. */
static int lex_raw(struct lexer *l, size_t n, bool strip)
{
    bool keep;

    skip(l, n, strip, false);
    for (const char *at = l->at; (at = memmem(at, (size_t)(l->end - at), "{%", 2)); at += 2) {
        size_t length = bare_tag(l, at, "endraw", &strip, &keep);
        if (!length)
            continue;
        lex_text(l, at);
        skip(l, length, strip, !keep);
        return 0;
    }
    return lex_error(l, "{% raw %} does not end");
}

static int lex_all(struct lexer *l)
{
    bool strip, keep;
    int rc = 0;

    while (l->at < l->end && !rc) {
        const char *tag = find_tag(l->at, l->end);
        lex_text(l, tag);
        if (!tag)
            break;
        size_t raw = tag[1] == '%' ? bare_tag(l, tag, "raw", &strip, &keep) : 0;
        if (tag[1] == '#')
            rc = lex_comment(l);
        else
            rc = raw ? lex_raw(l, raw, strip) : lex_tag(l, tag[1] == '%');
    }
    add_token(l, TOKEN_END, l->end, 0);
    return rc;
}

/* Newlines become \n and a last one is dropped, as Jinja does by default. */
static size_t normalize_newlines(char *out, const char *source, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (source[i] == '\r' && i + 1 < n && source[i + 1] == '\n')
            continue;
        out[kept++] = source[i] == '\r' ? '\n' : source[i];
    }
    return kept > 0 && out[kept - 1] == '\n' ? kept - 1 : kept;
}

int jinja_tokenize(struct arena *arena, const char *source, size_t n, struct jinja_tokens *tokens, struct error *err)
{
    char *copy = arena_alloc(arena, n + 1, 1);
    struct lexer l = {.arena = arena, .at = copy, .line = 1, .line_starts = true, .tokens = tokens, .err = err};

    l.end = copy + normalize_newlines(copy, source, n);
    return lex_all(&l);
}
