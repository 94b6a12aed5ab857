#include "text/jinja_literal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly `digits` hexadecimal digits of a code point that UTF-8 can hold. */
static int read_hex(struct bytes *out, const char **at, const char *end, int digits, struct error *err)
{
    uint32_t codepoint = 0;

    for (int i = 0; i < digits; i++) {
        int value = *at < end ? hex_value(**at) : -1;
        if (value < 0)
            return fail(err, "a \\x, \\u or \\U lacks digits");
        codepoint = codepoint << 4 | (uint32_t)value;
        ++*at;
    }
    if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint < 0xe000))
        return fail(err, "\\u%04x is no character", codepoint);
    bytes_append_codepoint(out, codepoint);
    return 0;
}

static int read_escape(struct bytes *out, const char **at, const char *end, struct error *err)
{
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    char c = *(*at)++;
    const char *found = strchr(from, c);
    uint32_t octal = 0;

    if (c && found) {
        bytes_append_char(out, to[found - from]);
        return 0;
    }
    if (c == 'x' || c == 'u' || c == 'U')
        return read_hex(out, at, end, c == 'x' ? 2 : c == 'u' ? 4 : 8, err);
    if (c == '\n')
        return 0;
    if (c < '0' || c > '7') { /* no escape: both characters stay */
        bytes_append_char(out, '\\');
        bytes_append_char(out, c);
        return 0;
    }
    --*at;
    for (int i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++)
        octal = octal << 3 | (uint32_t)(*(*at)++ - '0');
    bytes_append_codepoint(out, octal);
    return 0;
}

int jinja_read_string(struct arena *arena, const char **at, const char *end, struct jinja_value *value,
                      struct error *err)
{
    char quote = *(*at)++;
    struct bytes out = {0};
    int rc = 0;

    while (!rc && *at < end && **at != quote) {
        char c = *(*at)++;
        if (c == '\\' && *at < end)
            rc = read_escape(&out, at, end, err);
        else
            bytes_append_char(&out, c);
    }
    if (!rc && *at == end)
        rc = fail(err, "a string does not end");
    ++*at;
    *value = jinja_take(arena, &out);
    return rc;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies digits, letters of a base and dots of a float, without "_". */
static size_t copy_number(const char **at, const char *end, char *text, size_t size, bool *is_float)
{
    const char *p = *at;
    bool based = p + 1 < end && p[0] == '0' && strchr("xXoObB", p[1]) && p[1];
    size_t n = 0;

    *is_float = false;
    for (; p < end && n + 1 < size; p++) {
        bool dot = !based && *p == '.' && !*is_float && p + 1 < end && is_digit(p[1]);
        bool exponent = !based && (*p == 'e' || *p == 'E') && p + 1 < end &&
                        (is_digit(p[1]) || ((p[1] == '-' || p[1] == '+') && p + 2 < end && is_digit(p[2])));
        bool sign = !based && (*p == '-' || *p == '+') && n > 0 && (text[n - 1] == 'e' || text[n - 1] == 'E');
        if (!is_digit(*p) && !dot && !exponent && !sign && *p != '_' && !(based && (hex_value(*p) >= 0 || n == 1)))
            break;
        *is_float |= dot || exponent;
        if (*p != '_')
            text[n++] = *p;
    }
    text[n] = '\0';
    *at = p;
    return n;
}

int jinja_read_number(const char **at, const char *end, struct jinja_value *value, struct error *err)
{
    char text[80], *rest;
    bool is_float;
    size_t n = copy_number(at, end, text, sizeof text, &is_float);
    bool based = n > 2 && text[0] == '0' && !is_digit(text[1]) && !is_float;

    errno = 0;
    if (is_float) {
        *value = jinja_float(strtod(text, &rest));
    } else {
        int base = !based ? 10 : (text[1] | 0x20) == 'x' ? 16 : (text[1] | 0x20) == 'o' ? 8 : 2;
        *value = jinja_int(strtoll(text + (based ? 2 : 0), &rest, base));
    }
    if (*rest || n == 0 || n + 1 >= sizeof text || (errno == ERANGE && !is_float))
        return fail(err, "a number that cannot be read or exceeds 64 bits");
    return 0;
}
