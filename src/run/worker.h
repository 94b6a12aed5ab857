/* A worker rank: assignment in -> stage -> result out, until told to stop. */
#ifndef SINKGRID_RUN_WORKER_H
#define SINKGRID_RUN_WORKER_H

#include "base/error.h"
#include "run/message.h"
#include "run/stage.h"

/* Host, cores, memory, kernel; fails if the kernel that the user named is not to be had. */
int worker_describe(struct ready_message *ready, struct error *err);

/* Worker only. Returns when the master says stop. */
void worker_run(void);

/* Threads of the stages to come; 0: as the environment has it. */
void worker_set_threads(int n_threads);

#endif
