/* Types of the settings that are lists: models and prompt sets with their sweeps,
 * filters, layer ranges, cuts, candidates. For experiment_table.c. */
#ifndef SINKGRID_GRID_EXPERIMENT_LISTS_H
#define SINKGRID_GRID_EXPERIMENT_LISTS_H

#include "grid/setting.h"

/* Fields: struct experiment (models, prompt sets, measured), struct filter_list,
 * struct pipeline_settings, struct detect_settings. */
extern const struct setting_type type_models, type_prompt_sets, type_measured, type_filters, type_cuts, type_candidates;

#endif
