#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "summaries.h"
#include "summary/sinks.h"

static const struct planted_model model36 = {.model = "planted",
                                             .family = "planted",
                                             .prompt_set = "set",
                                             .n_params = 1000,
                                             .n_layers = 36,
                                             .n_heads = 4,
                                             .record_cosine = 0.5,
                                             .seed = 3};

static const struct planted_sample plain = {
    .n_tokens = 100, .primary = 0, .start = 6, .end = 35, .score = 0.5, .weakened = 0.5, .background = 0.3};

static void find(struct sample_sinks *found, struct unit *unit, const struct planted_model *model,
                 const struct planted_sample *sample, const struct detect_settings *detect)
{
    struct error err;

    planted_unit(unit, model, sample, 1, 0);
    if (sinks_find(found, unit, 0, detect, &err) != 0)
        fail_msg("%s", err.text);
}

static void release(struct sample_sinks *found, struct unit *unit)
{
    sample_sinks_clear(found);
    unit_clear(unit);
}

static void assert_label(const struct sink_label *label, enum sink_kind kind, int l_start, int lifetime)
{
    assert_string_equal(sink_kind_names[label->kind], sink_kind_names[kind]);
    assert_int_equal(label->l_start, l_start);
    assert_int_equal(label->lifetime, lifetime);
}

