/* Whether a model's files are still those that the master fingerprinted: names,
 * sizes and times of change, looked at again by every worker that opens them, so
 * that weights replaced during a run are never mixed. */
#ifndef SINKGRID_RUN_STAMP_H
#define SINKGRID_RUN_STAMP_H

#include <stdint.h>

/* Of a file, or of the weights and config.json of a folder; 0 if there is nothing. */
uint64_t stamp_of(const char *path);

#endif
