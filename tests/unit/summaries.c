#include "summaries.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "test.h"

const struct detect_settings paper_rule = {
    .rule = RULE_PAPER, .cosine = 0.9, .epsilon = 0.3, .norm_ratio = 3, .level_gap = 2, .level_support = 3};

const struct detect_settings relative_rule = {
    .rule = RULE_RELATIVE, .cosine = 0.9, .epsilon = 0.3, .norm_ratio = 3, .level_gap = 2, .level_support = 3};

void summarize(struct summary *summary, const char *results, const struct detect_settings *detect)
{
    struct summary_settings settings = {.results = results, .detect = *detect, .seed = 1};
    struct error err;

    if (summary_make(summary, &settings, &err) != 0)
        fail_msg("%s", err.text);
}

void read_table(struct csv_table *table, const char *results, const char *name)
{
    char *path = xasprintf("%s/%s", results, name);
    struct error err;

    if (csv_read(table, path, &err) != 0)
        fail_msg("%s", err.text);
    free(path);
}

const char *cell(const struct csv_table *table, size_t row, const char *column)
{
    int c = csv_column(table, column);

    assert_true(c >= 0);
    return csv_cell(table, row, c);
}

/* ---- planted models ---- */

struct planted_model model_of(const char *name, int n_layers, uint64_t n_params)
{
    return (struct planted_model){.model = name,
                                  .family = "Planted",
                                  .prompt_set = "texts",
                                  .n_params = n_params,
                                  .n_layers = n_layers,
                                  .n_heads = 4,
                                  .record_cosine = 0.5,
                                  .seed = 5};
}

struct planted_sample sample_of(int n_tokens, int n_layers, const struct planted_sink *sinks, int n_sinks)
{
    return (struct planted_sample){.n_tokens = n_tokens,
                                   .start = n_layers / 6,
                                   .end = n_layers - 1,
                                   .score = 0.6,
                                   .weakened = 0.5,
                                   .background = 0.3,
                                   .sinks = sinks,
                                   .n_sinks = n_sinks};
}

struct planted_sink sink_of(int position, int l_start, int lifetime)
{
    return (struct planted_sink){.position = position,
                                 .token_id = 7,
                                 .l_start = l_start,
                                 .lifetime = lifetime,
                                 .cosine = 0.97,
                                 .norm = 100,
                                 .score = 0.2,
                                 .mlp_norm = 90,
                                 .cos_mlp = 0.95};
}

void make_grid(struct planted_grid *grid, int n_layers, const int (*levels)[2], int n_levels, double norm)
{
    for (int s = 0; s < N_SAMPLES; s++) {
        for (int k = 0; k < n_levels; k++) {
            grid->sinks[s][k] = sink_of(20 + 25 * k + 3 * s, levels[k][0], levels[k][1]);
            grid->sinks[s][k].norm = norm;
        }
        grid->samples[s] = sample_of(N_TOKENS, n_layers, grid->sinks[s], n_levels);
    }
}
