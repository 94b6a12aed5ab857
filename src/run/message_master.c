/* The master's messages. Once all workers are there it waits for none of them: one that
 * hangs must not keep it from its signals and its time limit. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/message_mpi.h"

/* ---- sends ---- */

struct pending_send {
    MPI_Request request;
    uint8_t *bytes;
};
static struct pending_send *sends;
static size_t n_sends, sends_capacity;

static void reap_sends(void)
{
    for (size_t i = 0; i < n_sends;) {
        int done;
        MPI_Test(&sends[i].request, &done, MPI_STATUS_IGNORE);
        if (!done) {
            i++;
            continue;
        }
        free(sends[i].bytes);
        sends[i] = sends[--n_sends];
    }
}

/* Takes `bytes` over. */
static void send_later(uint8_t *bytes, size_t size, int rank, int tag)
{
    if (size > INT_MAX)
        die("a message of %zu bytes with tag %d is too large", size, tag);
    sends = array_grow(sends, n_sends, &sends_capacity, sizeof *sends);
    sends[n_sends].bytes = bytes;
    MPI_Isend(bytes, (int)size, MPI_BYTE, rank, tag, message_control, &sends[n_sends].request);
    n_sends++;
}

void message_finish_sends(void)
{
    int round = 0;

    while (n_sends > 0) {
        reap_sends();
        message_nap(&round);
    }
    free(sends);
    sends = NULL;
    sends_capacity = 0;
}

/* ---- start ---- */

static bool ready_received;
static char (*hosts)[HOST_SIZE]; /* (size); kept to the end, for what is said then */

void message_receive_ready(struct ready_message *ready)
{
    MPI_Status status;

    ready_received = true;
    hosts = xcalloc((size_t)message_size(), sizeof *hosts);
    for (int left = message_size() - 1; left > 0; left--) {
        message_wait_for(MPI_ANY_SOURCE, TAG_READY, &status);
        message_receive(&ready[status.MPI_SOURCE], sizeof *ready, status.MPI_SOURCE, TAG_READY);
        memcpy(hosts[status.MPI_SOURCE], ready[status.MPI_SOURCE].host, HOST_SIZE - 1);
    }
}

const char *message_host(int rank)
{
    return hosts ? hosts[rank] : "";
}

void message_discard_ready(void)
{
    struct ready_message *ready = xcalloc((size_t)message_size(), sizeof *ready);

    if (!ready_received)
        message_receive_ready(ready);
    free(ready);
}

/* ---- orders ---- */

void message_send_assignment(int rank, const struct assignment *assignment)
{
    uint8_t *bytes;
    size_t size;

    assignment_pack(assignment, &bytes, &size);
    send_later(bytes, size, rank, TAG_ASSIGN);
}

void message_send_drop(int rank, int pipeline, int attempt)
{
    struct drop_message *drop = xcalloc(1, sizeof *drop);

    *drop = (struct drop_message){pipeline, attempt};
    send_later((uint8_t *)drop, sizeof *drop, rank, TAG_DROP);
}

void message_send_stop(int rank)
{
    send_later(NULL, 0, rank, TAG_STOP);
}

/* ---- results ---- */

/* A result under way: its header is here, its pieces follow one by one. */
struct incoming {
    int rank;
    struct result_message result;
    uint8_t *bytes;
    size_t asked;        /* bytes of the pieces asked for so far */
    MPI_Request request; /* of the last of them */
};
enum { MAX_INCOMING = 4 }; /* at a time: the master's memory is bounded */
static struct incoming incoming[MAX_INCOMING];
static int n_incoming;

static bool is_incoming(int rank)
{
    for (int i = 0; i < n_incoming; i++)
        if (incoming[i].rank == rank)
            return true;
    return false;
}

/* A worker's next result waits until the one before is here, so that results keep their order. */
static void take_header(void)
{
    struct incoming *next = &incoming[n_incoming];
    MPI_Status status;
    int there;

    MPI_Iprobe(MPI_ANY_SOURCE, TAG_RESULT, message_control, &there, &status);
    if (!there || is_incoming(status.MPI_SOURCE))
        return;
    *next = (struct incoming){.rank = status.MPI_SOURCE, .request = MPI_REQUEST_NULL};
    message_receive(&next->result, sizeof next->result, next->rank, TAG_RESULT);
    if (next->result.size > 0 && !(next->bytes = malloc(next->result.size)))
        die("no memory for the %llu bytes of a result", (unsigned long long)next->result.size);
    n_incoming++;
}

/* Asks for the next piece whenever one is here. */
static bool is_complete(struct incoming *in)
{
    for (;;) {
        int done;
        MPI_Test(&in->request, &done, MPI_STATUS_IGNORE);
        if (!done || in->asked == in->result.size)
            return done;
        size_t left = (size_t)in->result.size - in->asked, n = left < RESULT_PIECE ? left : RESULT_PIECE;
        MPI_Irecv(in->bytes + in->asked, (int)n, MPI_BYTE, in->rank, TAG_RESULT_DATA, message_control, &in->request);
        in->asked += n;
    }
}

bool message_receive_result(int *rank, struct result_message *result, uint8_t **bytes)
{
    reap_sends();
    if (n_incoming < MAX_INCOMING)
        take_header();
    for (int i = 0; i < n_incoming; i++) {
        if (!is_complete(&incoming[i]))
            continue;
        *rank = incoming[i].rank;
        *result = incoming[i].result;
        *bytes = incoming[i].bytes;
        incoming[i] = incoming[--n_incoming];
        return true;
    }
    return false;
}

void message_nap_for_results(int *round)
{
    enum { LONGEST = 10000 }; /* microseconds */
    static int n_seen;

    if (n_incoming != n_seen)
        *round = 0;
    n_seen = n_incoming;
    if (n_incoming > 0)
        message_nap(round);
    else
        message_nap_at_most(round, LONGEST);
}

bool message_receive_leaving(int *rank)
{
    MPI_Status status;
    int there;

    reap_sends();
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_LEAVING, message_control, &there, &status);
    if (!there)
        return false;
    *rank = status.MPI_SOURCE;
    message_receive(NULL, 0, *rank, TAG_LEAVING);
    return true;
}
