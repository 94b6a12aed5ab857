/* The worker's messages: assignments in, results out. */
#include <stdlib.h>

#include "base/memory.h"
#include "run/message_mpi.h"

/* Attempts that the master gave up, of which at most two can matter: a ring. */
enum { N_DROPS = 8 };
static struct drop_message drops[N_DROPS];
static int n_drops;

void message_send_ready(const struct ready_message *ready)
{
    message_send_now(ready, sizeof *ready, 0, TAG_READY);
}

static void take_drop(void)
{
    message_receive(&drops[n_drops++ % N_DROPS], sizeof *drops, 0, TAG_DROP);
}

static void take_assignment(const MPI_Status *status, struct assignment *assignment)
{
    struct error err;
    int size;

    MPI_Get_count(status, MPI_BYTE, &size);
    uint8_t *bytes = xcalloc((size_t)size, 1);
    message_receive(bytes, (size_t)size, 0, TAG_ASSIGN);
    if (assignment_unpack(assignment, bytes, (size_t)size, &err) != 0)
        die("protocol: %s", err.text);
    free(bytes);
}

bool message_receive_assignment(struct assignment *assignment)
{
    MPI_Status status;

    for (;;) {
        message_wait_for(0, MPI_ANY_TAG, &status);
        switch (status.MPI_TAG) {
        case TAG_ASSIGN:
            take_assignment(&status, assignment);
            return true;
        case TAG_DROP:
            take_drop();
            break;
        case TAG_STOP:
            message_receive(NULL, 0, 0, TAG_STOP);
            return false;
        default:
            die("protocol: a worker got a message with tag %d", status.MPI_TAG);
        }
    }
}

bool message_is_dropped(int pipeline, int attempt)
{
    int there = 0;

    MPI_Iprobe(0, TAG_DROP, message_control, &there, MPI_STATUS_IGNORE);
    if (there)
        take_drop();
    for (int i = 0; i < N_DROPS && i < n_drops; i++)
        if (drops[i].pipeline == pipeline && drops[i].attempt == attempt)
            return true;
    return false;
}

void message_progress(void)
{
    int there;

    MPI_Iprobe(0, TAG_DROP, message_control, &there, MPI_STATUS_IGNORE);
}

void message_send_result(const struct result_message *result, const uint8_t *bytes)
{
    message_send_now(result, sizeof *result, 0, TAG_RESULT);
    for (size_t at = 0; at < result->size;) {
        size_t n = result->size - at < RESULT_PIECE ? (size_t)result->size - at : RESULT_PIECE;
        message_send_now(bytes + at, n, 0, TAG_RESULT_DATA);
        at += n;
    }
}

void message_send_leaving(void)
{
    message_send_now(NULL, 0, 0, TAG_LEAVING);
}
