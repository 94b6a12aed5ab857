/* What `plan` prints. */
#ifndef SINKGRID_COMMAND_PLAN_TEXT_H
#define SINKGRID_COMMAND_PLAN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "grid/plan.h"
#include "run/simulate.h"

struct plan_report {
    struct experiment *experiment;
    struct plan *plan;
    int n_workers, threads;
    uint64_t rank_bytes;   /* 0: unknown */
    double rank_flop_rate; /* FLOP/s */
    bool is_measured;      /* the rate: by a short matrix product */
    int n_ranks;
    struct simulation simulation; /* of the schedule on n_ranks */
    bool is_simulated;            /* print all of it */
};

/* Stages of the deepest pipeline. */
int plan_report_deepest(const struct plan *plan);

void plan_print_text(const struct plan_report *report);
void plan_print_json(const struct plan_report *report);

#endif
