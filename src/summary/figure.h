/* Figures by gnuplot, which is looked up when it is needed: a script of analysis/, a
 * data file, numbers as variables; the picture comes back as SVG text. */
#ifndef SINKGRID_SUMMARY_FIGURE_H
#define SINKGRID_SUMMARY_FIGURE_H

#include <stdio.h>

#include "base/error.h"

struct figure_maker;

/* Finds gnuplot and the scripts, makes a folder for data files. NULL and an error
 * that names what is missing and its package. figure_maker_destroy accepts NULL. */
struct figure_maker *figure_maker_create(struct error *err);
void figure_maker_destroy(struct figure_maker *maker);

/* Where the next figure's data go; blocks are separated by two blank lines. */
FILE *figure_data(struct figure_maker *maker, struct error *err);

/* Draws "<script>.gp" from what was written. `variables`: "layers=36; limit=0.9".
 * The SVG, without XML prologue and with ids of its own, is the caller's to free. */
char *figure_draw(struct figure_maker *maker, const char *script, int width, int height, const char *variables,
                  struct error *err);

#endif
