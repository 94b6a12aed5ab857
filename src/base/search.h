/* Binary search. */
#ifndef SINKGRID_BASE_SEARCH_H
#define SINKGRID_BASE_SEARCH_H

#include <stdint.h>

/* Index of a value in an ascending array, -1 if it is not there. */
int search_i32(const int32_t *sorted, int n, int32_t value);

#endif
