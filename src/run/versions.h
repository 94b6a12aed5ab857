/* What the program was built from and with: for --version and for the provenance
 * of results. The one place outside a library's own room that asks its version. */
#ifndef SINKGRID_RUN_VERSIONS_H
#define SINKGRID_RUN_VERSIONS_H

#include <jansson.h>

/* Of the source tree: "1a2b3c4d5e6f", with "-dirty" where files differ from it, or "unknown". */
const char *version_revision(void);

/* {"sinkgrid": "0.1.0", "revision": ..., "compiler": ..., "kernel": ..., "openblas": ..., "mpi": ..., ...};
 * a new reference. */
json_t *version_object(void);

#endif
