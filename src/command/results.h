/* The operand EXPERIMENT|RESULTS of commands that read results. */
#ifndef SINKGRID_COMMAND_RESULTS_H
#define SINKGRID_COMMAND_RESULTS_H

#include "base/error.h"
#include "grid/experiment.h"

/* An experiment file, or a results folder with its resolved copy. A folder without
 * one (imported records alone) gives the defaults, with the overrides on top. NULL
 * and an error on anything else; experiment_destroy frees. */
struct experiment *results_open(const char *operand, const struct experiment_overrides *overrides, struct error *err);

#endif
