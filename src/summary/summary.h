/* From stored units (and imported records) to sinks, levels and scaling: reads one
 * unit at a time, writes sinks.csv, levels.csv, scaling.csv and summary.nc, each
 * whole. Thresholds are the caller's; no forward pass. */
#ifndef SINKGRID_SUMMARY_SUMMARY_H
#define SINKGRID_SUMMARY_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "grid/experiment.h"
#include "store/store.h"
#include "summary/scaling.h"
#include "summary/tally.h"

struct summary_settings {
    const char *results;
    struct detect_settings detect;
    uint64_t seed;
    const char *revision;        /* git's, of the program that summarizes; NULL: unknown */
    const char *experiment_text; /* for summary.nc's provenance; NULL: unknown */
    /* Keeps a unit or imported set, by labels; NULL: everything that is stored. */
    bool (*selects)(const char *model, const char *prompt_set, bool imported, const void *context);
    const void *context;
};

struct summary_model {
    struct tally tally;
    struct model_levels levels;
    struct scaling scaling;
};

struct summary_family {
    int begin, end; /* models, half-open */
    struct family_scaling scaling;
};

struct summary {
    struct detect_settings detect;
    uint64_t seed;
    struct summary_model *models; /* by family, parameters, name; imported behind measured */
    int n_models;
    struct summary_family *families;
    int n_families;
    int n_units, n_damaged, n_repeated, n_failed;
};

/* Fails where nothing is stored, naming the folder. summary_clear frees. */
int summary_make(struct summary *summary, const struct summary_settings *settings, struct error *err);
void summary_clear(struct summary *summary);

/* "paper", "relative", or "imported" for labels that came with records. */
const char *summary_rule_name(const struct tally *tally);

/* The model that a sample belongs to: the last one, or a new one behind it. */
struct tally *summary_open_model(struct summary *summary, const char *family, const char *model, uint64_t n_params,
                                 int n_layers, int n_heads, bool imported);

#endif
