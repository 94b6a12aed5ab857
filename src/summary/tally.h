/* What is gathered of one model, sample by sample: its sinks by the rule in force,
 * scores over depth, backgrounds, counts. Grows with samples and sinks by some
 * hundred bytes each, not with the units' sizes. */
#ifndef SINKGRID_SUMMARY_TALLY_H
#define SINKGRID_SUMMARY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "summary/depth_profile.h"
#include "summary/levels.h"
#include "summary/sink_rate.h"
#include "summary/sinks.h"

struct sink_list {
    struct level_sink *items;
    size_t n, capacity;
};

/* One value a (sample, layer); grows by a sample at a time. */
struct layer_table {
    float *values; /* (n_samples, n_layers) */
    size_t n, capacity;
};

/* Tokens with the id of a secondary sink of the same sample that did not become one:
 * the study's own control class. */
struct control_counts {
    int64_t same_id_sinks;   /* secondary sinks */
    int64_t same_id_others;  /* further occurrences of their ids in their samples */
    int64_t controls;        /* control tokens drawn */
    int64_t controls_listed; /* ... that turned out to be listed */
};

struct tally {
    char *family, *model;
    char *fingerprint; /* of the model's files; NULL: unknown */
    bool imported;     /* labels came with records: no rule was applied */
    enum detect_rule rule;
    uint64_t n_params; /* 0: unknown */
    int n_layers, n_heads;
    int n_samples;
    int64_t n_tokens;
    int why[N_NO_PRIMARY]; /* samples by what became of their primary */
    int64_t kinds[N_RULES][N_SINK_KINDS];
    struct sink_list primaries, secondaries;
    struct layer_table primary_score;     /* NaN: no primary in the sample */
    struct layer_table secondary_score;   /* sum over those that live; NaN: none does */
    struct layer_table background_median; /* of |cos_primary| over t > p; NaN: no primary */
    struct layer_table background_q99;
    struct depth_profile profile;
    struct sink_rate sink_rate;
    struct control_counts control;
};

void tally_init(struct tally *tally, const char *family, const char *model, uint64_t n_params, int n_layers,
                int n_heads, enum detect_rule rule);
void tally_clear(struct tally *tally);

/* Adds one sample of a unit with what sinks_find said of it. */
void tally_add(struct tally *tally, const struct unit *unit, int sample, const struct sample_sinks *found,
               double epsilon);

/* One row of a layer table, all NaN; for whoever adds samples by other means. */
float *layer_table_grow(struct layer_table *table, int n_layers);
struct level_sink *sink_list_grow(struct sink_list *list, int sample, const struct sink_label *label);

/* ---- what follows from it ---- */

/* Most frequent (start, end) of the primaries, the lowest of equals; false: none. */
bool tally_primary_range(const struct tally *tally, int *start, int *end);

/* Median over samples of a table's column; missing without values. */
double tally_median(const struct tally *tally, const struct layer_table *table, int layer);

#endif
