#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/output.h"
#include "summary/comparison.h"
#include "summary/detection_record.h"
#include "summary/imported.h"
#include "summaries.h"

/* ---- CSV ---- */

static void what_is_written_is_read_back(void **state)
{
    static const char *const texts[] = {"plain",      "",     "a,b",  "\"", "say \"hi\"",
                                        "two\nlines", "\r\n", " the", ",",  "水"};
    enum { N = sizeof texts / sizeof *texts };
    char *path = xasprintf("%s/quoted.csv", root_folder());
    struct csv_table table;
    struct output output;
    struct error err;

    (void)state;
    assert_int_equal(output_open(&output, path, &err), 0);
    struct csv csv = {.stream = output.stream};
    csv_header(&csv, "text,number,count");
    for (int i = 0; i < N; i++) {
        csv_text(&csv, texts[i]);
        csv_number(&csv, i % 2 ? (double)NAN : i / 3.0);
        csv_int(&csv, -i);
        csv_end(&csv);
    }
    assert_int_equal(output_commit(&output, &err), 0);
    assert_int_equal(csv_read(&table, path, &err), 0);
    assert_int_equal(table.n_columns, 3);
    assert_int_equal(table.n_rows, N);
    for (size_t i = 0; i < N; i++) {
        assert_string_equal(csv_cell(&table, i, 0), texts[i]);
        assert_true(i % 2 ? isnan(csv_cell_number(&table, i, 1))
                          : fabs(csv_cell_number(&table, i, 1) - (double)i / 3) < 1e-8);
        assert_int_equal(csv_cell_int(&table, i, csv_column(&table, "count"), 99), -(int)i);
    }
    assert_int_equal(csv_column(&table, "absent"), -1);
    assert_string_equal(csv_cell(&table, 0, -1), "");
    csv_table_clear(&table);
    free(path);
}

static void files_that_are_no_tables_fail(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "empty"},
        {"a,b\n1\n", ":2: 1 columns instead of 2"},
        {"a,b\n1,2,3\n", ":2: 3 columns instead of 2"},
        {"a,b\n1,\"2\n3\n", ":2: a quote is not closed"},
    };
    char *path = xasprintf("%s/bad.csv", root_folder());
    struct csv_table table;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(output_write(path, rows[i].text, strlen(rows[i].text), &err), 0);
        assert_int_equal(csv_read(&table, path, &err), -1);
        assert_non_null(strstr(err.text, rows[i].error));
    }
    free(path);
}

/* ---- records ---- */

static int read_record(struct detection_record *record, const char *text, struct error *err)
{
    json_t *line = json_read_text(text, strlen(text), "record", err);

    assert_non_null(line);
    int rc = detection_record_read(record, line, 3, 48, err);
    json_decref(line);
    return rc;
}

/* Both vocabularies, gaps, noise, several bos_sinks, keys out of order, layers out of order. */
static void a_record_is_understood(void **state)
{
    static const char text[] =
        "{\"candidate_sinks\": {\"90\": {\"layer\": [30, 22, 23, 23], \"token_id\": 7, \"sink_type\": \"cliff\"},"
        "\"5\": {\"layer\": [4, 5, 6], \"token_id\": 8, \"sink_type\": \"bos_sink\"},"
        "\"1\": {\"layer\": [4], \"token_id\": 9, \"sink_type\": \"bos_sink\"},"
        "\"40\": {\"layer\": [9], \"sink_type\": \"whatever\"},"
        "\"41\": {\"layer\": [10, 11], \"token_id\": 1, \"sink_type\": \"secondary\"}},"
        "\"sample_index\": 17, \"prompt_len\": 60, \"response_len\": 50}";
    static const struct {
        int position, token_id;
        enum sink_kind kind;
        int l_start, l_end, lifetime;
    } expected[] = {{1, 9, SINK_PRIMARY, 4, 5, 1},
                    {5, 8, SINK_PRIMARY_LIKE, 4, 7, 3},
                    {40, -1, SINK_NOISE, 9, 10, 1},
                    {41, 1, SINK_SECONDARY, 10, 12, 2},
                    {90, 7, SINK_SECONDARY, 22, 31, 3}};
    struct detection_record record;
    struct error err;

    (void)state;
    assert_int_equal(read_record(&record, text, &err), 0);
    assert_int_equal(record.sample, 17);
    assert_int_equal(record.n_tokens, 110);
    assert_int_equal(record.n_sinks, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(record.sinks[i].position, expected[i].position);
        assert_int_equal(record.sinks[i].token_id, expected[i].token_id);
        assert_int_equal(record.sinks[i].label.kind, expected[i].kind);
        assert_int_equal(record.sinks[i].label.l_start, expected[i].l_start);
        assert_int_equal(record.sinks[i].label.l_end, expected[i].l_end);
        assert_int_equal(record.sinks[i].label.lifetime, expected[i].lifetime);
    }
    assert_int_equal(detection_record_primary(&record), 0);
    detection_record_clear(&record);

    assert_int_equal(read_record(&record, "{\"candidate_sinks\": {}}", &err), 0);
    assert_int_equal(record.sample, 3); /* counted, where the record does not say */
    assert_int_equal(detection_record_primary(&record), -1);
    detection_record_clear(&record);
}

