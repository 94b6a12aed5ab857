#include "text/protobuf.h"

#include <string.h>

struct protobuf protobuf_begin(const void *data, size_t n)
{
    return (struct protobuf){.at = data, .end = (const uint8_t *)data + n};
}

static uint64_t read_varint(struct protobuf *message)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64 && message->at < message->end; shift += 7) {
        uint8_t byte = *message->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    message->broken = true;
    return 0;
}

static const uint8_t *take(struct protobuf *message, uint64_t n)
{
    const uint8_t *at = message->at;

    if (message->broken || n > (uint64_t)(message->end - at)) {
        message->broken = true;
        return NULL;
    }
    message->at += n;
    return at;
}

static void read_fixed(struct protobuf *message, size_t n, uint64_t *value)
{
    const uint8_t *bytes = take(message, n);

    *value = 0;
    if (bytes)
        memcpy(value, bytes, n);
}

bool protobuf_next(struct protobuf *message, struct protobuf_field *field)
{
    if (message->broken || message->at == message->end)
        return false;
    uint64_t tag = read_varint(message);
    *field = (struct protobuf_field){.number = (uint32_t)(tag >> 3), .wire = (enum protobuf_wire)(tag & 7)};
    switch (field->wire) {
    case WIRE_VARINT:
        field->value = read_varint(message);
        break;
    case WIRE_FIXED64:
        read_fixed(message, 8, &field->value);
        break;
    case WIRE_FIXED32:
        read_fixed(message, 4, &field->value);
        break;
    case WIRE_BYTES:
        field->n = (size_t)read_varint(message);
        field->data = (const char *)take(message, field->n);
        break;
    default:
        message->broken = true;
    }
    return !message->broken;
}

float protobuf_float(const struct protobuf_field *field)
{
    uint32_t bits = (uint32_t)field->value;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}
