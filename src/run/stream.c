#include "run/stream.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/message_mpi.h"

enum {
    N_BUFFERS = 4, /* one arriving, one computed, two on their way down */
    MAX_SENDS = 2, /* unfinished ones */
    HEADER_FLOATS = sizeof(struct hidden_message) / sizeof(float),
};

struct stream {
    int pipeline, attempt;
    int upstream, downstream; /* ranks, -1: none */
    int width, max_tokens, n_chunks;
    int n_buffers;
    float *buffers; /* (n_buffers, HEADER_FLOATS + max_tokens * width) */
    size_t buffer_floats;
    int n_posted;                                      /* receives posted: chunks 0 ... n_posted - 1 */
    MPI_Request receives[N_BUFFERS], sends[N_BUFFERS]; /* by chunk modulo N_BUFFERS */
};

int stream_max_tokens(int width)
{
    return (INT_MAX - (int)sizeof(struct hidden_message)) / ((int)sizeof(float) * width);
}

static float *buffer_of(const struct stream *stream, int chunk)
{
    return stream->buffers + (size_t)(chunk % stream->n_buffers) * stream->buffer_floats;
}

struct stream *stream_open(const struct assignment_numbers *numbers, int n_chunks, int max_tokens, struct error *err)
{
    struct stream *stream = xcalloc(1, sizeof *stream);
    bool linked = numbers->upstream >= 0 || numbers->downstream >= 0;

    stream->pipeline = numbers->pipeline;
    stream->attempt = numbers->attempt;
    stream->upstream = numbers->upstream;
    stream->downstream = numbers->downstream;
    stream->width = numbers->n_embd;
    stream->max_tokens = max_tokens;
    stream->n_chunks = n_chunks;
    stream->n_buffers = linked ? N_BUFFERS : 1;
    stream->buffer_floats = HEADER_FLOATS + (size_t)max_tokens * (size_t)stream->width;
    for (int i = 0; i < N_BUFFERS; i++)
        stream->receives[i] = stream->sends[i] = MPI_REQUEST_NULL;
    if (linked && max_tokens > stream_max_tokens(stream->width))
        fail(err, "a chunk of %d tokens exceeds a message of 2 GiB: pipeline.chunk", max_tokens);
    else
        stream->buffers =
            float_alloc((size_t)stream->n_buffers * stream->buffer_floats, "buffers of hidden states", err);
    if (!stream->buffers) {
        free(stream);
        return NULL;
    }
    return stream;
}

/* ---- receiving ---- */

/* Chunk n_posted goes where chunk n_posted - N_BUFFERS was, whose send is done by then:
 * stream_pass leaves at most MAX_SENDS of the chunks before n_posted - 1 unfinished. */
static void post_receive(struct stream *stream)
{
    int chunk = stream->n_posted, slot = chunk % N_BUFFERS;

    if (chunk >= stream->n_chunks)
        return;
    assert(stream->sends[slot] == MPI_REQUEST_NULL);
    MPI_Irecv(buffer_of(stream, chunk), (int)(stream->buffer_floats * sizeof(float)), MPI_BYTE, stream->upstream,
              TAG_HIDDEN, message_hidden, &stream->receives[slot]);
    stream->n_posted++;
}

static enum stage_status check_header(const struct stream *stream, int chunk, int n_tokens, int n_bytes)
{
    struct hidden_message header;
    size_t expected = sizeof header;

    if ((size_t)n_bytes < sizeof header)
        die("protocol: %d bytes of hidden states from rank %d", n_bytes, stream->upstream);
    memcpy(&header, buffer_of(stream, chunk), sizeof header);
    if (header.status == STAGE_OK)
        expected += (size_t)n_tokens * (size_t)stream->width * sizeof(float);
    if (header.pipeline != stream->pipeline || header.attempt != stream->attempt || header.chunk != chunk ||
        header.n_tokens != n_tokens || header.width != stream->width || (size_t)n_bytes != expected)
        die("protocol: unit %d/%d chunk %d (%d tokens) expected from rank %d, got unit %d/%d chunk %d (%d tokens)",
            stream->pipeline, stream->attempt, chunk, n_tokens, stream->upstream, header.pipeline, header.attempt,
            header.chunk, header.n_tokens);
    return (enum stage_status)header.status;
}

static enum stage_status receive_chunk(struct stream *stream, int chunk, int n_tokens)
{
    MPI_Status status;
    int n_bytes;

    if (stream->n_posted == chunk)
        post_receive(stream);
    message_wait(&stream->receives[chunk % N_BUFFERS], &status);
    MPI_Get_count(&status, MPI_BYTE, &n_bytes);
    post_receive(stream); /* the next one arrives while this one is computed */
    return check_header(stream, chunk, n_tokens, n_bytes);
}

float *stream_take(struct stream *stream, int chunk, int n_tokens, enum stage_status *status, struct profile *profile)
{
    double begin = profile_now();

    assert(n_tokens <= stream->max_tokens && chunk < stream->n_chunks);
    *status = stream->upstream >= 0 ? receive_chunk(stream, chunk, n_tokens) : STAGE_OK;
    profile->seconds[PHASE_WAIT_UPSTREAM] += profile_now() - begin;
    return buffer_of(stream, chunk) + HEADER_FLOATS;
}

/* ---- sending ---- */

static void wait_for_send(struct stream *stream, int chunk, struct profile *profile)
{
    double begin = profile_now();

    if (chunk < 0)
        return;
    message_wait(&stream->sends[chunk % N_BUFFERS], MPI_STATUS_IGNORE);
    profile->seconds[PHASE_WAIT_DOWNSTREAM] += profile_now() - begin;
}

void stream_pass(struct stream *stream, int chunk, int n_tokens, enum stage_status status, struct profile *profile)
{
    struct hidden_message header = {.pipeline = stream->pipeline,
                                    .attempt = stream->attempt,
                                    .chunk = chunk,
                                    .status = status,
                                    .n_tokens = n_tokens,
                                    .width = stream->width};
    size_t n_bytes = sizeof header;

    if (stream->downstream < 0)
        return;
    if (status == STAGE_OK)
        n_bytes += (size_t)n_tokens * (size_t)stream->width * sizeof(float);
    wait_for_send(stream, chunk - MAX_SENDS, profile);
    memcpy(buffer_of(stream, chunk), &header, sizeof header);
    MPI_Issend(buffer_of(stream, chunk), (int)n_bytes, MPI_BYTE, stream->downstream, TAG_HIDDEN, message_hidden,
               &stream->sends[chunk % N_BUFFERS]);
}

void stream_close(struct stream *stream, struct profile *profile)
{
    if (!stream)
        return;
    for (int chunk = stream->n_chunks - MAX_SENDS; stream->downstream >= 0 && chunk < stream->n_chunks; chunk++)
        wait_for_send(stream, chunk, profile);
    float_free(stream->buffers);
    free(stream);
}
