/* bfloat16 as float32 whose lower 16 bits are 0: rounding to the nearest, ties to
 * even, as the reference rounds. */
#ifndef SINKGRID_BASE_BF16_H
#define SINKGRID_BASE_BF16_H

#include <stdint.h>
#include <string.h>

static inline float bf16_round(float x)
{
    uint32_t bits, rounded;
    float y;

    memcpy(&bits, &x, sizeof bits);
    rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
    rounded = (bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x00400000u : rounded; /* a NaN stays one */
    memcpy(&y, &rounded, sizeof y);
    return y;
}

#endif
