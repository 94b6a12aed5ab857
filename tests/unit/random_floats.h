/* Inputs of the kernels' tests. */
#ifndef SINKGRID_TESTS_RANDOM_FLOATS_H
#define SINKGRID_TESTS_RANDOM_FLOATS_H

#include <stddef.h>
#include <stdint.h>

/* n normal numbers of a seed's stream; the caller frees them (float_free). */
float *random_floats(uint64_t seed, size_t n, uint64_t stream);

#endif
