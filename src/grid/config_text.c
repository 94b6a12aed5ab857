#include "grid/config_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

enum { INCLUDE_DEPTH = 10, INCLUDE_LIMIT = 1 << 24 }; /* libconfig's own depth; 16 MiB */

struct scan {
    const char *text;
    const char *file, *folder;
    int depth;
};

static int check(const struct scan *scan, size_t size, struct error *err);

static int fail_here(const struct scan *scan, const char *at, struct error *err)
{
    return fail_prefix(err, "%s:%zu", scan->file, text_line(scan->text, (size_t)(at - scan->text)));
}

static const char *skip_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* What follows a comment that begins at `at`; `at` itself where none does. */
static const char *skip_comment(const char *at)
{
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    return at;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*' || c == '.' || c == '+';
}

/* A word from `at` to `end`: fails if it is a decimal or hexadecimal integer without L beyond 32 bits. */
static int check_word(const struct scan *scan, const char *at, const char *end, struct error *err)
{
    char *stop;
    bool hexadecimal = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');

    errno = 0;
    long long value = strtoll(at, &stop, hexadecimal ? 16 : 10);
    if (stop != end)
        return 0; /* a name, a float, or an integer that ends in L */
    if (errno == 0 && value >= INT32_MIN && value <= (hexadecimal ? (long long)UINT32_MAX : INT32_MAX))
        return 0;
    fail(err, "%.*s exceeds 32 bits: write %.*sL", (int)(end - at), at, (int)(end - at), at);
    return fail_here(scan, at, err);
}

static int check_file(const struct scan *from, const char *name, struct error *err)
{
    struct scan scan = {.file = name, .folder = from->folder, .depth = from->depth + 1};
    size_t size;

    if (scan.depth > INCLUDE_DEPTH)
        return fail(err, "@include \"%s\" nests too deeply", name);
    char *path = xasprintf("%s/%s", from->folder, name);
    char *text = file_read(path, INCLUDE_LIMIT, &size, err);
    scan.text = text;
    int rc = text ? check(&scan, size, err) : -1;
    free(text);
    free(path);
    return rc;
}

/* `at` is at "@include": its file is checked, too. Returns what follows, NULL on failure. */
static const char *check_include(const struct scan *scan, const char *at, struct error *err)
{
    const char *begin = at + strcspn(at, "\"\n");
    const char *end = *begin == '"' ? begin + 1 + strcspn(begin + 1, "\"\n") : begin;

    if (*end != '"' || end == begin) {
        fail(err, "@include wants a file name in quotes");
        fail_here(scan, at, err);
        return NULL;
    }
    char *name = xstrndup(begin + 1, (size_t)(end - begin - 1));
    int rc = check_file(scan, name, err);
    if (rc != 0)
        fail_here(scan, at, err);
    free(name);
    return rc == 0 ? end + 1 : NULL;
}

static int check_bytes(const struct scan *scan, size_t size, struct error *err)
{
    size_t length = strnlen(scan->text, size), valid = utf8_valid_length(scan->text, size);

    if (length < size) {
        fail(err, "a zero byte");
        return fail_here(scan, scan->text + length, err);
    }
    if (valid < size) {
        fail(err, "text is not UTF-8");
        return fail_here(scan, scan->text + valid, err);
    }
    return 0;
}

static int check(const struct scan *scan, size_t size, struct error *err)
{
    const char *at = scan->text;

    if (check_bytes(scan, size, err) != 0)
        return -1;
    while (*at) {
        const char *end = skip_comment(at);
        if (end == at && *at == '"')
            end = skip_string(at);
        else if (end == at && strncmp(at, "@include", 8) == 0) {
            end = check_include(scan, at, err);
            if (!end)
                return -1;
        } else if (end == at && is_word(*at)) {
            while (is_word(*end))
                end++;
            if (check_word(scan, at, end, err) != 0)
                return -1;
        } else if (end == at)
            end++;
        at = end;
    }
    return 0;
}

int config_text_check(const char *text, size_t size, const char *file, const char *folder, struct error *err)
{
    struct scan scan = {.file = file, .folder = folder};
    char *copy = xcalloc(size + 1, 1); /* with a zero behind it */

    memcpy(copy, text, size);
    scan.text = copy;
    int rc = check(&scan, size, err);
    free(copy);
    return rc;
}
