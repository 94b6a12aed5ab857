/* A bounded reader of little-endian foreign bytes: a take beyond the end fails
 * and moves nothing. */
#ifndef SINKGRID_WEIGHTS_CURSOR_H
#define SINKGRID_WEIGHTS_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const uint8_t *data;
    size_t at, size;
};

static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->size - cursor->at;
}

static inline bool cursor_skip(struct cursor *cursor, uint64_t n)
{
    if (n > cursor_left(cursor))
        return false;
    cursor->at += (size_t)n;
    return true;
}

static inline bool cursor_u32(struct cursor *cursor, uint32_t *value)
{
    if (cursor_left(cursor) < sizeof *value)
        return false;
    memcpy(value, cursor->data + cursor->at, sizeof *value); /* configure refuses big-endian machines */
    cursor->at += sizeof *value;
    return true;
}

static inline bool cursor_u64(struct cursor *cursor, uint64_t *value)
{
    if (cursor_left(cursor) < sizeof *value)
        return false;
    memcpy(value, cursor->data + cursor->at, sizeof *value);
    cursor->at += sizeof *value;
    return true;
}

/* A length (64 bits) and that many bytes. */
static inline bool cursor_text(struct cursor *cursor, const char **text, size_t *length)
{
    struct cursor start = *cursor;
    uint64_t n;

    if (!cursor_u64(cursor, &n) || n > cursor_left(cursor)) {
        *cursor = start;
        return false;
    }
    *text = (const char *)cursor->data + cursor->at;
    *length = (size_t)n;
    cursor->at += *length;
    return true;
}

#endif
