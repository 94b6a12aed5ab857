#include "random_floats.h"

#include "base/memory.h"
#include "base/random.h"

float *random_floats(uint64_t seed, size_t n, uint64_t stream)
{
    float *x = float_alloc(n, "test", NULL);

    for (size_t i = 0; i < n; i++)
        x[i] = (float)random_normal(seed, stream, i);
    return x;
}
