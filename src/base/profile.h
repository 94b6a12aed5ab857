/* Where a rank's time goes: wall-clock seconds by phase, added up by the thread that
 * drives the work. */
#ifndef SINKGRID_BASE_PROFILE_H
#define SINKGRID_BASE_PROFILE_H

enum phase {
    PHASE_READ,            /* opening and mapping model files */
    PHASE_GEMM,            /* linear maps, widening of their weights included */
    PHASE_ATTENTION,       /* scores, softmax, column sums, values */
    PHASE_ELEMENTWISE,     /* norms, rotary embedding, activations, residual sums */
    PHASE_STATISTICS,      /* what the recorder does with the rows it is shown */
    PHASE_WAIT_UPSTREAM,   /* for hidden states */
    PHASE_WAIT_DOWNSTREAM, /* for a buffer to be taken */
    PHASE_STORE,           /* writing result files */
    N_PHASES
};

struct profile {
    double seconds[N_PHASES];
};

/* Monotonic seconds. */
double profile_now(void);

/* Adds the time since `start` to a phase; returns now, the next phase's start. Does
 * nothing but return now if profile is NULL. */
double profile_add(struct profile *profile, enum phase phase, double start);

/* Adds all phases of one profile to another. */
void profile_sum(struct profile *sum, const struct profile *part);

/* "gemm", "wait upstream", ... */
const char *phase_name(enum phase phase);

#endif
