#include "base/random.h"

#include <math.h>

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t random_u64(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return mix(mix(mix(seed) ^ stream) ^ counter);
}

double random_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return (double)(random_u64(seed, stream, counter) >> 11) * 0x1p-53;
}

uint64_t random_below(uint64_t seed, uint64_t stream, uint64_t counter, uint64_t n)
{
    return (uint64_t)((unsigned __int128)random_u64(seed, stream, counter) * n >> 64);
}

double random_normal(uint64_t seed, uint64_t stream, uint64_t counter)
{
    const double two_pi = 6.283185307179586;
    double u = 1.0 - random_uniform(seed, stream, 2 * counter); /* in (0, 1] */
    double v = random_uniform(seed, stream, 2 * counter + 1);

    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}
