/* Planted results summarized, for the tests of summary: tables read back, and models in
 * which four texts have one sink of each level. */
#ifndef SINKGRID_TESTS_UNIT_SUMMARIES_H
#define SINKGRID_TESTS_UNIT_SUMMARIES_H

#include "planted.h"
#include "root_folder.h"
#include "summary/csv.h"
#include "summary/summary.h"

extern const struct detect_settings paper_rule, relative_rule; /* DESIGN's defaults */

/* Fails the test if it fails. summary_clear frees. */
void summarize(struct summary *summary, const char *results, const struct detect_settings *detect);
void read_table(struct csv_table *table, const char *results, const char *name);
const char *cell(const struct csv_table *table, size_t row, const char *column);

struct planted_model model_of(const char *name, int n_layers, uint64_t n_params);
struct planted_sample sample_of(int n_tokens, int n_layers, const struct planted_sink *sinks, int n_sinks);
struct planted_sink sink_of(int position, int l_start, int lifetime);

enum { N_SAMPLES = 4, N_TOKENS = 120, MAX_LEVELS = 3 };

/* One sink of each level a sample, at positions of its own. */
struct planted_grid {
    struct planted_sink sinks[N_SAMPLES][MAX_LEVELS];
    struct planted_sample samples[N_SAMPLES];
};

/* levels: l_start, lifetime; norm: of the sinks' states, where ordinary ones have about 10. */
void make_grid(struct planted_grid *grid, int n_layers, const int (*levels)[2], int n_levels, double norm);

#endif
