/* The pipelines that wait for workers, in the order in which they should start.
 *
 * The order is fixed at creation: longest estimated first (Graham's LPT), where
 * times within a factor of DURATION_STEP count as equal; among equals the deeper
 * pipeline, which is harder to place, then pipelines of one model together, in
 * the order of the plan. Knows which memory level a pipeline needs; nothing of
 * workers. Every query is O(log n) per memory level. */
#ifndef SINKGRID_RUN_PENDING_H
#define SINKGRID_RUN_PENDING_H

#include "run/mintree.h"

struct schedule_pipeline;

struct pending {
    int n;
    int n_levels, n_models;
    const struct schedule_pipeline *pipelines; /* borrowed */
    const int *level;                          /* borrowed, (n) least memory level that holds a stage */
    int *order;                                /* (n) pipelines by priority */
    int *place;                                /* (n) inverse of order */
    double *longest_from;                      /* (n + 1) longest time at or after a place */
    struct mintree *by_level;                  /* (n_levels) stage counts of waiting pipelines by place */
    struct mintree *by_model;                  /* (n_models) the same, by place within the model */
    int **of_model;                            /* (n_models) pipelines of a model by priority */
    int *place_in_model;                       /* (n) */
};

void pending_init(struct pending *pending, const struct schedule_pipeline *pipelines, int n, const int *level,
                  int n_levels);
void pending_clear(struct pending *pending);

void pending_add(struct pending *pending, int pipeline);
void pending_take(struct pending *pending, int pipeline);

/* Estimated time of a pipeline on ranks of speed 1, in units of cost. */
double pending_time(const struct schedule_pipeline *pipeline);

/* First place from which on no pipeline takes longer than `time` (units of cost). */
int pending_place_within(const struct pending *pending, double time);

/* The first waiting pipeline at or after a place that needs memory level `level`
 * exactly and at most `width` stages; -1 if none. */
int pending_first(const struct pending *pending, int level, int from, int width);

/* The same among the pipelines of one model, of any level, regardless of place. */
int pending_first_of_model(const struct pending *pending, int model, int width);

#endif
