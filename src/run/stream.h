/* Hidden states on their way from stage to stage: a ring of chunk buffers. A chunk
 * is received into its buffer, computed there in place, and sent from there, while
 * the next one arrives. Protocol and flow control: message.h. Worker only. */
#ifndef SINKGRID_RUN_STREAM_H
#define SINKGRID_RUN_STREAM_H

#include "run/message.h"

struct stream;

/* Neighbours are ranks, -1 where there is none; without any, MPI is not touched and
 * there is one buffer. Chunks are numbered 0 ... n_chunks - 1 and have at most
 * max_tokens tokens. Fails, naming the size, if the buffers cannot be had or a
 * chunk exceeds the 2 GiB of a message; then nothing may be received or sent. */
struct stream *stream_open(const struct assignment_numbers *numbers, int n_chunks, int max_tokens, struct error *err);

/* Largest chunk that fits into one message. */
int stream_max_tokens(int width);

/* The buffer (n_tokens, D) of a chunk, in order: with a stage above, when its states have
 * arrived; *status is what that stage says of them. Waiting counts in the profile. */
float *stream_take(struct stream *stream, int chunk, int n_tokens, enum stage_status *status, struct profile *profile);

/* Sends the buffer of the chunk taken last to the stage below, if there is one; with a
 * bad status only the header. Returns before it has arrived, but waits for the chunk before the last one. */
void stream_pass(struct stream *stream, int chunk, int n_tokens, enum stage_status status, struct profile *profile);

/* Waits until all has arrived below, and frees. Accepts NULL. */
void stream_close(struct stream *stream, struct profile *profile);

#endif
