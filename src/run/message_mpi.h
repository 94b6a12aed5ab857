/* What message.c, message_master.c, message_worker.c and stream.c share: the
 * communicators and the polite waits. */
#ifndef SINKGRID_RUN_MESSAGE_MPI_H
#define SINKGRID_RUN_MESSAGE_MPI_H

#include <mpi.h>
#include <stddef.h>

#include "run/message.h"

extern MPI_Comm message_control, message_hidden;

/* message_nap with naps of at most so many microseconds. */
void message_nap_at_most(int *round, double longest);

/* Completes a request by tests and short sleeps. */
void message_wait(MPI_Request *request, MPI_Status *status);

/* ---- on the control communicator ---- */

/* Waits until such a message can be received. */
void message_wait_for(int source, int tag, MPI_Status *status);
/* Receives a message of exactly this size; any other is the end of the run. */
void message_receive(void *to, size_t size, int source, int tag);
/* Returns when `from` may be used again. */
void message_send_now(const void *from, size_t size, int destination, int tag);

/* Master only: waits for what it has sent. */
void message_finish_sends(void);

#endif
