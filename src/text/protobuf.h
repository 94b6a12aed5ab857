/* Reading protocol buffers (protobuf.dev/programming-guides/encoding), as far as
 * SentencePiece's files need it. Every length is checked against its message. */
#ifndef SINKGRID_TEXT_PROTOBUF_H
#define SINKGRID_TEXT_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protobuf_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct protobuf {
    const uint8_t *at, *end;
    bool broken; /* a length or number ran over the end */
};

struct protobuf_field {
    uint32_t number;
    enum protobuf_wire wire;
    uint64_t value;   /* varint, fixed64, fixed32 */
    const char *data; /* bytes: (n) */
    size_t n;
};

struct protobuf protobuf_begin(const void *data, size_t n);

/* False at the end and where the message is broken. */
bool protobuf_next(struct protobuf *message, struct protobuf_field *field);

float protobuf_float(const struct protobuf_field *field);

#endif
