/* The figures of the report: which data each shows, and the caption that says what was
 * measured on how many tokens. */
#ifndef SINKGRID_SUMMARY_REPORT_FIGURES_H
#define SINKGRID_SUMMARY_REPORT_FIGURES_H

#include "summary/figure.h"
#include "summary/report_data.h"

struct report_figure {
    char *svg;     /* NULL: not drawn */
    char *caption; /* plain text */
    const char *name;
};

enum {
    N_MODEL_FIGURES = 7,
    REPORT_FIGURE_WIDTH = 420, /* px, about what a phone shows: 13 px letters stay readable there */
};

/* Figures of one model: those without data are left out (imported records have a level
 * map only). Returns their number; report_figure_clear frees each. -1 on an error. */
int report_draw_model(struct report_figure figures[N_MODEL_FIGURES], const struct report_data *data, size_t model,
                      struct figure_maker *maker, struct error *err);

void report_figure_clear(struct report_figure *figure);

#endif
