#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "store/ncfile.h"
#include "summaries.h"
#include "summary/summary_schema.h"
#include "summary/terminal.h"
#include "summary/warnings.h"

/* Rows of sinks.csv whose kind is "secondary", held against what was planted. */
static void assert_secondaries(const char *results, const struct planted_grid *grid, int n_levels, bool relative,
                               int least, int below)
{
    const char *kind = relative ? "kind_relative" : "kind", *start = relative ? "l_start_relative" : "l_start";
    const char *life = relative ? "lifetime_relative" : "lifetime";
    struct csv_table table;
    int found = 0, expected = 0;

    read_table(&table, results, "sinks.csv");
    for (size_t r = 0; r < table.n_rows; r++) {
        if (strcmp(cell(&table, r, kind), "secondary") != 0)
            continue;
        int sample = atoi(cell(&table, r, "sample")), position = atoi(cell(&table, r, "position")), k = 0;
        while (k < n_levels && grid->sinks[sample][k].position != position)
            k++;
        assert_true(k < n_levels); /* precision */
        assert_int_equal(atoi(cell(&table, r, start)), grid->sinks[sample][k].l_start);
        assert_int_equal(atoi(cell(&table, r, life)), grid->sinks[sample][k].lifetime);
        found++;
    }
    for (int k = 0; k < n_levels; k++)
        expected += grid->sinks[0][k].lifetime >= least && grid->sinks[0][k].lifetime < below ? N_SAMPLES : 0;
    assert_int_equal(found, expected); /* recall */
    csv_table_clear(&table);
}

static int ten_percent(int s)
{
    int n = (s + 9) / 10;

    return n < 2 ? 2 : n;
}

/* Short and long lifetimes: a tenth of the primary's layers, just below seven tenths, and between. */
static void check_depth(int n_layers, int n_levels, double norm)
{
    int start = n_layers / 6, end = n_layers - 1, s = end - start, longest = (7 * s - 1) / 10;
    int middle = (ten_percent(s) + longest) / 2, left = end - start - s / 3;
    const int levels[MAX_LEVELS][2] = {
        {start + 1, ten_percent(s)}, {start + s / 3, middle > left ? left : middle}, {start, longest}};
    struct planted_model model = model_of("m", n_layers, 1000);
    struct planted_grid grid;
    struct summary summary;
    struct error err;
    char *results = new_folder();

    make_grid(&grid, n_layers, levels, n_levels, norm);
    assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    assert_int_equal(summary.models[0].levels.secondary.n, n_levels);
    assert_secondaries(results, &grid, n_levels, true, 0, n_layers);
    assert_secondaries(results, &grid, n_levels, false, 5, n_layers - 15);
    assert_int_equal(summary.models[0].scaling.primary_start, start);
    assert_int_equal(summary.models[0].scaling.primary_end, end);
    assert_int_equal(summary.models[0].tally.kinds[RULE_PAPER][SINK_PRIMARY], N_SAMPLES);
    summary_clear(&summary);
    free(results);
}

/* Depths 12 ... 64, no to three levels, norms from just above 3 x the median to nearly the primary's:
 * "relative" finds all and nothing else, "paper" those of 5 ... L - 16 layers. */
static void planted_sinks_are_found_at_every_depth(void **state)
{
    static const int depths[] = {12, 20, 24, 36, 64};
    static const double norms[] = {33, 100, 390};

    (void)state;
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
        for (int n_levels = 0; n_levels <= MAX_LEVELS; n_levels++)
            for (size_t n = 0; n < (n_levels ? sizeof norms / sizeof *norms : 1); n++)
                check_depth(depths[d], n_levels, norms[n]);
}

/* ---- the store ---- */

static void assert_same_file(const char *a, const char *b, const char *name)
{
    char *path_a = xasprintf("%s/%s", a, name), *path_b = xasprintf("%s/%s", b, name);
    size_t size_a, size_b;
    struct error err;
    char *text_a = file_read(path_a, 1 << 30, &size_a, &err), *text_b = file_read(path_b, 1 << 30, &size_b, &err);

    assert_int_equal(size_a, size_b);
    assert_memory_equal(text_a, text_b, size_a);
    free(path_a);
    free(path_b);
    free(text_a);
    free(text_b);
}

