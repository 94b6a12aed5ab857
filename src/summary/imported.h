/* Detection records in the paper code's format, kept in a results folder as
 * imported/<set>.jsonl: a line about the model, then one line a sample. Labels come
 * with them; scores and norms are missing. */
#ifndef SINKGRID_SUMMARY_IMPORTED_H
#define SINKGRID_SUMMARY_IMPORTED_H

#include "summary/csv.h"
#include "summary/summary.h"

struct imported_set {
    char *path;
    char *family, *model, *prompt_set;
    uint64_t n_params; /* 0: unknown */
    int n_layers;
};

struct imported_list {
    struct imported_set *sets; /* by family, parameters, model, prompt set */
    int n;
};

/* What the folder holds; none is fine. imported_list_clear frees. */
int imported_list(struct imported_list *list, const struct summary_settings *settings, struct error *err);
void imported_list_clear(struct imported_list *list);

/* Adds a set's samples to the summary and to sinks.csv. */
int imported_gather(struct summary *summary, struct csv *csv, const struct imported_set *set, struct error *err);

/* Reads one file of records, checks every line and writes it under set's results
 * folder. `set` names model and prompt set; its path is ignored. Errors name file and
 * line: no "candidate_sinks", a layer or position that cannot be. */
int imported_store(const char *results, const struct imported_set *set, const char *records, struct error *err);

#endif
