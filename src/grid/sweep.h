/* Sweeps: a scalar setting that is a list of values stands for one arm a value;
 * several of them for every combination. */
#ifndef SINKGRID_GRID_SWEEP_H
#define SINKGRID_GRID_SWEEP_H

#include "grid/setting.h"

enum { MAX_ARMS = 4096 }; /* of one model or prompt set */

/* Number of arms: 1 without a sweep. -1 and an error: an empty list, too many arms. */
int sweep_count(const struct setting_row *rows, const struct setting_values *values,
                const struct setting_source *source, struct error *err);

/* The values of one arm, the last swept key varying fastest; lists of sweeps are
 * replaced by their element. Returns the arm's name, "" without a sweep, else
 * "key=value,key=value"; the caller frees. */
char *sweep_arm(const struct setting_row *rows, const struct setting_values *values, int index,
                struct setting_values *arm);

#endif
