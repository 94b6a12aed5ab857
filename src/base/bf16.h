/* bfloat16 as float32 whose lower 16 bits are 0: rounding to the nearest, ties to
 * even, as the reference rounds. */
#ifndef SINKGRID_BASE_BF16_H
#define SINKGRID_BASE_BF16_H

#include "base/float_bits.h"

static inline float bf16_round(float x)
{
    uint32_t bits = bits_of_float(x), rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;

    return float_of_bits((bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x00400000u : rounded); /* a NaN stays one */
}

/* The upper 16 bits: bfloat16 as it is stored. */
static inline uint16_t bf16_bits(float x)
{
    return (uint16_t)(bits_of_float(bf16_round(x)) >> 16);
}

#endif
