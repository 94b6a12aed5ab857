/* The sign of life of a run: <results>/heartbeat.json, replaced every few seconds,
 * so that `status` needs to read one small file. */
#ifndef SINKGRID_RUN_HEARTBEAT_H
#define SINKGRID_RUN_HEARTBEAT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/sha256.h"

enum { HEARTBEAT_SECONDS = 5, HEARTBEAT_MAX_RUNNING = 64, HEARTBEAT_NAME_SIZE = 96 };

struct heartbeat_unit { /* a running pipeline */
    char identity[SHA256_HEX_SIZE];
    char model[HEARTBEAT_NAME_SIZE], prompt_set[HEARTBEAT_NAME_SIZE];
    int sample_begin, sample_end, n_stages, attempt;
    double seconds; /* since its start */
};

struct heartbeat {
    char state[16]; /* "running", "stopping", "finished", "stopped", "terminated" */
    char host[HEARTBEAT_NAME_SIZE];
    long pid;
    double started, updated; /* seconds since the epoch */
    int n_ranks;
    int total, stored, running, failed, waiting; /* units; stored: whole on disk, also by earlier runs */
    double tokens_done, tokens_total;            /* of this run */
    double tokens_per_second, seconds_left;      /* negative: unknown */
    int n_units;                                 /* of the running ones, those listed: at most HEARTBEAT_MAX_RUNNING */
    struct heartbeat_unit units[HEARTBEAT_MAX_RUNNING];
};

/* Neither fsyncs: a sign of life may be lost. */
int heartbeat_write(const char *results, const struct heartbeat *heartbeat, struct error *err);
int heartbeat_read(const char *results, struct heartbeat *heartbeat, struct error *err);

/* Seconds since the file was written, negative if there is none. */
double heartbeat_age(const char *results);

/* Whether the process that wrote it is known to have ended, which only its own host knows. */
bool heartbeat_is_orphaned(const struct heartbeat *heartbeat);

#endif
