/* What message.c and stream.c share: the communicators and the polite wait. */
#ifndef SINKGRID_RUN_MESSAGE_MPI_H
#define SINKGRID_RUN_MESSAGE_MPI_H

#include <mpi.h>

extern MPI_Comm message_control, message_hidden;

/* Completes a request by tests and short sleeps. */
void message_wait(MPI_Request *request, MPI_Status *status);

#endif
