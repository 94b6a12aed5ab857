/* A summary as text: a table a family, then what it rests on and what to beware of. */
#ifndef SINKGRID_SUMMARY_TERMINAL_H
#define SINKGRID_SUMMARY_TERMINAL_H

#include <stdio.h>

#include "summary/summary.h"

void terminal_print(FILE *stream, const struct summary *summary);

#endif
