/* A family's figure: levels against parameters, and where the models' names have room. */
#ifndef SINKGRID_SUMMARY_REPORT_FAMILY_H
#define SINKGRID_SUMMARY_REPORT_FAMILY_H

#include "summary/report_figures.h"

/* *figure is empty if no model of the family has a size; report_figure_clear frees. */
int report_draw_family(struct report_figure *figure, const struct report_data *data, size_t family,
                       struct figure_maker *maker, struct error *err);

#endif
