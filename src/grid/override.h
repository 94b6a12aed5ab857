/* --set KEY=VALUE: puts a value into a parsed experiment before it is read. */
#ifndef SINKGRID_GRID_OVERRIDE_H
#define SINKGRID_GRID_OVERRIDE_H

#include <libconfig.h>

#include "base/error.h"

/* KEY is dotted; elements of `models` and `prompt_sets` go by their name:
 * "detect.cosine", "prompt_sets.aime24.limit". VALUE is libconfig text, or, where
 * that does not parse, a string without quotes. `assignment` must outlive the
 * configuration: errors about the setting show it as its place. Unknown keys are
 * put in: reading the configuration names them. */
int override_apply(config_t *config, const char *assignment, struct error *err);

#endif
