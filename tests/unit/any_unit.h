/* Units of arbitrary content, for the tests of store. */
#ifndef SINKGRID_TESTS_UNIT_ANY_UNIT_H
#define SINKGRID_TESTS_UNIT_ANY_UNIT_H

#include "store/store.h"

#define IDENTITY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The unit IDENTITY: any bits, NaNs among them; texts that need quoting; samples 7, 8 ... of 20
 * tokens with 2, 3, 0, 1 ... candidates; 4 layers, the second without rows, and the final norm;
 * learned: with learned sinks. unit_clear frees. */
struct unit any_unit(int n_samples, int n_rows, int learned);

#endif
