/* The numbers of a model's and of a family's row, as a table that scaling.csv,
 * summary.nc and the report's tables share. */
#ifndef SINKGRID_SUMMARY_MODEL_COLUMNS_H
#define SINKGRID_SUMMARY_MODEL_COLUMNS_H

#include "summary/summary.h"

/* A number; missing: NaN. Counts are numbers, too: all fit a double's 53 bits. */
struct model_column {
    const char *name; /* NULL ends the table */
    const char *long_name;
    double (*value)(const struct summary_model *model);
};
extern const struct model_column model_columns[];

/* A number with an interval and what it rests on. */
struct model_estimate {
    const char *name;
    const char *long_name;
    const struct estimate *(*estimate)(const struct summary_model *model);
};
extern const struct model_estimate model_estimates[];

struct family_estimate {
    const char *name;
    const char *long_name;
    const struct estimate *(*estimate)(const struct family_scaling *family);
};
extern const struct family_estimate family_estimates[];

#endif
