/* Where a rank's time goes, by phase: a plain sum of seconds, sent with results and
 * printed by `run --profile`. */
#ifndef SINKGRID_RUN_PROFILE_H
#define SINKGRID_RUN_PROFILE_H

enum phase {
    PHASE_READ,    /* opening the model */
    PHASE_FORWARD, /* forward pass, what the next three do not tell */
    PHASE_GEMM,
    PHASE_ATTENTION,
    PHASE_STATISTICS, /* the recorder's taps and its finish */
    PHASE_WAIT_UPSTREAM,
    PHASE_WAIT_DOWNSTREAM,
    PHASE_STORE, /* master: joining, writing */
    N_PHASES
};

struct profile {
    double seconds[N_PHASES];
};

extern const char *const phase_names[N_PHASES];

/* Seconds on a clock that never goes back. */
double profile_now(void);

void profile_add(struct profile *sum, const struct profile *part);

#endif
