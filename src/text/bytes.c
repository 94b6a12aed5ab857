#include "text/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

void bytes_append(struct bytes *bytes, const void *data, size_t n)
{
    if (n == 0)
        return;
    bytes->data = array_grow(bytes->data, bytes->n + n - 1, &bytes->capacity, 1);
    memcpy(bytes->data + bytes->n, data, n);
    bytes->n += n;
}

void bytes_append_text(struct bytes *bytes, const char *text)
{
    bytes_append(bytes, text, strlen(text));
}

void bytes_append_char(struct bytes *bytes, char c)
{
    bytes->data = array_grow(bytes->data, bytes->n, &bytes->capacity, 1);
    bytes->data[bytes->n++] = c;
}

void bytes_append_codepoint(struct bytes *bytes, uint32_t codepoint)
{
    char encoded[UTF8_MAX];

    bytes_append(bytes, encoded, utf8_encode(codepoint, encoded));
}

void bytes_clear(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

char *bytes_take(struct bytes *bytes)
{
    bytes_append_char(bytes, '\0');
    char *text = bytes->data;
    *bytes = (struct bytes){0};
    return text;
}

static uint64_t mix(uint64_t h)
{
    h *= 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
    return h ^ (h >> 29);
}

uint64_t bytes_hash(const char *data, size_t n)
{
    uint64_t h = n, word;

    for (; n >= sizeof word; data += sizeof word, n -= sizeof word) {
        memcpy(&word, data, sizeof word);
        h = mix(h ^ word);
    }
    word = 0;
    for (size_t i = 0; i < n; i++)
        word = word << 8 | (unsigned char)data[i];
    return mix(mix(h ^ word));
}

void pieces_append(struct pieces *pieces, size_t begin, size_t end, bool first)
{
    if (begin == end)
        return;
    pieces->items = array_grow(pieces->items, pieces->n, &pieces->capacity, sizeof *pieces->items);
    pieces->items[pieces->n++] = (struct piece){begin, end, first};
}

void pieces_clear(struct pieces *pieces)
{
    bytes_clear(&pieces->text);
    free(pieces->items);
    *pieces = (struct pieces){0};
}