static void records_that_cannot_be_are_named(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"[]", "not a JSON object"},
        {"{}", "no object \"candidate_sinks\""},
        {"{\"candidate_sinks\": []}", "no object \"candidate_sinks\""},
        {"{\"candidate_sinks\": {\"x\": {\"layer\": [1]}}}", "\"x\" is not a token position"},
        {"{\"candidate_sinks\": {\"-1\": {\"layer\": [1]}}}", "\"-1\" is not a token position"},
        {"{\"candidate_sinks\": {\"99999999999\": {\"layer\": [1]}}}", "is not a token position"},
        {"{\"candidate_sinks\": {\"1\": 5}}", "candidate_sinks.1 is not an object"},
        {"{\"candidate_sinks\": {\"1\": {}}}", "\"layer\" is not a list"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": []}}}", "\"layer\" is not a list"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": [48]}}}", "layer 48 of a model with 48 layers"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": [-1]}}}", "layer -1 of a model"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": [\"3\"]}}}", "layer -1 of a model"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": [1]}, \"01\": {\"layer\": [1]}}}", "position 1 is there twice"},
        {"{\"candidate_sinks\": {\"7\": {\"layer\": [1]}}, \"full_text_len\": 7}", "position 7 of 7 tokens"},
        {"{\"candidate_sinks\": {\"1\": {\"layer\": [1], \"token_id\": \"x\"}}}", "\"token_id\" is not an integer"},
        {"{\"candidate_sinks\": {}, \"sample_index\": -4}", "sample_index -4"},
    };
    struct detection_record record;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_record(&record, rows[i].text, &err), -1);
        if (!strstr(err.text, rows[i].error))
            assert_string_equal(err.text, rows[i].error);
    }
}

/* ---- import ---- */

static int import_file(const char *results, const char *records, const char *model, int n_layers, struct error *err)
{
    struct imported_set set = {.family = (char *)"Family",
                               .model = (char *)model,
                               .prompt_set = (char *)"texts",
                               .n_params = 4000,
                               .n_layers = n_layers};

    return imported_store(results, &set, records, err);
}

static void a_bad_line_is_named_and_nothing_is_kept(void **state)
{
    static const char text[] = "{\"candidate_sinks\": {}}\n{\"candidate_sinks\": 1}\n";
    char *records = xasprintf("%s/bad.jsonl", root_folder()), *results = new_folder();
    char *kept = xasprintf("%s/imported/m+texts.jsonl", results);
    struct error err;

    (void)state;
    assert_int_equal(output_write(records, text, sizeof text - 1, &err), 0);
    assert_int_equal(import_file(results, records, "m", 48, &err), -1);
    assert_non_null(strstr(err.text, "bad.jsonl:2: no object \"candidate_sinks\""));
    assert_int_equal(access(kept, F_OK), -1);
    assert_int_equal(output_write(records, "\n", 1, &err), 0);
    assert_int_equal(import_file(results, records, "m", 48, &err), -1);
    assert_non_null(strstr(err.text, "no records"));
    free(records);
    free(results);
    free(kept);
}

