/* Experiment + model files + prompts -> pipelines of work units. Built by the
 * master (and by `plan`, `status`), alike for any number of ranks except for the
 * cuts of the stages; identities never depend on ranks. */
#ifndef SINKGRID_GRID_PLAN_H
#define SINKGRID_GRID_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "grid/experiment.h"
#include "grid/prompts.h"
#include "model/model.h"

struct plan_model { /* one experiment_model with its files open, header and metadata only touched */
    const struct experiment_model *entry;
    struct model *model;
    struct tokenizer *tokenizer; /* NULL where there is none (input_ids need none) */
    char fingerprint[SHA256_HEX_SIZE];
    uint64_t *bytes_before; /* (n_layers + 1) bytes of the files' layers before each */
    bool borrowed;          /* all of these are an earlier entry's: an arm of the same files */
};

struct plan_job {   /* a selected (model, prompt set) pair */
    int model;      /* index into plan->models */
    int prompt_set; /* index into experiment->prompt_sets */
    struct samples samples;
    int64_t n_tokens; /* of all samples */
};

struct plan_pipeline { /* one (job, shard, measured range): one result file */
    int job;
    int sample_begin, sample_end; /* half-open, into the job's samples */
    int layer_begin, layer_end;   /* measured range */
    int n_stages;
    int cut[MAX_STAGES + 1]; /* stage s computes layers [cut[s], cut[s + 1]); cut[0] = 0 */
    int chunk_tokens;
    double flop;          /* whole pipeline, for the order and the time left */
    uint64_t stage_bytes; /* greatest over its stages: mapped weights, caches, workspace, records */
    char identity[SHA256_HEX_SIZE];
};

struct plan_failure { /* a model that cannot be opened, where keep_going was asked for */
    const struct experiment_model *entry;
    struct error error;
};

struct plan {
    const struct experiment *experiment; /* borrowed */
    struct plan_model *models;           /* those of selected pairs */
    int n_models;
    struct plan_job *jobs;
    int n_jobs;
    struct plan_pipeline *pipelines;
    int n_pipelines;
    struct plan_failure *failures; /* (n_failures) */
    int n_failures;
};

struct plan_resources {
    int n_workers;       /* ranks that compute; 0: as many as are asked for */
    uint64_t rank_bytes; /* memory of one worker, 0: unknown */
    int threads;         /* of one worker */
    bool header_only;    /* models whose folders hold no weights are taken, with a warning: to plan ahead */
    bool keep_going; /* models that cannot be opened are left out and listed as failures, unless it is all of them */
};

/* Opens and checks every file. Errors name file and remedy: more stages than
 * layers, no sample, model not supported, memory. `verify` hashes whole model
 * files. Logs a warning where fewer workers than `stages` are there.
 * plan_destroy accepts NULL. */
struct plan *plan_build(const struct experiment *experiment, const struct plan_resources *resources, bool verify,
                        struct error *err);
void plan_destroy(struct plan *plan);

enum { PLAN_MAX_TOKENS = 1 << 28 }; /* of a pipeline: its ids travel in one message, and are counted by int */
int64_t plan_pipeline_tokens(const struct plan *plan, const struct plan_pipeline *pipeline);

/* ---- estimates ---- */

/* Bytes of a pipeline's measurements, had they been recorded by `rule`: exact for "full"; for
 * "candidates" without knowing the sinks, taken as one token in 100. The file stores the values
 * as they are; positions and reasons (5 bytes a row) shrink, ids, texts and the headers come on top. */
uint64_t plan_store_bytes(const struct plan *plan, int pipeline, enum record_rule rule);

/* FLOP of one stage, all samples. */
double plan_stage_flop(const struct plan *plan, int pipeline, int stage);

/* Memory of one stage. */
uint64_t plan_stage_bytes(const struct plan *plan, int pipeline, int stage);

#endif
