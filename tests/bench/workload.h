/* Texts through a whole model, as a stage of one rank computes them. */
#ifndef SINKGRID_TESTS_BENCH_WORKLOAD_H
#define SINKGRID_TESTS_BENCH_WORKLOAD_H

#include "model/model.h"
#include "probe/survey.h"

struct workload {
    struct model *model;
    int n_samples, n_tokens; /* a sample */
    int32_t **ids;
    struct recorder_sample *samples;
    struct survey survey;
    double flop, bytes; /* of the layers: DESIGN's limit; their weights as stored, read once */
};

/* Opens the model at `path` and makes the texts: the ids of the file's first line over
 * and over (every sample starts at another), or random ones where ids_file is NULL.
 * Ends the program on any failure. */
void workload_open(struct workload *workload, const char *path, const char *ids_file, int n_samples, int n_tokens);
void workload_close(struct workload *workload);

/* As struct bench wants them; the context is the workload. */
void workload_measure(void *workload); /* every quantity recorded */
void workload_forward(void *workload); /* the same chunks without a tap */

#endif
