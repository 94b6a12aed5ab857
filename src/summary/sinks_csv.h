/* sinks.csv: a row for the primary of every sample and one for every token listed by
 * either rule. Rows go out as samples are read; nothing is kept. */
#ifndef SINKGRID_SUMMARY_SINKS_CSV_H
#define SINKGRID_SUMMARY_SINKS_CSV_H

#include "summary/csv.h"
#include "summary/sinks.h"

struct sink_row {
    const char *family, *model, *prompt_set;
    int sample;
    int position, token_id;         /* negative: unknown, left empty */
    const char *token;              /* NULL: unknown */
    const struct sink_label *label; /* (N_RULES) */
    enum detect_rule rule;          /* whose scores are given where it lists the token; else the other's */
};

void sinks_csv_header(struct csv *csv);
void sinks_csv_put(struct csv *csv, const struct sink_row *row);

#endif
