#include "text/json_scan.h"

#include <string.h>

#include "base/utf8.h"

struct json_scan json_scan_begin(const char *text, size_t n)
{
    return (struct json_scan){.at = text, .end = text + n, .begin = text};
}

void json_scan_end(struct json_scan *scan)
{
    bytes_clear(&scan->string);
}

static int scan_error(const struct json_scan *scan, const char *what, struct error *err)
{
    return fail(err, "line %zu: %s", text_line(scan->begin, (size_t)(scan->at - scan->begin)), what);
}

char json_scan_peek(struct json_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : '\0';
}

bool json_scan_accept(struct json_scan *scan, char c)
{
    bool here = json_scan_peek(scan) == c && scan->at < scan->end;

    scan->at += here;
    return here;
}

int json_scan_expect(struct json_scan *scan, char c, struct error *err)
{
    const char what[] = {'e', 'x', 'p', 'e', 'c', 't', 'e', 'd', ' ', c, '\0'};

    return json_scan_accept(scan, c) ? 0 : scan_error(scan, what, err);
}

/* ---- strings ---- */

static int read_hex(struct json_scan *scan, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        char c = scan->at < scan->end ? *scan->at : '\0', low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *value = *value << 4 | (uint32_t)(low - 'a' + 10);
        else
            return -1;
    }
    return 0;
}

/* Behind "\u"; two of them where the first is a high surrogate. */
static int read_unicode(struct json_scan *scan, struct error *err)
{
    uint32_t c, low;

    if (read_hex(scan, &c))
        return scan_error(scan, "\\u without four digits", err);
    if (c >= 0xd800 && c < 0xe000) {
        bool pair = c < 0xdc00 && scan->end - scan->at >= 6 && scan->at[0] == '\\' && scan->at[1] == 'u';
        scan->at += pair ? 2 : 0;
        if (!pair || read_hex(scan, &low) || low < 0xdc00 || low >= 0xe000)
            return scan_error(scan, "half of a surrogate pair", err);
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    bytes_append_codepoint(&scan->string, c);
    return 0;
}

static int read_escape(struct json_scan *scan, struct error *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = scan->at < scan->end ? *scan->at++ : '\0';
    const char *found = c ? strchr(from, c) : NULL;

    if (c == 'u')
        return read_unicode(scan, err);
    if (!found)
        return scan_error(scan, "an escape that JSON has not", err);
    bytes_append_char(&scan->string, to[found - from]);
    return 0;
}

/* Up to the next quote or backslash, where the reader stops. */
static int pass_plain(struct json_scan *scan, struct error *err)
{
    while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\')
        scan->at++;
    return scan->at < scan->end ? 0 : scan_error(scan, "a string does not end", err);
}

int json_scan_string(struct json_scan *scan, const char **text, size_t *n, struct error *err)
{
    if (json_scan_expect(scan, '"', err))
        return -1;
    *text = scan->at;
    if (pass_plain(scan, err))
        return -1;
    *n = (size_t)(scan->at - *text);
    if (*scan->at == '"') {
        scan->at++;
        return 0;
    }
    scan->string.n = 0;
    bytes_append(&scan->string, *text, *n);
    while (*scan->at == '\\') {
        scan->at++;
        if (read_escape(scan, err))
            return -1;
        const char *plain = scan->at;
        if (pass_plain(scan, err))
            return -1;
        bytes_append(&scan->string, plain, (size_t)(scan->at - plain));
    }
    scan->at++;
    *text = scan->string.data;
    *n = scan->string.n;
    return 0;
}

/* ---- other values ---- */

int json_scan_int(struct json_scan *scan, int32_t *value, struct error *err)
{
    int64_t number = 0;

    json_scan_peek(scan);
    const char *from = scan->at;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9' && number <= INT32_MAX; scan->at++)
        number = 10 * number + (*scan->at - '0');
    bool goes_on = scan->at < scan->end && (*scan->at == '.' || *scan->at == 'e' || *scan->at == 'E');
    if (scan->at == from || number > INT32_MAX || goes_on)
        return scan_error(scan, "not an integer from 0 to 2^31 - 1", err);
    *value = (int32_t)number;
    return 0;
}

static int skip_string(struct json_scan *scan, struct error *err)
{
    for (scan->at++; pass_plain(scan, err) == 0; scan->at++) {
        if (*scan->at == '"') {
            scan->at++;
            return 0;
        }
        scan->at += scan->at + 1 < scan->end;
    }
    return -1;
}

/* Counts brackets; whether they pair kind by kind is for base/json to see. */
int json_scan_skip(struct json_scan *scan, struct error *err)
{
    size_t depth = 0;

    do {
        char c = json_scan_peek(scan);
        if (scan->at == scan->end)
            return scan_error(scan, "a value does not end", err);
        if (c == '"') {
            if (skip_string(scan, err))
                return -1;
            continue;
        }
        if ((c == ']' || c == '}') && depth == 0)
            return scan_error(scan, "a bracket closes what was not opened", err);
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        scan->at++;
        while (scan->at < scan->end && !strchr("[]{},:\" \n\r\t", *scan->at))
            scan->at++;
    } while (depth > 0);
    return 0;
}

static bool goes_on(struct json_scan *scan, char open, char close, bool *first, int *rc, struct error *err)
{
    *rc = *first ? json_scan_expect(scan, open, err) : 0;
    if (*rc || json_scan_accept(scan, close))
        return false;
    *rc = *first ? 0 : json_scan_expect(scan, ',', err);
    *first = false;
    return *rc == 0;
}

bool json_scan_member(struct json_scan *scan, bool *first, const char **key, size_t *n, int *rc, struct error *err)
{
    if (!goes_on(scan, '{', '}', first, rc, err))
        return false;
    *rc = json_scan_string(scan, key, n, err);
    if (!*rc)
        *rc = json_scan_expect(scan, ':', err);
    return *rc == 0;
}

bool json_scan_element(struct json_scan *scan, bool *first, int *rc, struct error *err)
{
    return goes_on(scan, '[', ']', first, rc, err);
}
