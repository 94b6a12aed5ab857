/* A pipeline between its start and its place on disk, as the master sees it: what
 * its stages have sent so far, and what went wrong in which attempt. */
#ifndef SINKGRID_RUN_FLIGHT_H
#define SINKGRID_RUN_FLIGHT_H

#include <stdbool.h>

#include "probe/measurement.h"
#include "run/message.h"
#include "run/schedule.h"

struct flight {
    int attempt; /* of the last start, 0: none */
    int n_stages;
    int workers[SCHEDULE_MAX_STAGES];
    bool reported[SCHEDULE_MAX_STAGES];
    bool dropped; /* its stages were told to give up */
    double start;
    struct measurement whole; /* the stages' measurements, joined */
    struct profile profile;   /* sum over stages */
    char *log;                /* a line each failure, NULL: none */
};

void flight_start(struct flight *flight, const struct schedule_start *start, double now);
void flight_clear(struct flight *flight); /* after the last attempt */

/* Frees what an attempt has measured so far. */
void flight_forget(struct flight *flight);

/* Takes a stage's measurement, which is empty after it. */
int flight_join(struct flight *flight, struct measurement *part, struct error *err);

/* Appends "attempt A, ...: text" to the log. */
void flight_log(struct flight *flight, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
