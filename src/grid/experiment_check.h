/* What no single setting shows: values that contradict each other, names that
 * nothing bears. For experiment.c; selection and files are in experiment.h. */
#ifndef SINKGRID_GRID_EXPERIMENT_CHECK_H
#define SINKGRID_GRID_EXPERIMENT_CHECK_H

#include <libconfig.h>

#include "grid/experiment.h"
#include "grid/setting.h"

/* `config` serves to name the lines. */
int experiment_check_values(const struct experiment *experiment, const config_t *config,
                            const struct setting_source *source, struct error *err);

#endif
