#include "run/message.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
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
    NAP_YIELDS = 16, /* the first naps only yield the core */
};

/* Microseconds. A nap is about a thirtieth of the time napped so far: what is waited for
 * is seen late by 3 % of the wait at most. */
static const double NAP_FIRST = 20, NAP_GROWTH = 1.03, NAP_LONGEST = 1000;

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

void message_finish(void)
{
    message_finish_sends();
    MPI_Comm_free(&message_control);
    MPI_Comm_free(&message_hidden);
    MPI_Finalize();
    started = false;
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
    fflush(stdout);
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

void message_nap_at_most(int *round, double longest)
{
    int n = (*round)++ - NAP_YIELDS;

    if (n < 0) {
        sched_yield();
        return;
    }
    double us = fmin(NAP_FIRST * pow(NAP_GROWTH, n), longest);
    nanosleep(&(struct timespec){.tv_nsec = (long)(1000 * us)}, NULL);
}

void message_nap(int *round)
{
    message_nap_at_most(round, NAP_LONGEST);
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

void message_wait_for(int source, int tag, MPI_Status *status)
{
    int there = 0, round = 0;

    for (;;) {
        MPI_Iprobe(source, tag, message_control, &there, status);
        if (there)
            return;
        message_nap(&round);
    }
}

void message_receive(void *to, size_t size, int source, int tag)
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

void message_send_now(const void *from, size_t size, int destination, int tag)
{
    MPI_Request request;

    assert(size <= INT_MAX);
    MPI_Isend(from, (int)size, MPI_BYTE, destination, tag, message_control, &request);
    message_wait(&request, MPI_STATUS_IGNORE);
}
