/* summary.nc: all of a summary as self-describing NetCDF (summary_schema.h). */
#ifndef SINKGRID_SUMMARY_SUMMARY_FILE_H
#define SINKGRID_SUMMARY_SUMMARY_FILE_H

#include "summary/summary.h"

int summary_file_write(const struct summary *summary, const struct summary_settings *settings, struct error *err);

#endif
