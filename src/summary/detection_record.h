/* One detection record of the study: a JSON object with `candidate_sinks`, by token
 * position: layers, token id, label. */
#ifndef SINKGRID_SUMMARY_DETECTION_RECORD_H
#define SINKGRID_SUMMARY_DETECTION_RECORD_H

#include "base/json.h"
#include "summary/sinks.h"

struct record_sink {
    int position, token_id;  /* id -1: not given */
    struct sink_label label; /* kind, l_start, l_end, lifetime; the rest is missing */
};

struct detection_record {
    int sample;
    int n_tokens;              /* 0: not given */
    struct record_sink *sinks; /* ascending by position */
    int n_sinks;
};

/* Labels: `bos_sink` at the lowest of its positions is the primary, elsewhere
 * primary-like; `secondary` and the older `cliff`; anything else is noise. `sample`
 * counts where the record does not say. The error names what is wrong. */
int detection_record_read(struct detection_record *record, const json_t *line, int sample, int n_layers,
                          struct error *err);
void detection_record_clear(struct detection_record *record);

/* Index of the primary, -1 if there is none. */
int detection_record_primary(const struct detection_record *record);

#endif