/* The study's published records, where they lie beside the repository. */
static void the_published_records_give_the_published_levels(void **state)
{
    const char *data = getenv("SINKGRID_STUDY_DATA");
    char *records =
        xasprintf("%s/sink_detection_qwen3-4b-base_use_chat_template.jsonl", data ? data : "../shared/data");
    char *results = new_folder();
    struct summary summary;
    struct csv_table table;
    struct error err;

    (void)state;
    if (access(records, R_OK) != 0) {
        free(records);
        free(results);
        print_message("no study data: set SINKGRID_STUDY_DATA\n");
        skip();
    }
    assert_int_equal(import_file(results, records, "Qwen3-4B-Base", 36, &err), 0);
    summarize(&summary, results, &paper_rule);
    const struct summary_model *model = &summary.models[0];
    assert_true(model->tally.imported);
    assert_int_equal(model->tally.n_samples, 30);
    assert_int_equal(model->levels.primary.n, 1);
    assert_int_equal(model->levels.primary.items[0].l_start, 6);
    assert_int_equal(model->levels.primary.items[0].lifetime_min, 29);
    assert_int_equal(model->levels.primary.items[0].lifetime_max, 29);
    assert_int_equal(model->levels.primary.items[0].count, 30);
    assert_int_equal(model->levels.secondary.n, 1);
    assert_int_equal(model->levels.secondary.items[0].l_start, 16);
    assert_int_equal(model->levels.secondary.items[0].lifetime_min, 18);
    assert_int_equal(model->levels.secondary.items[0].lifetime_max, 18);
    assert_int_equal(model->levels.secondary.items[0].count, 21);
    assert_int_equal(model->scaling.n_unassigned, 0);
    assert_true(isnan(model->scaling.primary_score));
    assert_true(isnan(model->scaling.depth.weakening.value));
    summary_clear(&summary);
    char *path = xasprintf("%s/sinks.csv", results);
    assert_int_equal(csv_read(&table, path, &err), 0);
    assert_int_equal(table.n_rows, 51);
    csv_table_clear(&table);
    free(path);
    free(records);
    free(results);
}

/* Imported and measured models stand in the same tables, and are compared. */
static void imported_stand_beside_measured(void **state)
{
    static const char text[] =
        /* sample 0: both as planted; 1: the lifetime differs by one; 2: one sink missing, one noise */
        "{\"candidate_sinks\": {\"0\": {\"layer\": "
        "[6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
        "30,31,32,33,34], \"token_id\": 1, \"sink_type\": \"bos_sink\"}, \"40\": {\"layer\": "
        "[12,13,14,15,16,17,18,19], "
        "\"token_id\": 7, \"sink_type\": \"secondary\"}}, \"sample_index\": 0, \"full_text_len\": 100}\n"
        "{\"candidate_sinks\": {\"0\": {\"layer\": "
        "[6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
        "30,31,32,33], \"token_id\": 1, \"sink_type\": \"bos_sink\"}, \"40\": {\"layer\": [13,14,15,16,17,18,19], "
        "\"token_id\": 7, \"sink_type\": \"cliff\"}}, \"sample_index\": 1, \"full_text_len\": 100}\n"
        "{\"candidate_sinks\": {\"0\": {\"layer\": "
        "[6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
        "30,31,32,33,34], \"token_id\": 1, \"sink_type\": \"bos_sink\"}, \"50\": {\"layer\": [12], \"token_id\": 7, "
        "\"sink_type\": \"noise\"}}, \"sample_index\": 2, \"full_text_len\": 100}\n"
        "{\"candidate_sinks\": {}, \"sample_index\": 9, \"full_text_len\": 100}\n";
    struct planted_sink sink = {.position = 40,
                                .token_id = 7,
                                .l_start = 12,
                                .lifetime = 8,
                                .cosine = 0.97,
                                .norm = 100,
                                .score = 0.2,
                                .mlp_norm = 90,
                                .cos_mlp = 0.95};
    struct planted_sample sample = {.n_tokens = 100,
                                    .start = 6,
                                    .end = 35,
                                    .score = 0.5,
                                    .weakened = 0.5,
                                    .background = 0.3,
                                    .sinks = &sink,
                                    .n_sinks = 1};
    struct planted_sample samples[3] = {sample, sample, sample};
    struct planted_model model = {.model = "m",
                                  .family = "Family",
                                  .prompt_set = "set",
                                  .n_params = 4000,
                                  .n_layers = 36,
                                  .n_heads = 2,
                                  .record_cosine = 0.5,
                                  .seed = 2};
    char *records = xasprintf("%s/records.jsonl", root_folder()), *both = new_folder();
    char *published = new_folder(), *measured = new_folder();
    struct comparisons comparisons;
    struct summary summary;
    struct error err;

    (void)state;
    assert_int_equal(output_write(records, text, sizeof text - 1, &err), 0);
    assert_int_equal(planted_store(both, &model, samples, 3, 0, &err), 0);
    assert_int_equal(import_file(both, records, "m", 36, &err), 0);
    summarize(&summary, both, &paper_rule);
    assert_int_equal(summary.n_models, 2);
    assert_int_equal(summary.n_families, 1);
    assert_false(summary.models[0].tally.imported);
    assert_true(summary.models[1].tally.imported);
    assert_string_equal(summary_rule_name(&summary.models[1].tally), "imported");
    assert_int_equal(summary.models[1].tally.why[NO_PRIMARY_RECORD], 1);
    assert_int_equal(summary.families[0].scaling.rho_levels.n, 1); /* the measured one alone */
    summary_clear(&summary);

    assert_int_equal(planted_store(measured, &model, samples, 3, 0, &err), 0);
    summarize(&summary, measured, &paper_rule);
    summary_clear(&summary);
    assert_int_equal(import_file(published, records, "m", 36, &err), 0);
    summarize(&summary, published, &paper_rule);
    summary_clear(&summary);
    assert_int_equal(compare_results(&comparisons, published, measured, RULE_PAPER, NULL, &err), 0);
    assert_int_equal(comparisons.n, 1);
    const struct comparison *c = &comparisons.items[0];
    assert_int_equal(c->n_samples, 3);
    assert_int_equal(c->only_a, 1);
    assert_int_equal(c->only_b, 0);
    assert_int_equal(c->primary_both, 3);
    assert_int_equal(c->primary_same, 2);
    assert_int_equal(c->secondary_a, 2);
    assert_int_equal(c->secondary_b, 3);
    assert_int_equal(c->secondary_both, 2);
    assert_near(c->jaccard, 2 / 3.0, 1e-12);
    assert_int_equal(c->either, 6); /* three primaries, three secondary sinks; noise is left out */
    assert_int_equal(c->agree, 5);
    assert_int_equal(c->l_start.n, 2);
    assert_int_equal(c->l_start.n_equal, 1);
    assert_near(c->l_start.mean, -0.5, 1e-12);
    assert_near(c->lifetime.mean_abs, 0.5, 1e-12);
    assert_near(c->lifetime.max_abs, 1, 1e-12);
    assert_int_equal(c->sink_score.n, 0); /* records have none */
    comparisons_clear(&comparisons);
    free(records);
    free(both);
    free(published);
    free(measured);
}

