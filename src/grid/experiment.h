/* An experiment file (libconfig) as a struct; one table row a setting in
 * experiment.c. Unknown keys, wrong types and missing files fail with file, line
 * and the nearest known key. Paths are absolute after loading. */
#ifndef SINKGRID_GRID_EXPERIMENT_H
#define SINKGRID_GRID_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/forward.h"
#include "probe/quantity.h"

enum bos_rule { BOS_AUTO, BOS_TRUE, BOS_FALSE };
enum overflow_rule { OVERFLOW_TRUNCATE, OVERFLOW_ERROR, OVERFLOW_EXTEND };
enum record_rule { RECORD_CANDIDATES, RECORD_FULL };
enum detect_rule { RULE_PAPER, RULE_RELATIVE };

struct string_list {
    char **items;
    int n;
};

struct experiment_model { /* one arm, after sweeps are expanded */
    char *name;   /* as in the file */
    char *family; /* default: name */
    char *path;
    char *arm;    /* "" or "precision=bfloat16,..." of swept keys */
    struct string_list tags;
    enum precision precision;
};

struct experiment_prompt_set { /* one arm */
    char *name, *path;
    char *arm;
    char *chat_template; /* "auto", "none" or a path */
    enum bos_rule bos;
    int max_tokens;      /* 0: the model's positions */
    enum overflow_rule overflow;
    int limit;           /* 0: all samples */
    struct string_list tags;
};

struct experiment_filter { /* NULL fields match everything */
    char *model, *family, *prompt_set, *tag;
};

struct detect_settings {
    enum detect_rule rule;
    double cosine, epsilon, norm_ratio;
    int candidates[MAX_CANDIDATES];
    int n_candidates; /* 0: the default of section 4: 0, 1, 2 with a chat template, else 0, 1 */
    int level_gap, level_support;
};

struct record_settings {
    enum record_rule rule;
    double cosine; /* record_cosine */
    int n_control;
};

struct pipeline_settings {
    int stages;    /* 0: as few as memory allows */
    int *cuts;     /* layers where stages begin, without 0; NULL: by cost */
    int n_cuts;
    int chunk;     /* tokens; 0: chosen by plan */
    int shard;     /* samples a unit */
    int max_attempts;
};

struct layer_range {
    int begin, end; /* half-open; end 0: to the last layer */
};

struct experiment {
    char *name;
    char *file;    /* the experiment file */
    char *text;    /* its text, for provenance */
    char *results; /* folder */
    struct experiment_model *models;
    int n_models;
    struct experiment_prompt_set *prompt_sets;
    int n_prompt_sets;
    struct experiment_filter *include, *exclude;
    int n_include, n_exclude;
    struct layer_range *measured; /* at least one entry */
    int n_measured;
    struct detect_settings detect;
    struct record_settings record;
    struct pipeline_settings pipeline;
    uint64_t seed;
    bool allow_nonfinite;
};

struct experiment_overrides { /* --set, --model, --prompt-set, --tag of the command line */
    struct string_list set;    /* "detect.cosine=0.85" */
    struct string_list models, prompt_sets, tags;
};

/* `overrides` may be NULL. experiment_destroy accepts NULL. */
struct experiment *experiment_load(const char *path, const struct experiment_overrides *overrides, struct error *err);
void experiment_destroy(struct experiment *experiment);

/* Whether the cross product keeps this pair (include, exclude). */
bool experiment_selects(const struct experiment *experiment, int model, int prompt_set);

#endif