/* However the samples are divided into units, and however often they are summarized, the files are equal. */
static void tables_do_not_depend_on_shards(void **state)
{
    static const int levels[MAX_LEVELS][2] = {{12, 8}, {16, 6}, {22, 5}};
    struct planted_model model = model_of("m", 36, 1000);
    char *whole = new_folder(), *divided = new_folder();
    struct planted_grid grid;
    struct summary summary;
    struct error err;

    (void)state;
    make_grid(&grid, 36, levels, 3, 100);
    assert_int_equal(planted_store(whole, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    for (int s = N_SAMPLES - 1; s >= 0; s--)
        assert_int_equal(planted_store(divided, &model, &grid.samples[s], 1, s, &err), 0);
    summarize(&summary, whole, &relative_rule);
    summary_clear(&summary);
    summarize(&summary, divided, &relative_rule);
    assert_int_equal(summary.n_units, N_SAMPLES);
    summary_clear(&summary);
    assert_same_file(whole, divided, "sinks.csv");
    assert_same_file(whole, divided, "levels.csv");
    assert_same_file(whole, divided, "scaling.csv");
    free(whole);
    free(divided);
}

static void a_damaged_unit_is_left_out(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sample sample = sample_of(N_TOKENS, 36, NULL, 0);
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    for (int s = 0; s < 3; s++)
        assert_int_equal(planted_store(results, &model, &sample, 1, s, &err), 0);
    char *bad = xasprintf("%s/units/bad.nc", results);
    assert_int_equal(output_write(bad, "garbage", 7, &err), 0);
    summarize(&summary, results, &paper_rule);
    assert_int_equal(summary.n_damaged, 1);
    assert_int_equal(summary.n_units, 3);
    assert_int_equal(summary.models[0].tally.n_samples, 3);
    summary_clear(&summary);
    free(bad);
    free(results);
}

static void an_empty_folder_is_an_error(void **state)
{
    struct summary_settings settings = {.results = root_folder(), .detect = paper_rule, .seed = 1};
    struct summary summary;
    struct error err;

    (void)state;
    assert_int_equal(summary_make(&summary, &settings, &err), -1);
    assert_non_null(strstr(err.text, "no finished unit"));
}

/* The same samples under other settings: each counts once. */
static void a_sample_measured_twice_counts_once(void **state)
{
    struct planted_model model = model_of("m", 36, 1000), part = model;
    struct planted_sample sample = sample_of(N_TOKENS, 36, NULL, 0);
    char *results = new_folder();
    struct planted_sample two[2] = {sample, sample};
    struct summary summary;
    struct error err;

    (void)state;
    assert_int_equal(planted_store(results, &model, two, 2, 0, &err), 0);
    assert_int_equal(planted_store(results, &model, &sample, 1, 1, &err), 0); /* sample 1 again */
    part.layer_begin = 3;
    part.layer_end = 36;
    assert_int_equal(planted_store(results, &part, two, 2, 0, &err), 0); /* and a part of the layers */
    summarize(&summary, results, &paper_rule);
    assert_int_equal(summary.models[0].tally.n_samples, 2);
    assert_int_equal(summary.models[0].tally.why[PRIMARY_FOUND], 2);
    assert_int_equal(summary.n_repeated, 1);
    summary_clear(&summary);
    free(results);
}

static void a_measured_range_has_no_labels(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sample sample = sample_of(N_TOKENS, 36, NULL, 0);
    char *results = new_folder(), *warnings;
    struct csv_table table;
    struct summary summary;
    struct error err;

    (void)state;
    model.layer_begin = 3;
    model.layer_end = 36;
    assert_int_equal(planted_store(results, &model, &sample, 1, 0, &err), 0);
    summarize(&summary, results, &paper_rule);
    warnings = warnings_text(&summary);
    assert_non_null(strstr(warnings, "not all layers were measured"));
    free(warnings);
    summary_clear(&summary);
    read_table(&table, results, "sinks.csv");
    assert_int_equal(table.n_rows, 1);
    assert_string_equal(cell(&table, 0, "kind"), "");
    assert_string_equal(cell(&table, 0, "kind_relative"), "");
    assert_string_equal(cell(&table, 0, "l_start"), "");
    csv_table_clear(&table);
    free(results);
}

/* Anisotropic states: the paper's rule lists every token, "relative" none; a warning says so. */
static void anisotropy_is_warned_of(void **state)
{
    struct planted_model model = model_of("m", 18, 1000);
    struct planted_sample sample = sample_of(N_TOKENS, 18, NULL, 0);
    char *results = new_folder();
    struct csv_table table;
    struct summary summary;
    struct error err;
    int listed = 0;

    (void)state;
    sample.least_background = 0.95;
    sample.background = 0.999;
    assert_int_equal(planted_store(results, &model, &sample, 1, 0, &err), 0);
    summarize(&summary, results, &paper_rule);
    char *warnings = warnings_text(&summary);
    assert_non_null(strstr(warnings, "anisotropic"));
    assert_non_null(strstr(warnings, "cannot name a secondary sink"));
    free(warnings);
    summary_clear(&summary);
    read_table(&table, results, "sinks.csv");
    for (size_t r = 0; r < table.n_rows; r++) {
        listed += strcmp(cell(&table, r, "kind"), "primary-like") == 0;
        assert_true(r == 0 || strcmp(cell(&table, r, "kind_relative"), "not listed") == 0);
    }
    assert_true(listed > N_TOKENS / 2);
    csv_table_clear(&table);
    free(results);
}

static void summary_nc_holds_what_the_tables_say(void **state)
{
    static const int levels[MAX_LEVELS][2] = {{12, 8}, {16, 6}, {22, 5}};
    struct planted_model model = model_of("m", 36, 1000);
    char *results = new_folder(), *path = xasprintf("%s/summary.nc", results), *rule;
    struct planted_grid grid;
    struct summary summary;
    struct error err;
    double score[36];
    int starts[4];

    (void)state;
    make_grid(&grid, 36, levels, 3, 100);
    assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    summary_clear(&summary);
    struct ncreader *reader = ncreader_open(path, &err);
    assert_non_null(reader);
    assert_int_equal(ncreader_dimension(reader, "level"), 4);
    assert_int_equal(ncreader_dimension(reader, "sink"), 12);
    ncreader_get(reader, &summary_variables[SUM_LEVEL_L_START], 4, starts);
    assert_int_equal(starts[0], 6); /* the primary's */
    assert_int_equal(starts[1], 12);
    assert_int_equal(starts[3], 22);
    ncreader_get(reader, &summary_variables[SUM_PRIMARY_SCORE], 36, score);
    assert_near(score[8], 0.6, 1e-6);
    assert_near(score[13], 0.3, 1e-6);
    assert_near(score[17], 0.15, 1e-6); /* two live */
    rule = ncreader_text(reader, "detect_rule");
    assert_string_equal(rule, "relative");
    free(rule);
    assert_int_equal(ncreader_close(reader, &err), 0);
    free(path);
    free(results);
}

static void the_table_for_the_terminal_names_the_levels(void **state)
{
    static const int levels[MAX_LEVELS][2] = {{12, 8}, {16, 6}, {22, 5}};
    struct planted_model model = model_of("m", 36, 135000000);
    char *results = new_folder(), *text = NULL;
    struct planted_grid grid;
    struct summary summary;
    struct error err;
    size_t size;

    (void)state;
    make_grid(&grid, 36, levels, 1, 100);
    assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    FILE *stream = open_memstream(&text, &size);
    terminal_print(stream, &summary);
    fclose(stream);
    assert_non_null(strstr(text, "Planted (rule relative)"));
    assert_non_null(strstr(text, "135M"));
    assert_non_null(strstr(text, "l_start 12, lifetime 8, 4 sinks"));
    free(text);
    summary_clear(&summary);
    free(results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_sinks_are_found_at_every_depth),
        cmocka_unit_test(tables_do_not_depend_on_shards),
        cmocka_unit_test(a_damaged_unit_is_left_out),
        cmocka_unit_test(an_empty_folder_is_an_error),
        cmocka_unit_test(a_sample_measured_twice_counts_once),
        cmocka_unit_test(a_measured_range_has_no_labels),
        cmocka_unit_test(anisotropy_is_warned_of),
        cmocka_unit_test(summary_nc_holds_what_the_tables_say),
        cmocka_unit_test(the_table_for_the_terminal_names_the_levels),
    };

    return cmocka_run_group_tests_name("summary", tests, make_root, remove_root);
}
