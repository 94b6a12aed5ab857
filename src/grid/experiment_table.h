/* The settings of an experiment file, one row each. For experiment.c. */
#ifndef SINKGRID_GRID_EXPERIMENT_TABLE_H
#define SINKGRID_GRID_EXPERIMENT_TABLE_H

#include "grid/experiment.h"
#include "grid/setting.h"

/* Of struct experiment, and of what it holds. */
extern const struct setting_row experiment_rows[];
extern const struct setting_row model_rows[];
extern const struct setting_row prompt_set_rows[];
extern const struct setting_row filter_rows[];
extern const struct setting_row detect_rows[];
extern const struct setting_row pipeline_rows[];

#endif
