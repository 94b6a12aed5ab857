/* The name that a misspelt one was meant to be. */
#ifndef SINKGRID_BASE_NEAREST_H
#define SINKGRID_BASE_NEAREST_H

#include <stddef.h>

/* Least number of letters to insert, delete, replace or swap with their neighbour
 * (optimal string alignment; Boytsov 2011, section 2.2). Words are cut at 63 letters. */
int edit_distance(const char *a, const char *b);

/* The name at the least distance, the first of equals; NULL if none is within a
 * third of the word's length, at least 2. */
const char *nearest_name(const char *word, const char *const *names, size_t n);

#endif
