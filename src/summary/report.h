/* The report: one self-contained HTML page from summary.nc, with tables and figures;
 * no network, no script needed to read it. */
#ifndef SINKGRID_SUMMARY_REPORT_H
#define SINKGRID_SUMMARY_REPORT_H

#include "base/error.h"

/* Writes <results>/report.html. Without gnuplot the page has no figures: a warning is
 * logged and stands on the page. Fails as report_data_read does. */
int report_write(const char *results, struct error *err);

#endif
