#include "run/message.h"

#include <assert.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "run/message_mpi.h"

enum {
    EXIT_DIED = 70,    /* EX_SOFTWARE of sysexits.h: "run again" to the job scripts */
    NAP_YIELDS = 16,   /* the first naps only yield the core */
    NAP_FIRST_US = 20, /* then sleeps double from here */
    NAP_LONGEST_US = 1000,
};

MPI_Comm message_control, message_hidden;

static bool started;

/* ---- start and end ---- */

bool message_launched(void)
{
    static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "PMI_FD"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (getenv(marks[i]))
            return true;
    return false;
}

static MPI_Comm duplicate_world(const char *name)
{
    MPI_Comm copy;

    MPI_Comm_dup(MPI_COMM_WORLD, &copy);
    MPI_Comm_set_name(copy, name);
    return copy;
}

void message_init(int *argc, char ***argv)
{
    int provided;

    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    started = true;
    if (provided < MPI_THREAD_FUNNELED)
        die("this MPI grants thread level %d only, not MPI_THREAD_FUNNELED", provided);
    message_control = duplicate_world("sinkgrid control");
    message_hidden = duplicate_world("sinkgrid hidden");
    if (message_size() > 1)
        log_set_rank(message_rank());
}

int message_rank(void)
{
    int rank = 0;

    if (started)
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int message_size(void)
{
    int size = 1;

    if (started)
        MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

const char *message_library(void)
{
    static char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;

    if (!version[0]) {
        MPI_Get_library_version(version, &length);
        version[strcspn(version, "\n")] = '\0';
    }
    return version;
}

void message_abort(int status)
{
    if (started)
        MPI_Abort(MPI_COMM_WORLD, status);
    _exit(status);
}

void die(const char *format, ...)
{
    char text[512], host[HOST_SIZE] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    gethostname(host, sizeof host - 1);
    log_error("rank %d on %s: %s", message_rank(), host, text);
    message_abort(EXIT_DIED);
}

/* ---- waiting ---- */

void message_nap(int *round)
{
    int n = (*round)++ - NAP_YIELDS;

    if (n < 0) {
        sched_yield();
        return;
    }
    long us = n < 6 ? NAP_FIRST_US << n : NAP_LONGEST_US;
    nanosleep(&(struct timespec){.tv_nsec = 1000 * us}, NULL);
}

void message_wait(MPI_Request *request, MPI_Status *status)
{
    int done = 0, round = 0;

    for (;;) {
        MPI_Test(request, &done, status);
        if (done)
            return;
        message_nap(&round);
    }
}

static void wait_for(int source, int tag, MPI_Status *status)
{
    int there = 0, round = 0;

    for (;;) {
        MPI_Iprobe(source, tag, message_control, &there, status);
        if (there)
            return;
        message_nap(&round);
    }
}

static void receive(void *to, size_t size, int source, int tag)
{
    MPI_Request request;
    MPI_Status status;
    int got;

    assert(size <= INT_MAX);
    MPI_Irecv(to, (int)size, MPI_BYTE, source, tag, message_control, &request);
    message_wait(&request, &status);
    MPI_Get_count(&status, MPI_BYTE, &got);
    if ((size_t)got != size)
        die("protocol: a message with tag %d from rank %d has %d bytes, not %zu", tag, source, got, size);
}

static void send_now(const void *from, size_t size, int destination, int tag)
{
    MPI_Request request;

    assert(size <= INT_MAX);
    MPI_Isend(from, (int)size, MPI_BYTE, destination, tag, message_control, &request);
    message_wait(&request, MPI_STATUS_IGNORE);
}

/* ---- worker ---- */

/* Attempts that the master gave up, of which at most two can matter: a ring. */
enum { N_DROPS = 8 };
static struct drop_message drops[N_DROPS];
static int n_drops;

void message_send_ready(const struct ready_message *ready)
{
    send_now(ready, sizeof *ready, 0, TAG_READY);
}

static void take_drop(void)
{
    receive(&drops[n_drops++ % N_DROPS], sizeof *drops, 0, TAG_DROP);
}

static void take_assignment(const MPI_Status *status, struct assignment *assignment)
{
    struct error err;
    int size;

    MPI_Get_count(status, MPI_BYTE, &size);
    uint8_t *bytes = xcalloc((size_t)size, 1);
    receive(bytes, (size_t)size, 0, TAG_ASSIGN);
    if (assignment_unpack(assignment, bytes, (size_t)size, &err) != 0)
        die("protocol: %s", err.text);
    free(bytes);
}

bool message_receive_assignment(struct assignment *assignment)
{
    MPI_Status status;

    for (;;) {
        wait_for(0, MPI_ANY_TAG, &status);
        switch (status.MPI_TAG) {
        case TAG_ASSIGN:
            take_assignment(&status, assignment);
            return true;
        case TAG_DROP:
            take_drop();
            break;
        case TAG_STOP:
            receive(NULL, 0, 0, TAG_STOP);
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
    send_now(result, sizeof *result, 0, TAG_RESULT);
    for (size_t at = 0; at < result->size;) {
        size_t n = result->size - at < RESULT_PIECE ? (size_t)result->size - at : RESULT_PIECE;
        send_now(bytes + at, n, 0, TAG_RESULT_DATA);
        at += n;
    }
}

/* ---- master ---- */

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

static bool ready_received;

void message_receive_ready(struct ready_message *ready)
{
    MPI_Status status;

    ready_received = true;
    for (int left = message_size() - 1; left > 0; left--) {
        wait_for(MPI_ANY_SOURCE, TAG_READY, &status);
        receive(&ready[status.MPI_SOURCE], sizeof *ready, status.MPI_SOURCE, TAG_READY);
    }
}

void message_discard_ready(void)
{
    struct ready_message *ready = xcalloc((size_t)message_size(), sizeof *ready);

    if (!ready_received)
        message_receive_ready(ready);
    free(ready);
}

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

bool message_receive_result(int *rank, struct result_message *result, uint8_t **bytes)
{
    MPI_Status status;
    int there;

    reap_sends();
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_RESULT, message_control, &there, &status);
    if (!there)
        return false;
    *rank = status.MPI_SOURCE;
    receive(result, sizeof *result, *rank, TAG_RESULT);
    *bytes = result->size > 0 ? malloc(result->size) : NULL;
    if (result->size > 0 && !*bytes)
        die("no memory for the %llu bytes of a result", (unsigned long long)result->size);
    for (size_t at = 0; at < result->size;) {
        size_t n = result->size - at < RESULT_PIECE ? (size_t)result->size - at : RESULT_PIECE;
        receive(*bytes + at, n, *rank, TAG_RESULT_DATA);
        at += n;
    }
    return true;
}

void message_finish(void)
{
    int round = 0;

    while (n_sends > 0) {
        reap_sends();
        message_nap(&round);
    }
    free(sends);
    sends = NULL;
    MPI_Comm_free(&message_control);
    MPI_Comm_free(&message_hidden);
    MPI_Finalize();
    started = false;
}
