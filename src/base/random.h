/* A counter-based generator: the n-th number of a stream is a function of
 * (seed, stream, n) alone, so that results do not depend on who draws first.
 * The mixing function is SplitMix64 (Steele, Lea, Flood 2014), applied to each key word. */
#ifndef SINKGRID_BASE_RANDOM_H
#define SINKGRID_BASE_RANDOM_H

#include <stdint.h>

uint64_t random_u64(uint64_t seed, uint64_t stream, uint64_t counter);

/* Uniform in [0, 1), 53 bits. */
double random_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

/* Uniform in [0, n), n > 0, without bias worth naming: 64 x 64 -> high word. */
uint64_t random_below(uint64_t seed, uint64_t stream, uint64_t counter, uint64_t n);

/* Standard normal (Box and Muller 1958); uses counters 2 * counter and 2 * counter + 1. */
double random_normal(uint64_t seed, uint64_t stream, uint64_t counter);

#endif
