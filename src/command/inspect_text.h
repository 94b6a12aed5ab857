/* What `inspect` prints. */
#ifndef SINKGRID_COMMAND_INSPECT_TEXT_H
#define SINKGRID_COMMAND_INSPECT_TEXT_H

#include "command/inspection.h"

void inspection_print_text(const struct inspection *inspection);
void inspection_print_json(const struct inspection *inspection);

#endif
