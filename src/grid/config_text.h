/* What libconfig 1.5 does not check in its text: integers that do not fit 32 bits
 * wrap round silently, text after a zero byte is dropped, an included folder ends
 * the program. */
#ifndef SINKGRID_GRID_CONFIG_TEXT_H
#define SINKGRID_GRID_CONFIG_TEXT_H

#include <stddef.h>

#include "base/error.h"

/* `file` stands in errors. Follows @include from `folder`, as libconfig does. */
int config_text_check(const char *text, size_t size, const char *file, const char *folder, struct error *err);

#endif
