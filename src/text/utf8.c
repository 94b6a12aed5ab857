#include "text/utf8.h"

#include <utf8proc.h>

size_t utf8_encode(uint32_t codepoint, char out[UTF8_MAX])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = codepoint < 0x80 ? 1 : codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (codepoint & 0x3f));
        codepoint >>= 6;
    }
    out[0] = (char)(n == 1 ? codepoint : lead[n] | codepoint);
    return n;
}

size_t utf8_length(char first)
{
    unsigned char c = (unsigned char)first;

    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *data, uint32_t *codepoint)
{
    const unsigned char *p = (const unsigned char *)data;
    size_t n = utf8_length(*data);
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    *codepoint = c;
    return n;
}

/* Table 3-7: only the second byte has bounds of its own. */
static bool second_is_good(unsigned char first, unsigned char second)
{
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= low && second <= high;
}

size_t utf8_check(const char *data, size_t n, uint32_t *codepoint, size_t *bad)
{
    const unsigned char *p = (const unsigned char *)data;

    *bad = 1;
    if (p[0] < 0x80) {
        *codepoint = p[0];
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < 2 || !second_is_good(p[0], p[1]))
        return 0;
    size_t length = utf8_length(*data);
    for (*bad = 2; *bad < length; ++*bad)
        if (*bad >= n || (p[*bad] & 0xc0) != 0x80)
            return 0;
    return utf8_decode(data, codepoint);
}

size_t utf8_append_repaired(struct bytes *out, const char *text, size_t n)
{
    size_t good = 0, i = 0, bad, n_bad = 0;
    uint32_t codepoint;

    while (i < n) {
        size_t length = utf8_check(text + i, n - i, &codepoint, &bad);
        if (length > 0) {
            i += length;
            continue;
        }
        bytes_append(out, text + good, i - good);
        bytes_append_codepoint(out, UTF8_REPLACEMENT);
        good = i += bad;
        n_bad++;
    }
    bytes_append(out, text + good, n - good);
    return n_bad;
}

bool utf8_is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static utf8proc_category_t category(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c);
}

bool utf8_is_numeric(uint32_t c)
{
    utf8proc_category_t k = category(c);

    return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO;
}

bool utf8_is_punctuation(uint32_t c)
{
    utf8proc_category_t k = category(c);

    if (c < 0x80)
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* Alphabetic beyond L, Nl and M: circled and squared Latin letters. */
static bool is_other_alphabetic(uint32_t c)
{
    return (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
           (c >= 0x1f170 && c <= 0x1f189);
}

bool utf8_is_word(uint32_t c)
{
    utf8proc_category_t k = category(c);

    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NL) || k == UTF8PROC_CATEGORY_PC || c == 0x200c ||
           c == 0x200d || is_other_alphabetic(c);
}
