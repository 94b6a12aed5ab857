#include "text/normal_form.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "text/utf8.h"

/* The reference normalizes by the tables of Unicode 11, utf8proc by those of Unicode
 * 15. What decomposes, composes or has a combining class only since then is left as
 * it is, and starts anew: for the reference it is an ordinary character. */
static const struct {
    uint32_t first, last;
} newer[] = {
    {0x7fd, 0x7fd},     {0x898, 0x89f},     {0x8ca, 0x8d3},     {0x9fe, 0x9fe},     {0xc3c, 0xc3c},
    {0xd3b, 0xd3c},     {0xeba, 0xeba},     {0x1715, 0x1715},   {0x1abf, 0x1ace},   {0x1df6, 0x1dfa},
    {0x32ff, 0x32ff},   {0xa7f2, 0xa7f4},   {0xa82c, 0xa82c},   {0xab69, 0xab69},   {0x10781, 0x107ba},
    {0x10d24, 0x10d27}, {0x10eab, 0x10eac}, {0x10efd, 0x10eff}, {0x10f46, 0x10f50}, {0x10f82, 0x10f85},
    {0x11070, 0x11070}, {0x1133b, 0x1133b}, {0x1145e, 0x1145e}, {0x11839, 0x1183a}, {0x11930, 0x11943},
    {0x119e0, 0x119e0}, {0x11a34, 0x11a34}, {0x11a47, 0x11a47}, {0x11a99, 0x11a99}, {0x11d42, 0x11d45},
    {0x11d97, 0x11d97}, {0x11f41, 0x11f42}, {0x16ff0, 0x16ff1}, {0x1e030, 0x1e06d}, {0x1e08f, 0x1e08f},
    {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae}, {0x1e2ec, 0x1e2ef}, {0x1e4ec, 0x1e4ef}, {0x1f16c, 0x1f16c},
    {0x1fbf0, 0x1fbf9},
};

/* One row a form. Below `quick` every character is its own normal form and none
 * composes with what precedes it, so that most text need not be looked at twice. */
static const struct {
    utf8proc_option_t options;
    uint32_t quick;
} forms[] = {
    [FORM_NFC] = {UTF8PROC_STABLE | UTF8PROC_COMPOSE, 0x300},
    [FORM_NFD] = {UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, 0xc0},
    [FORM_NFKC] = {UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT, 0xa0},
    [FORM_NFKD] = {UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, 0xa0},
};

static bool is_newer(uint32_t codepoint)
{
    if (codepoint < newer[0].first)
        return false;
    for (size_t i = 0; i < sizeof newer / sizeof *newer && newer[i].first <= codepoint; i++)
        if (codepoint <= newer[i].last)
            return true;
    return false;
}

/* Length of the text up to the first character that is newer; *all_below: it has none from `quick` on. */
static size_t plain_length(const char *text, size_t n, uint32_t quick, bool *all_below)
{
    uint32_t codepoint;

    *all_below = true;
    for (size_t i = 0, length; i < n; i += length) {
        length = 1;
        if ((unsigned char)text[i] < 0x80)
            continue;
        length = utf8_decode(text + i, &codepoint);
        if (is_newer(codepoint))
            return i;
        *all_below &= codepoint < quick;
    }
    return n;
}

static int append_mapped(struct bytes *out, const char *text, size_t n, utf8proc_option_t options, struct error *err)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &mapped, options);

    if (length < 0)
        return fail(err, "Unicode normalization: %s", utf8proc_errmsg(length));
    bytes_append(out, mapped, (size_t)length);
    free(mapped);
    return 0;
}

int normal_form_append(struct bytes *out, const char *text, size_t n, enum normal_form form, struct error *err)
{
    bool all_below;

    while (n > 0) {
        size_t plain = plain_length(text, n, forms[form].quick, &all_below);
        if (all_below)
            bytes_append(out, text, plain);
        else if (append_mapped(out, text, plain, forms[form].options, err))
            return -1;
        size_t newer_length = plain < n ? utf8_length(text[plain]) : 0;
        bytes_append(out, text + plain, newer_length);
        text += plain + newer_length;
        n -= plain + newer_length;
    }
    return 0;
}
