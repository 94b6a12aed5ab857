/* Every message of a run, and the only sends and receives: message_master.c and
 * message_worker.c for the two ends, stream.c for hidden states between stages.
 *
 * Two communicators, duplicates of MPI_COMM_WORLD: "sinkgrid control" between the
 * master, rank 0, and the workers; "sinkgrid hidden" among the workers.
 *
 *   TAG_READY        worker -> master   struct ready_message: its host and means; once, at the start
 *   TAG_ASSIGN       master -> worker   a packed assignment (assignment.h): run this stage
 *   TAG_DROP         master -> worker   struct drop_message: stop computing this attempt, drain it
 *   TAG_RESULT       worker -> master   struct result_message: status, error text, size of the measurement
 *   TAG_RESULT_DATA  worker -> master   the packed measurement, in pieces of at most RESULT_PIECE bytes
 *   TAG_STOP         master -> worker   no more work: leave
 *   TAG_LEAVING      worker -> master   the answer to it, and the worker's last message
 *   TAG_HIDDEN       stage -> stage     struct hidden_message and, if its status is good, the
 *                                       hidden states (n_tokens, D) behind it in the same message
 *
 * A worker has at most two assignments: the one it is at, and one that waits in its
 * queue. For each it sends exactly one TAG_RESULT, and exactly one TAG_HIDDEN a chunk
 * to the stage below; it receives exactly one a chunk from the stage above. A stage
 * that fails (or is dropped) sends its result at once and then drains: it receives
 * what is left from above and sends headers with a bad status below, whose stage
 * ends as SKIPPED and does the same. So every send is matched, whatever fails.
 *
 * Why nobody waits for ever. All workers of two pipelines that share workers take
 * them in the same order, so stages can be ordered (pipeline first, then depth); a
 * stage waits only for smaller ones to send and for the next larger one of its
 * pipeline to receive, and that one waits for nothing else. The master never blocks:
 * its sends are collected and tested, and so are the receives of a result's pieces,
 * which it posts after the header, when the worker is about to send them.
 * At the end the master waits for every TAG_LEAVING, but not for ever (dismiss.c), as
 * MPI_Finalize would where a worker hangs.
 *
 * Flow control: a stage has at most two unfinished sends to the stage below, each
 * synchronous (MPI_Issend: done when the receiver has begun to take it), so a slow
 * stage holds up those above it after two chunks.
 *
 * Waiting is polite: tests with short sleeps, so that ranks may outnumber cores.
 * MPI_THREAD_FUNNELED: only the main thread calls these functions. MPI keeps its
 * fatal error handler. Headers are structs of fixed-width members; all ranks are
 * little-endian (configure refuses others). */
#ifndef SINKGRID_RUN_MESSAGE_H
#define SINKGRID_RUN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/profile.h"
#include "run/assignment.h"

enum message_tag {
    TAG_READY = 1,
    TAG_ASSIGN,
    TAG_DROP,
    TAG_RESULT,
    TAG_RESULT_DATA,
    TAG_STOP,
    TAG_HIDDEN,
    TAG_LEAVING
};

enum { RESULT_PIECE = 256 << 20, HOST_SIZE = 64, CPUS_SIZE = 64, KERNEL_SIZE = 64 };

struct ready_message {
    char host[HOST_SIZE];
    char cpus[CPUS_SIZE];     /* those it may run on, "0-3,8"; cut where longer */
    char kernel[KERNEL_SIZE]; /* kernel_description, hardware bfloat16 products */
    int32_t n_cpus, n_cores;  /* hardware threads it may run on, and the cores that these belong to */
    int32_t n_threads, zero;  /* what OMP_NUM_THREADS says, 0: nothing */
    uint64_t cpus_hash;       /* of the whole set: equal sets share their cores */
    uint64_t node_bytes;      /* memory of its node that this job may use, 0: unknown */
};
_Static_assert(sizeof(struct ready_message) == 224, "no padding in what travels");

enum stage_status { STAGE_OK, STAGE_FAILED, STAGE_SKIPPED, STAGE_DROPPED };

struct result_message {
    int32_t pipeline, attempt, stage, status; /* enum stage_status */
    uint64_t size;                            /* of the packed measurement; 0 unless STAGE_OK */
    char text[ERROR_TEXT_SIZE];               /* STAGE_FAILED: why */
    double seconds;                           /* from the assignment to here */
    struct profile profile;
};
_Static_assert(sizeof(struct result_message) == 24 + ERROR_TEXT_SIZE + 8 + 8 * N_PHASES, "no padding in what travels");

struct drop_message {
    int32_t pipeline, attempt;
};
_Static_assert(sizeof(struct drop_message) == 8, "no padding in what travels");

struct hidden_message {
    int32_t pipeline, attempt, chunk;
    int32_t status; /* enum stage_status: not STAGE_OK means that no states follow */
    int32_t n_tokens, width;
    int32_t zero[10];
};
_Static_assert(sizeof(struct hidden_message) == 64, "the states behind it stay aligned");

/* ---- start and end ---- */

/* Whether a launcher (mpirun, srun) started this process: without one MPI is not touched. */
bool message_launched(void);

/* Collective. MPI_Init_thread and the communicators. */
void message_init(int *argc, char ***argv);
/* Collective. Waits for what was sent; MPI_Finalize. */
void message_finish(void);

int message_rank(void); /* 0 without MPI */
int message_size(void); /* 1 without MPI */

/* "Open MPI v4.1.4, ..."; static storage. May be called without message_init. */
const char *message_library(void);

/* The one abort: rank, host and text to standard error, then MPI_Abort. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* MPI_Abort after all is saved, quietly. mpirun's exit status is this one, 0 included;
 * under srun it is that of a killed step. */
_Noreturn void message_abort(int status);

/* ---- worker only ---- */

void message_send_ready(const struct ready_message *ready);

/* Waits for the next assignment; false when told to stop. The caller clears it. */
bool message_receive_assignment(struct assignment *assignment);

/* Whether the master gave this attempt up. Also lets MPI move what is under way. */
bool message_is_dropped(int pipeline, int attempt);

/* Lets MPI move what is under way; cheap enough for every few rows of a layer. */
void message_progress(void);

/* `bytes` (result->size) may be NULL if the size is 0. */
void message_send_result(const struct result_message *result, const uint8_t *bytes);

/* Once told to stop, with nothing left that could take long. */
void message_send_leaving(void);

/* ---- master only ---- */

/* Waits for the READY of every worker: ready[r] from rank r, 1 <= r < size. */
void message_receive_ready(struct ready_message *ready);
/* Where a rank is, as its READY said; "" before. */
const char *message_host(int rank);
/* Takes them off the way if that has not happened: before an early end. */
void message_discard_ready(void);

/* These return at once; the bytes are copied or kept until they are sent. */
void message_send_assignment(int rank, const struct assignment *assignment);
void message_send_drop(int rank, int pipeline, int attempt);
void message_send_stop(int rank);

/* Takes a result if one has arrived. The caller frees *bytes (NULL if there are none). */
bool message_receive_result(int *rank, struct result_message *result, uint8_t **bytes);

/* message_nap of a master that waits for results: longer, so that the core is left to the
 * ranks that compute, unless one is coming in, whose pieces move only in MPI calls. */
void message_nap_for_results(int *round);

/* Takes a worker's answer to STOP if one has arrived. */
bool message_receive_leaving(int *rank);

/* Sleeps a little, longer the more often it is called in a row; *round starts at 0. */
void message_nap(int *round);

#endif
