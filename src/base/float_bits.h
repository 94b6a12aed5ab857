/* A float32 as its bits. Inlined always: callers are compiled once an instruction set. */
#ifndef SINKGRID_BASE_FLOAT_BITS_H
#define SINKGRID_BASE_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) float float_of_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline __attribute__((always_inline)) uint32_t bits_of_float(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
