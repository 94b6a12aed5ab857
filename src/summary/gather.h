/* Reads what a results folder holds, a unit at a time, into tallies; writes sinks.csv
 * on the way. */
#ifndef SINKGRID_SUMMARY_GATHER_H
#define SINKGRID_SUMMARY_GATHER_H

#include "summary/summary.h"

int gather(struct summary *summary, const struct summary_settings *settings, struct error *err);

#endif
