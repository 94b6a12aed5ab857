/* Attention sinks of one sample, found in its stored measurement by both rules side
 * by side: "paper" (arXiv 2512.22213, as its code does it) and "relative", which asks
 * for a norm that stands out as well. No forward pass: thresholds are the caller's. */
#ifndef SINKGRID_SUMMARY_SINKS_H
#define SINKGRID_SUMMARY_SINKS_H

#include <stdint.h>

#include "base/error.h"
#include "grid/experiment.h"
#include "store/store.h"

enum { N_RULES = RULE_RELATIVE + 1 };

enum sink_kind {
    SINK_NONE, /* the row of a sample without a primary */
    SINK_PRIMARY,
    SINK_PRIMARY_LIKE, /* listed over nearly the primary's layers */
    SINK_SECONDARY,
    SINK_NOISE,      /* listed over too few layers */
    SINK_NOT_LISTED, /* by this rule */
    SINK_MISSING,    /* this rule was not applied */
    N_SINK_KINDS
};

extern const char *const sink_kind_names[N_SINK_KINDS]; /* as in sinks.csv; SINK_MISSING: "" */
extern const char *const detect_rule_names[N_RULES];

/* Why a sample has no primary. */
enum no_primary {
    PRIMARY_FOUND,
    NO_PRIMARY_SHALLOW,   /* L < 3 */
    NO_PRIMARY_LATE,      /* the norm rises most at the last layer: no layers are left */
    NO_PRIMARY_CANDIDATE, /* every candidate lies behind the sample's end */
    NO_PRIMARY_NONFINITE, /* norms of all candidates are missing */
    NO_PRIMARY_RANGE,     /* not all layers were measured: no detection */
    NO_PRIMARY_RECORD,    /* an imported record names none */
    N_NO_PRIMARY
};

extern const char *const no_primary_texts[N_NO_PRIMARY];

/* What one rule says of a token. Values missing: NaN. */
struct sink_label {
    enum sink_kind kind;
    int l_start;        /* first layer listed, -1: none */
    int l_end;          /* one past the last; more than lifetime layers on where there are gaps */
    int lifetime;       /* number of layers listed */
    double sink_score;  /* mean over heads and listed layers */
    double mlp_norm;    /* at l_start */
    double cos_mlp;     /* cosine of the MLP's output to the primary's state, at l_start */
    double hidden_norm; /* mean over listed layers, before the final norm */
};

struct sink {
    int32_t position;
    int token; /* index in the unit sample's token table */
    struct sink_label label[N_RULES];
    const uint8_t *listed; /* (n_layers): bit 1 << rule where listed */
};

struct sample_sinks {
    enum no_primary why;
    int candidate;       /* index of p among the recorded candidates, -1: none */
    int start, end;      /* layers that count, half-open */
    struct sink primary; /* position -1: unknown */
    struct sink *sinks;  /* the other listed tokens, ascending */
    int n_sinks;
    uint8_t *listed; /* storage of all `listed` */
};

/* A threshold below what was recorded fails, naming the key. */
int sinks_find(struct sample_sinks *found, const struct unit *unit, int sample, const struct detect_settings *detect,
               struct error *err);
void sample_sinks_clear(struct sample_sinks *found);

/* The listed token at a position, NULL if it is none; the primary is not among them. */
const struct sink *sample_sinks_at(const struct sample_sinks *found, int32_t position);

/* Whether a unit holds all layers, so that detection makes sense. */
bool unit_is_complete(const struct unit_info *info);

/* Value of a quantity in a row; candidate: index, for relative ones. */
float record_value(const struct sample_record *sample, const struct layer_record *layer, int row,
                   enum quantity quantity, int candidate);

/* The kind that n listed layers make by each rule: of L layers, s = end - start. */
enum sink_kind sink_kind_paper(int n, int n_layers);
enum sink_kind sink_kind_relative(int n, int s);

#endif
