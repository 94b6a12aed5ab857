/* The part of summary.nc with a row a level and a row a sink. */
#ifndef SINKGRID_SUMMARY_SUMMARY_FILE_SINKS_H
#define SINKGRID_SUMMARY_SUMMARY_FILE_SINKS_H

#include "store/ncfile.h"
#include "summary/summary.h"

void summary_file_put_sinks(struct ncwriter *writer, const struct summary *summary);

#endif
