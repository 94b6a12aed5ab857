#include "text/charsmap.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "text/utf8.h"

struct charsmap *charsmap_open(const char *blob, size_t n, struct error *err)
{
    uint32_t size;

    if (n < sizeof size)
        return fail_null(err, "precompiled_charsmap: shorter than its header");
    memcpy(&size, blob, sizeof size);
    if (size > n - sizeof size || size % sizeof(uint32_t) || size == 0)
        return fail_null(err, "precompiled_charsmap: size of its trie (%u bytes) exceeds the whole or is odd", size);
    struct charsmap *map = xcalloc(1, sizeof *map);
    map->n_units = size / sizeof(uint32_t);
    map->units = xcalloc(map->n_units, sizeof(uint32_t));
    memcpy(map->units, blob + sizeof size, size);
    map->n_strings = n - sizeof size - size;
    map->strings = xcalloc(map->n_strings + 1, 1);
    memcpy(map->strings, blob + sizeof size + size, map->n_strings);
    return map;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct charsmap *charsmap_open_base64(const char *text, size_t n, struct error *err)
{
    struct bytes blob = {0};
    struct charsmap *map = NULL;
    uint32_t bits = 0;
    int n_bits = 0;

    while (n > 0 && text[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        int value = base64_value(text[i]);
        if (value < 0) {
            fail(err, "precompiled_charsmap is not base64");
            goto out;
        }
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits >= 8)
            bytes_append_char(&blob, (char)(bits >> (n_bits -= 8)));
    }
    map = charsmap_open(blob.data, blob.n, err);
out:
    bytes_clear(&blob);
    return map;
}

void charsmap_close(struct charsmap *map)
{
    if (!map)
        return;
    free(map->units);
    free(map->strings);
    free(map);
}

/* A unit of darts-clone: bits 0-7 and 31 the label, 8 has a leaf, 9 the offset's scale, 10-30 the offset. */
static size_t unit_offset(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

/* Length of the longest (or else the shortest) rule that text begins with, 0 if there is none; *target: its
 * replacement. */
static size_t find_rule(const struct charsmap *map, const char *text, size_t n, bool longest, const char **target)
{
    size_t at = unit_offset(map->units[0]), found = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        at ^= c;
        if (c == 0 || at >= map->n_units || (map->units[at] & (1u << 31 | 0xff)) != c)
            break;
        uint32_t unit = map->units[at];
        at ^= unit_offset(unit);
        if (!(unit >> 8 & 1) || at >= map->n_units)
            continue;
        size_t start = map->units[at] & 0x7fffffff;
        if (start >= map->n_strings)
            continue;
        *target = map->strings + start;
        found = i + 1;
        if (!longest)
            break;
    }
    return found;
}

void charsmap_append_by_prefix(const struct charsmap *map, const char *text, size_t n, struct bytes *out)
{
    const char *target;

    for (size_t i = 0; i < n;) {
        size_t length = find_rule(map, text + i, n - i, true, &target);
        if (length > 0) {
            bytes_append_text(out, target);
        } else {
            length = utf8_length(text[i]);
            bytes_append(out, text + i, length);
        }
        i += length;
    }
}

static size_t grapheme_length(const char *text, size_t n)
{
    utf8proc_int32_t state = 0;
    uint32_t previous, next;
    size_t i = utf8_decode(text, &previous);

    while (i < n) {
        size_t length = utf8_decode(text + i, &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)previous, (utf8proc_int32_t)next, &state))
            break;
        previous = next;
        i += length;
    }
    return i;
}

void charsmap_append_by_grapheme(const struct charsmap *map, const char *text, size_t n, struct bytes *out)
{
    enum { WHOLE_BELOW = 6 };
    const char *target;

    for (size_t i = 0; i < n;) {
        size_t end = i + grapheme_length(text + i, n - i);
        if (end - i < WHOLE_BELOW && find_rule(map, text + i, end - i, false, &target)) {
            bytes_append_text(out, target);
            i = end;
        }
        for (size_t length; i < end; i += length) {
            length = utf8_length(text[i]);
            if (find_rule(map, text + i, length, false, &target))
                bytes_append_text(out, target);
            else
                bytes_append(out, text + i, length);
        }
    }
}
