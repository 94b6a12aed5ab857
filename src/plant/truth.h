/* planted.json and planted.csv: what any correct measurement of a planted model
 * must find. Derived from the construction alone, not from a forward pass. */
#ifndef SINKGRID_PLANT_TRUTH_H
#define SINKGRID_PLANT_TRUTH_H

#include "plant/construction.h"
#include "plant/prompts.h"

/* Writes folder/planted.json: the primary with its norm after every layer, levels,
 * strays, and every sink of the prompts with its label under either rule; and
 * planted.csv: the same sinks under the names that sinks.csv has for the columns. */
int plant_write_truth(const struct construction *construction, const struct plant_prompts *prompts, const char *folder,
                      struct error *err);

#endif
