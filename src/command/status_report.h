/* What `status` finds out: each pipeline's state from the run's list, the names in
 * units/ and failed/, and the heartbeat. */
#ifndef SINKGRID_COMMAND_STATUS_REPORT_H
#define SINKGRID_COMMAND_STATUS_REPORT_H

#include <stdbool.h>

#include "base/error.h"
#include "grid/manifest.h"
#include "run/heartbeat.h"

enum pipeline_state { PIPELINE_MISSING, PIPELINE_DONE, PIPELINE_RUNNING, PIPELINE_FAILED, N_PIPELINE_STATES };
extern const char *const pipeline_state_names[N_PIPELINE_STATES];

/* Texts of failures that are read: a file each, so they are limited. */
enum { STATUS_MAX_TEXTS = 20 };

struct status_report {
    char *results;
    struct manifest manifest;
    enum pipeline_state *states; /* (manifest.n_entries) */
    char **failures;             /* (manifest.n_entries) texts of the first failed ones, else NULL */
    int count[N_PIPELINE_STATES];
    double flop_done, flop_total;
    int n_foreign; /* unit files of other identities */
    bool has_heartbeat, is_alive;
    struct heartbeat heartbeat;
    double age;          /* seconds since the heartbeat */
    double seconds_left; /* negative: unknown */
};

/* Takes over the manifest. Reads two folders, the heartbeat, and a file for each of the first failures. */
int status_report_init(struct status_report *report, const char *results, struct manifest *manifest, struct error *err);
void status_report_clear(struct status_report *report);

void status_print_text(const struct status_report *report);
void status_print_json(const struct status_report *report);

#endif