static void a_set_equals_itself_and_strangers_are_an_error(void **state)
{
    static const char text[] = "{\"candidate_sinks\": {\"0\": {\"layer\": [6,7], \"sink_type\": \"bos_sink\"}, "
                               "\"40\": {\"layer\": [8], \"sink_type\": \"secondary\"}}}\n";
    char *records = xasprintf("%s/records.jsonl", root_folder()), *a = new_folder();
    struct comparisons comparisons;
    struct summary summary;
    struct error err;

    (void)state;
    assert_int_equal(output_write(records, text, sizeof text - 1, &err), 0);
    assert_int_equal(import_file(a, records, "one", 36, &err), 0);
    assert_int_equal(import_file(a, records, "two", 36, &err), 0);
    summarize(&summary, a, &paper_rule);
    summary_clear(&summary);
    assert_int_equal(compare_results(&comparisons, a, a, RULE_RELATIVE, NULL, &err), 0);
    assert_int_equal(comparisons.n, 2);
    assert_near(comparisons.items[1].jaccard, 1, 0);
    assert_int_equal(comparisons.items[1].agree, comparisons.items[1].either);
    comparisons_clear(&comparisons);
    assert_int_equal(compare_results(&comparisons, a, root_folder(), RULE_PAPER, NULL, &err), -1);
    comparisons_clear(&comparisons);
    free(records);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(files_that_are_no_tables_fail),
        cmocka_unit_test(a_record_is_understood),
        cmocka_unit_test(records_that_cannot_be_are_named),
        cmocka_unit_test(a_bad_line_is_named_and_nothing_is_kept),
        cmocka_unit_test(the_published_records_give_the_published_levels),
        cmocka_unit_test(imported_stand_beside_measured),
        cmocka_unit_test(a_set_equals_itself_and_strangers_are_an_error),
    };

    return cmocka_run_group_tests_name("import", tests, make_root, remove_root);
}
