/* The end of a run: the workers are sent home, and one that hangs does not keep the others. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/profile.h"
#include "run/master.h"
#include "run/message.h"

enum { MAX_NAMED = 16 }; /* hung ranks: where a file system is dead, all of them hang */

/* Returns how many ranks have not answered by `deadline`; here[r] of those that have. */
static int wait_for_answers(bool *here, double deadline)
{
    int missing = message_size() - 1, round = 0, rank;

    while (missing > 0 && profile_now() < deadline) {
        if (!message_receive_leaving(&rank)) {
            message_nap(&round);
            continue;
        }
        here[rank] = true;
        missing--;
        round = 0;
    }
    return missing;
}

static void name_missing(const bool *here, int missing)
{
    int named = 0;

    for (int rank = 1; rank < message_size() && named < MAX_NAMED; rank++) {
        if (here[rank])
            continue;
        log_error("rank %d on %s hangs: it does not answer at the end of the run", rank, message_host(rank));
        named++;
    }
    if (missing > named)
        log_error("and %d more", missing - named);
}

void master_dismiss(int status, double patience)
{
    bool *here = xcalloc((size_t)message_size(), sizeof *here);

    message_discard_ready();
    for (int rank = 1; rank < message_size(); rank++)
        message_send_stop(rank);
    int missing = wait_for_answers(here, profile_now() + patience);
    if (missing > 0) {
        name_missing(here, missing);
        log_error("all results are stored: the job is ended by force, with status %d", status);
        message_abort(status);
    }
    free(here);
}
