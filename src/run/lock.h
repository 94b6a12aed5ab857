/* One run a results folder: an fcntl lock on <results>/lock, whose text names the
 * holder, for messages and for file systems whose locks do not reach other nodes. */
#ifndef SINKGRID_RUN_LOCK_H
#define SINKGRID_RUN_LOCK_H

#include <stdbool.h>

#include "base/error.h"

enum { LOCK_TEXT_SIZE = 128 };

struct lock_holder {
    char host[LOCK_TEXT_SIZE];
    char job[LOCK_TEXT_SIZE]; /* batch job id, "" if there is none */
    long pid;                 /* 0: nobody */
    double beat;              /* seconds since its heartbeat, negative: unknown */
};

/* What to do about the holder that the lock file names. */
enum lock_verdict {
    LOCK_FREE,      /* it names nobody */
    LOCK_TAKE_OVER, /* its holder is gone */
    LOCK_REFUSE,
};

/* Pure. `locked`: the fcntl lock was granted; `alive`: a process of the holder's id
 * lives on this host (asked only where the hosts are equal). */
enum lock_verdict lock_judge(const struct lock_holder *holder, const struct lock_holder *self, bool locked, bool alive);

struct lock;

/* Takes the lock or fails, naming the holder. Makes the folder if need be. Waits up to two
 * minutes where only its heartbeat can tell whether a holder on another host is gone. */
struct lock *lock_take(const char *results, struct error *err);

/* Empties the lock file and lets go. Accepts NULL. */
void lock_release(struct lock *lock);

/* Whether some process holds the lock of a results folder, for `clean`; fills the
 * holder if the file names one. */
bool lock_is_held(const char *results, struct lock_holder *holder);

#endif
