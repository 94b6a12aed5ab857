/* What `summarize` does and `run` ends with. */
#ifndef SINKGRID_COMMAND_SUMMARIZE_H
#define SINKGRID_COMMAND_SUMMARIZE_H

#include <stdbool.h>

#include "base/error.h"
#include "grid/experiment.h"

/* Summarizes an experiment's results folder and prints the table (or scaling.csv).
 * An exit status of command.h: STATUS_USAGE with the error set; STATUS_UNITS_FAILED
 * where units failed or cannot be read. */
int summarize_experiment(const struct experiment *experiment, bool csv, struct error *err);

#endif