/* Every kind at its bounds, by both rules, with and without all rows: L = 36, s = 29. */
static void kinds_at_their_bounds(void **state)
{
    static const struct {
        int lifetime;
        enum sink_kind paper, relative;
    } rows[] = {
        {1, SINK_NOISE, SINK_NOISE},                /* n < 2 */
        {2, SINK_NOISE, SINK_NOISE},                /* 2 < 2.9 */
        {3, SINK_NOISE, SINK_SECONDARY},            /* 3 >= 2.9 */
        {4, SINK_NOISE, SINK_SECONDARY},            /* n > 4 is asked for */
        {5, SINK_SECONDARY, SINK_SECONDARY},        /* */
        {20, SINK_SECONDARY, SINK_SECONDARY},       /* n < L - 15 = 21; 20 < 20.3 */
        {21, SINK_PRIMARY_LIKE, SINK_PRIMARY_LIKE}, /* 21 >= 20.3 */
        {29, SINK_PRIMARY_LIKE, SINK_PRIMARY_LIKE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int full = 0; full < 2; full++) {
            struct planted_sink sink = sink_of(40, 6, rows[i].lifetime);
            struct planted_sample sample = plain;
            struct planted_model model = model36;
            struct sample_sinks found;
            struct unit unit;
            sample.sinks = &sink;
            sample.n_sinks = 1;
            model.record_full = full;
            find(&found, &unit, &model, &sample, &paper_rule);
            assert_int_equal(found.why, PRIMARY_FOUND);
            assert_int_equal(found.primary.position, 0);
            assert_label(&found.primary.label[RULE_PAPER], SINK_PRIMARY, 6, 29);
            assert_int_equal(found.n_sinks, 1);
            assert_int_equal(found.sinks[0].position, 40);
            assert_label(&found.sinks[0].label[RULE_PAPER], rows[i].paper, 6, rows[i].lifetime);
            assert_label(&found.sinks[0].label[RULE_RELATIVE], rows[i].relative, 6, rows[i].lifetime);
            release(&found, &unit);
        }
}

static void values_are_those_planted(void **state)
{
    struct planted_sink sinks[] = {sink_of(40, 16, 18), sink_of(60, 20, 6)};
    struct planted_sample sample = plain;
    struct sample_sinks found;
    struct unit unit;

    (void)state;
    sinks[1].gap = 22;
    sinks[1].cosine = -0.95; /* the absolute value counts */
    sample.sinks = sinks;
    sample.n_sinks = 2;
    find(&found, &unit, &model36, &sample, &paper_rule);
    assert_int_equal(found.n_sinks, 2);
    for (int rule = 0; rule < N_RULES; rule++) {
        const struct sink_label *a = &found.sinks[0].label[rule], *b = &found.sinks[1].label[rule];
        assert_label(a, SINK_SECONDARY, 16, 18);
        assert_label(b, SINK_SECONDARY, 20, 6); /* a gap is allowed and not counted */
        assert_near(a->sink_score, 0.2, 1e-6);
        assert_near(a->hidden_norm, 100, 1e-5);
        assert_near(a->mlp_norm, 90, 1e-5);
        assert_near(a->cos_mlp, 0.95, 1e-6);
    }
    assert_int_equal(found.sinks[1].listed[21], 3);
    assert_int_equal(found.sinks[1].listed[22], 0);
    assert_int_equal(found.sinks[1].listed[23], 3);
    /* layers 16 ... 33: 0.25 while one lives, 0.125 on the six with two, 0.5 on 11 others */
    assert_near(found.primary.label[0].sink_score, (11 * 0.5 + 12 * 0.25 + 6 * 0.125) / 29, 1e-6);
    release(&found, &unit);
}

/* The paper's rule goes by the cosine alone; "relative" asks for 3 x the median norm (near 10) as well. */
static void a_small_norm_is_listed_by_one_rule_only(void **state)
{
    struct planted_sink sink = sink_of(40, 16, 10);
    struct planted_sample sample = plain;
    struct detect_settings detect = paper_rule;
    struct sample_sinks found;
    struct unit unit;

    (void)state;
    sink.norm = 20;
    sample.sinks = &sink;
    sample.n_sinks = 1;
    find(&found, &unit, &model36, &sample, &detect);
    assert_label(&found.sinks[0].label[RULE_PAPER], SINK_SECONDARY, 16, 10);
    assert_label(&found.sinks[0].label[RULE_RELATIVE], SINK_NOT_LISTED, -1, 0);
    release(&found, &unit);
    detect.norm_ratio = 1.8;
    find(&found, &unit, &model36, &sample, &detect);
    assert_label(&found.sinks[0].label[RULE_RELATIVE], SINK_SECONDARY, 16, 10);
    release(&found, &unit);
}

/* 0.75 is exact in binary: > at equality says no; norm 3 x median says yes at equality. */
static void thresholds_at_equality(void **state)
{
    struct planted_sink sink = sink_of(40, 16, 10);
    struct planted_sample sample = plain;
    struct detect_settings detect = paper_rule;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    sink.cosine = 0.75;
    sample.sinks = &sink;
    sample.n_sinks = 1;
    detect.cosine = 0.75;
    find(&found, &unit, &model36, &sample, &detect);
    assert_int_equal(found.n_sinks, 0);
    release(&found, &unit);
    detect.cosine = 0.7499;
    find(&found, &unit, &model36, &sample, &detect);
    assert_int_equal(found.n_sinks, 1);
    sample_sinks_clear(&found);
    struct sample_record *record = &unit.measurement.samples[0];
    int column = quantity_column(QUANTITY_HIDDEN_NORM, 0, record->n_candidates);
    for (int l = 16; l < 26; l++)
        record->layers[l].summary[column].q50 = 100.0f / 4;
    detect.norm_ratio = 4;
    assert_int_equal(sinks_find(&found, &unit, 0, &detect, &err), 0);
    assert_label(&found.sinks[0].label[RULE_RELATIVE], SINK_SECONDARY, 16, 10);
    release(&found, &unit);
}

static void the_primary_is_the_candidate_with_the_greatest_mean_norm(void **state)
{
    struct planted_sample sample = plain;
    struct detect_settings detect = paper_rule;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    sample.primary = 2;
    sample.templated = true;
    find(&found, &unit, &model36, &sample, &detect);
    assert_int_equal(found.primary.position, 2);
    assert_int_equal(found.candidate, 2);
    sample_sinks_clear(&found);

    detect.candidates[0] = 1; /* fewer than were measured */
    detect.n_candidates = 1;
    assert_int_equal(sinks_find(&found, &unit, 0, &detect, &err), 0);
    assert_int_equal(found.primary.position, 1);
    sample_sinks_clear(&found);

    detect.candidates[0] = 5; /* one that was not */
    assert_int_equal(sinks_find(&found, &unit, 0, &detect, &err), -1);
    assert_non_null(strstr(err.text, "detect.candidates"));
    assert_non_null(strstr(err.text, "position 5"));
    unit_clear(&unit);
}

static void of_equal_candidates_the_first_is_taken(void **state)
{
    struct planted_sample sample = plain;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    planted_unit(&unit, &model36, &sample, 1, 0);
    struct sample_record *record = &unit.measurement.samples[0];
    int columns = quantity_columns(record->n_candidates);
    for (int l = 0; l <= 36; l++) /* row 1 is position 1: its norm is made that of position 0 */
        record->layers[l].values[columns] = record->layers[l].values[0];
    assert_int_equal(sinks_find(&found, &unit, 0, &paper_rule, &err), 0);
    assert_int_equal(found.primary.position, 0);
    release(&found, &unit);
}

/* The last layer's norm is that after the final norm: a rise that only exists before it does not count. */
static void the_last_state_is_taken_after_the_final_norm(void **state)
{
    struct planted_sample sample = plain;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    planted_unit(&unit, &model36, &sample, 1, 0);
    struct sample_record *record = &unit.measurement.samples[0];
    record->layers[35].values[0] = 5000; /* before the final norm */
    assert_int_equal(sinks_find(&found, &unit, 0, &paper_rule, &err), 0);
    assert_label(&found.primary.label[RULE_PAPER], SINK_PRIMARY, 6, 29);
    sample_sinks_clear(&found);

    record->layers[36].values[0] = 5000; /* after it: the greatest rise, and no layers are left */
    assert_int_equal(sinks_find(&found, &unit, 0, &paper_rule, &err), 0);
    assert_int_equal(found.why, NO_PRIMARY_LATE);
    assert_label(&found.primary.label[RULE_PAPER], SINK_NONE, -1, 0);
    assert_int_equal(found.primary.position, 0);
    assert_int_equal(found.n_sinks, 0);
    release(&found, &unit);
}

static void a_sample_of_one_token_has_a_primary_and_nothing_else(void **state)
{
    struct planted_sample sample = plain;
    struct sample_sinks found;
    struct unit unit;

    (void)state;
    sample.n_tokens = 1;
    find(&found, &unit, &model36, &sample, &paper_rule);
    assert_int_equal(found.why, PRIMARY_FOUND);
    assert_label(&found.primary.label[RULE_PAPER], SINK_PRIMARY, 6, 29);
    assert_int_equal(found.n_sinks, 0);
    release(&found, &unit);
}

static void reasons_for_no_primary(void **state)
{
    struct planted_sample sample = plain;
    struct planted_model model = model36;
    struct detect_settings detect = paper_rule;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    model.n_layers = 2;
    sample.start = 1;
    sample.end = 2;
    find(&found, &unit, &model, &sample, &detect);
    assert_int_equal(found.why, NO_PRIMARY_SHALLOW);
    assert_label(&found.primary.label[RULE_RELATIVE], SINK_NONE, -1, 0);
    release(&found, &unit);

    sample = plain;
    sample.n_tokens = 3;
    detect.candidates[0] = 3;
    detect.n_candidates = 1;
    find(&found, &unit, &model36, &sample, &detect);
    assert_int_equal(found.why, NO_PRIMARY_CANDIDATE);
    assert_int_equal(found.primary.position, -1);
    release(&found, &unit);

    model = model36;
    model.layer_begin = 4;
    model.layer_end = 36;
    find(&found, &unit, &model, &plain, &paper_rule);
    assert_int_equal(found.why, NO_PRIMARY_RANGE);
    assert_int_equal(found.primary.label[RULE_PAPER].kind, SINK_MISSING);
    release(&found, &unit);

    planted_unit(&unit, &model36, &plain, 1, 0);
    struct sample_record *record = &unit.measurement.samples[0];
    int columns = quantity_columns(record->n_candidates);
    record->layers[9].values[0] = record->layers[9].values[columns] = NAN;
    assert_int_equal(sinks_find(&found, &unit, 0, &paper_rule, &err), 0);
    assert_int_equal(found.why, NO_PRIMARY_NONFINITE);
    release(&found, &unit);
}

/* L = 3 is the least: start 1, end 2. */
static void three_layers_are_enough(void **state)
{
    struct planted_sample sample = plain;
    struct planted_model model = model36;
    struct sample_sinks found;
    struct unit unit;

    (void)state;
    model.n_layers = 3;
    sample.start = 1;
    sample.end = 2;
    find(&found, &unit, &model, &sample, &paper_rule);
    assert_int_equal(found.why, PRIMARY_FOUND);
    assert_label(&found.primary.label[RULE_PAPER], SINK_PRIMARY, 1, 1);
    release(&found, &unit);
}

static void a_threshold_below_the_record_is_refused(void **state)
{
    struct detect_settings detect = paper_rule;
    struct planted_model model = model36;
    struct sample_sinks found;
    struct unit unit;
    struct error err;

    (void)state;
    detect.cosine = 0.45;
    planted_unit(&unit, &model36, &plain, 1, 0);
    assert_int_equal(sinks_find(&found, &unit, 0, &detect, &err), -1);
    assert_non_null(strstr(err.text, "detect.cosine = 0.45 is below record_cosine = 0.5"));
    detect.cosine = 0.5;
    assert_int_equal(sinks_find(&found, &unit, 0, &detect, &err), 0);
    release(&found, &unit);

    detect.cosine = 0.45;
    model.record_full = true; /* everything is there */
    find(&found, &unit, &model, &plain, &detect);
    release(&found, &unit);
}

/* Sinks before the primary, outside [start, end) or behind its end are none. */
static void only_later_tokens_within_the_primarys_layers_count(void **state)
{
    struct planted_sink sinks[] = {sink_of(0, 16, 10), sink_of(30, 1, 5), sink_of(50, 2, 8)};
    struct planted_sample sample = plain;
    struct sample_sinks found;
    struct unit unit;

    (void)state;
    sample.primary = 1;
    sample.sinks = sinks;
    sample.n_sinks = 3;
    find(&found, &unit, &model36, &sample, &paper_rule);
    assert_int_equal(found.primary.position, 1);
    assert_int_equal(found.n_sinks, 1);
    assert_int_equal(found.sinks[0].position, 50);
    assert_label(&found.sinks[0].label[RULE_RELATIVE], SINK_SECONDARY, 6, 4); /* layers 6 ... 9 of 2 ... 9 */
    release(&found, &unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_at_their_bounds),
        cmocka_unit_test(values_are_those_planted),
        cmocka_unit_test(a_small_norm_is_listed_by_one_rule_only),
        cmocka_unit_test(thresholds_at_equality),
        cmocka_unit_test(the_primary_is_the_candidate_with_the_greatest_mean_norm),
        cmocka_unit_test(of_equal_candidates_the_first_is_taken),
        cmocka_unit_test(the_last_state_is_taken_after_the_final_norm),
        cmocka_unit_test(a_sample_of_one_token_has_a_primary_and_nothing_else),
        cmocka_unit_test(reasons_for_no_primary),
        cmocka_unit_test(three_layers_are_enough),
        cmocka_unit_test(a_threshold_below_the_record_is_refused),
        cmocka_unit_test(only_later_tokens_within_the_primarys_layers_count),
    };

    return cmocka_run_group_tests_name("sinks", tests, NULL, NULL);
}
