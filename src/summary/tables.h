/* levels.csv and scaling.csv. */
#ifndef SINKGRID_SUMMARY_TABLES_H
#define SINKGRID_SUMMARY_TABLES_H

#include "summary/summary.h"

int tables_write_levels(const struct summary *summary, const char *results, struct error *err);
int tables_write_scaling(const struct summary *summary, const char *results, struct error *err);

/* "16:18 22:22-24": l_start and lifetimes of a model's secondary levels. The caller frees. */
char *tables_levels_text(const struct model_levels *levels);

#endif
