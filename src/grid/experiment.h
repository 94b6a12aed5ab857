/* An experiment file (libconfig) as a struct; one table row a setting in
 * experiment.c. Unknown keys, wrong types, values out of range and missing files
 * fail with file, line and the nearest known key. A scalar key of a model or of a
 * prompt set may be a list: each combination of values is an arm, an entry of its
 * own. Paths are absolute after loading. */
#ifndef SINKGRID_GRID_EXPERIMENT_H
#define SINKGRID_GRID_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/forward.h"
#include "probe/quantity.h"

enum { MAX_STAGES = 128 }; /* of one pipeline */

enum bos_rule { BOS_AUTO, BOS_TRUE, BOS_FALSE };
enum overflow_rule { OVERFLOW_TRUNCATE, OVERFLOW_ERROR, OVERFLOW_EXTEND };
enum record_rule { RECORD_CANDIDATES, RECORD_FULL };
enum detect_rule { RULE_PAPER, RULE_RELATIVE };

struct string_list {
    char **items;
    int n;
};

struct experiment_model { /* one arm, after sweeps are expanded */
    char *name;           /* as in the file */
    char *family;         /* default: name */
    char *path;
    char *arm;   /* "" or "precision=bfloat16,..." of swept keys */
    char *label; /* "name" or "name[arm]": unique, names the model in results */
    char *where; /* "demo.cfg:3", for errors about its files */
    struct string_list tags;
    enum precision precision;
};

struct experiment_prompt_set { /* one arm */
    char *name, *path;
    char *arm;
    char *label;
    char *where;
    char *chat_template; /* "auto", "none" or a path */
    enum bos_rule bos;
    int max_tokens; /* 0: the model's positions */
    enum overflow_rule overflow;
    int limit; /* 0: all samples */
    struct string_list tags;
};

/* NULL fields match everything; model and prompt_set match a name or a label, tag
 * a tag of the model or of the prompt set. */
struct experiment_filter {
    char *model, *family, *prompt_set, *tag;
};

struct filter_list {
    struct experiment_filter *items;
    int n;
};

struct detect_settings {
    enum detect_rule rule;
    double cosine, epsilon, norm_ratio;
    int candidates[MAX_CANDIDATES];
    int n_candidates; /* 0: the default of section 4: 0, 1, 2 with a chat template, else 0, 1 */
    int level_gap, level_support;
};

/* A row whose hidden_norm exceeds this many medians of its layer is kept; fixed, unlike detect.norm_ratio. */
#define RECORD_NORM_RATIO 3.0

struct record_settings {
    enum record_rule rule;
    double cosine; /* record_cosine */
    int n_control;
};

struct pipeline_settings {
    int stages; /* 0: as few as memory allows */
    int *cuts;  /* layers where stages begin, without 0; NULL: by cost */
    int n_cuts;
    int chunk; /* tokens; 0: chosen by plan */
    int shard; /* samples a unit */
    int max_attempts;
};

struct layer_range {
    int begin, end; /* half-open; end 0: to the last layer */
};

struct experiment {
    char *name;
    char *file;               /* the experiment file, as given */
    char *text;               /* its text, for provenance */
    char *results;            /* folder */
    enum precision precision; /* default of the models' */
    struct experiment_model *models;
    int n_models;
    struct experiment_prompt_set *prompt_sets;
    int n_prompt_sets;
    struct filter_list include, exclude;
    struct layer_range *measured; /* at least one entry */
    int n_measured;
    char *measured_where; /* as a model's; of no use where the key is absent: all layers are there */
    struct detect_settings detect;
    struct record_settings record;
    struct pipeline_settings pipeline;
    char *stages_where; /* of pipeline.cuts or stages, as a model's; NULL: neither is there */
    uint64_t seed;
    bool allow_nonfinite;
    /* --model, --prompt-set, --tag: what experiment_selects keeps beside the filters;
     * no part of the resolved text, so that a partial run leaves the grid whole. */
    struct string_list only_models, only_prompt_sets, only_tags;
};

struct experiment_overrides { /* --set, --model, --prompt-set, --tag of the command line */
    struct string_list set;   /* "detect.cosine=0.85" */
    struct string_list models, prompt_sets, tags;
};

/* Loads an experiment file, or the resolved copy `experiment.cfg` of a results
 * folder, whose place then stands for `results`. Files that it names are not
 * touched: see experiment_check_files. `overrides` may be NULL. experiment_destroy
 * accepts NULL. */
struct experiment *experiment_load(const char *path, const struct experiment_overrides *overrides, struct error *err);
void experiment_destroy(struct experiment *experiment);

/* The same from text, which needs no terminating zero; `file` stands in errors,
 * and relative paths start at its folder. */
struct experiment *experiment_parse(const char *text, size_t size, const char *file,
                                    const struct experiment_overrides *overrides, struct error *err);

/* Whether the cross product keeps this pair: include, exclude, and what the
 * command line asked for. */
bool experiment_selects(const struct experiment *experiment, int model, int prompt_set);

/* Fails on the first model, prompt file or template of a selected pair that is not
 * there or cannot be read, with the line that names it; and if no pair is selected. */
int experiment_check_files(const struct experiment *experiment, struct error *err);

/* The whole experiment as a libconfig text: every setting with its value, sweeps
 * expanded, paths absolute. Loading it gives the same experiment. The caller frees. */
char *experiment_resolved_text(const struct experiment *experiment);

/* The table of settings with defaults, ranges and meaning, for `help`. The caller frees. */
char *experiment_settings_text(void);

#endif
