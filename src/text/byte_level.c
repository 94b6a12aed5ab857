#include "text/byte_level.h"

#include <stdbool.h>

#include "base/memory.h"

enum { N_SHIFTED = 33 + 34 + 1 }; /* bytes that are not visible: 0-32, 127-160, 173 */

static bool is_visible(unsigned b)
{
    return (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
}

/* The k-th byte that is not visible is written as U+0100 + k. */
static unsigned codepoint_of(unsigned b)
{
    if (is_visible(b))
        return b;
    return 256 + (b <= 0x20 ? b : b <= 0xa0 ? b - 0x7f + 33 : 33 + 34);
}

static unsigned byte_of_shifted(unsigned k)
{
    return k < 33 ? k : k < 33 + 34 ? k - 33 + 0x7f : 0xad;
}

void byte_level_append(struct bytes *out, const char *data, size_t n)
{
    if (n == 0)
        return;
    out->data = array_grow(out->data, out->n + 2 * n, &out->capacity, 1);
    char *to = out->data + out->n;
    for (size_t i = 0; i < n; i++) {
        unsigned b = (unsigned char)data[i];
        if (b > 0x20 && b < 0x7f) {
            *to++ = (char)b;
        } else {
            unsigned c = codepoint_of(b);
            *to++ = (char)(0xc0 | c >> 6);
            *to++ = (char)(0x80 | (c & 0x3f));
        }
    }
    out->n = (size_t)(to - out->data);
}

int byte_level_byte(uint32_t codepoint)
{
    if (codepoint < 256)
        return is_visible(codepoint) ? (int)codepoint : -1;
    return codepoint < 256 + N_SHIFTED ? (int)byte_of_shifted(codepoint - 256) : -1;
}
