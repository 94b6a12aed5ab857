#include "base/utf8.h"

#include <stdint.h>

/* First bytes, and the range of the second byte, which alone excludes overlong
 * forms, surrogates and what lies beyond U+10FFFF. */
static const struct lead {
    uint8_t first, last;
    uint8_t length;
    uint8_t second_least, second_greatest;
} leads[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/* Length of the well-formed sequence at s, 0 if there is none. */
static size_t sequence_length(const uint8_t *s, size_t left)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const struct lead *lead = &leads[i];
        if (s[0] < lead->first || s[0] > lead->last)
            continue;
        if (lead->length > left)
            return 0;
        if (lead->length > 1 && (s[1] < lead->second_least || s[1] > lead->second_greatest))
            return 0;
        for (size_t k = 2; k < lead->length; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return lead->length;
    }
    return 0;
}

size_t utf8_valid_length(const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;

    while (at < size) {
        size_t length = bytes[at] < 0x80 ? 1 : sequence_length(bytes + at, size - at);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

size_t text_line(const char *text, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}
