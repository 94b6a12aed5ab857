/* Paths of an experiment file: ${VARIABLE} and where relative ones start. */
#ifndef SINKGRID_GRID_PATH_H
#define SINKGRID_GRID_PATH_H

#include "base/error.h"

/* Replaces each ${VARIABLE} by its value in the environment; one that is not set,
 * or a brace that is not closed, fails. The caller frees. */
char *path_expand(const char *text, struct error *err);

/* The expanded path, made absolute: relative ones start at `folder`. The caller frees. */
char *path_resolve(const char *folder, const char *text, struct error *err);

/* The folder of a file and the working directory, absolute. The caller frees. */
char *path_folder(const char *file, struct error *err);
char *path_working_directory(struct error *err);

#endif
