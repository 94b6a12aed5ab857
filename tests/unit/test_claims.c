/* The study's claims (DESIGN, section 1) on planted models: each statistic has the value that the construction
 * implies, and falls to its null where the planted property is taken away. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "summaries.h"

/* Sinks whose score and lifetime follow the MLP's norm, or do not, as asked. */
static void make_claims(struct planted_sink (*sinks)[2], struct planted_sample *samples, int n, bool linear)
{
    for (int s = 0; s < n; s++) {
        for (int k = 0; k < 2; k++) {
            double norm = 40 + 3 * s + 100 * k, other = random_uniform(9, 9, (uint64_t)(2 * s + k));
            sinks[s][k] = sink_of(20 + 30 * k + s % 7, 10, linear ? 5 + s / 4 + 6 * k : 5 + (int)(9 * other));
            sinks[s][k].mlp_norm = norm;
            sinks[s][k].score = linear ? 0.001 * norm : 0.1 + 0.1 * random_uniform(9, 10, (uint64_t)(2 * s + k));
        }
        samples[s] = sample_of(N_TOKENS, 36, sinks[s], 2);
    }
}

static void correlations_are_those_planted(void **state)
{
    enum { N = 24 };
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sinks[N][2];
    struct planted_sample samples[N];

    (void)state;
    for (int linear = 0; linear < 2; linear++) {
        char *results = new_folder();
        struct summary summary;
        struct error err;
        make_claims(sinks, samples, N, linear);
        assert_int_equal(planted_store(results, &model, samples, N, 0, &err), 0);
        summarize(&summary, results, &relative_rule);
        const struct scaling *s = &summary.models[0].scaling;
        assert_int_equal(s->rho_norm_score.n, 2 * N);
        if (linear) {
            assert_near(s->rho_norm_score.value, 1, 1e-12);
            assert_near(s->rho_norm_score.low, 1, 1e-12);
            /* 48 norms, all distinct and rising with the lifetime; lifetimes 5 ... 16, each of 4 sinks: Spearman's rho
             * is sqrt(1 - sum (t^3 - t) / (n^3 - n)) for ties of t = 4 */
            assert_near(s->rho_norm_lifetime.value, sqrt(1 - 12 * 60.0 / (48 * 48 * 48 - 48)), 1e-12);
            assert_true(s->rho_norm_lifetime.low > 0.98 && s->rho_norm_lifetime.high <= 1);
        } else { /* the null: n = 48, 3 standard errors of 1 / sqrt(47) */
            assert_true(fabs(s->rho_norm_score.value) < 0.44);
            assert_true(s->rho_norm_score.low < 0 && s->rho_norm_score.high > 0);
            assert_true(fabs(s->rho_norm_lifetime.value) < 0.44);
        }
        summary_clear(&summary);
        free(results);
    }
}

/* Half of the samples have a sink over layers 12 ... 19: the primary's mean score falls from 0.6 to
 * (0.6 + 0.3) / 2 there, so weakening is 0.75; beside a sink 0.3, alone 0.6. */
static void the_primary_weakens_by_what_was_planted(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sink = sink_of(40, 12, 8);
    struct planted_sample samples[6];
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    for (int s = 0; s < 6; s++)
        samples[s] = sample_of(N_TOKENS, 36, &sink, s % 2);
    assert_int_equal(planted_store(results, &model, samples, 6, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    const struct depth_scaling *depth = &summary.models[0].scaling.depth;
    assert_near(depth->weakening.value, 0.75, 1e-6);
    assert_int_equal(depth->weakening.n, 6);
    assert_true(depth->weakening.low <= 0.75 && depth->weakening.high >= 0.75);
    assert_near(depth->rho.value, -1, 1e-12); /* two levels of score on either side */
    assert_int_equal(depth->rho.n, 29);
    assert_near(depth->score_beside, 0.3, 1e-6);
    assert_near(depth->score_alone, 0.6, 1e-6);
    assert_near(summary.models[0].scaling.per_1000_tokens, 1000 * 3.0 / (6 * N_TOKENS), 1e-12);
    assert_near(summary.models[0].scaling.l_start_share, 12 / 36.0, 1e-12);
    summary_clear(&summary);

    /* the weakening taken away: its null is 1, and the correlation, of a constant, is missing */
    free(results);
    results = new_folder();
    for (int s = 0; s < 6; s++)
        samples[s].weakened = 1;
    assert_int_equal(planted_store(results, &model, samples, 6, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    assert_near(summary.models[0].scaling.depth.weakening.value, 1, 1e-6);
    assert_true(isnan(summary.models[0].scaling.depth.rho.value));
    summary_clear(&summary);
    free(results);
}

/* 8 sinks: a level of 4 with lifetimes 8, 8, 9, 10, one of 3 with 5, 5, 5, and one apart. */
static void determinism_is_counted(void **state)
{
    static const int lifetimes[8] = {8, 8, 9, 10, 5, 5, 5, 15}, starts[8] = {12, 12, 12, 12, 20, 20, 20, 9};
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sinks[8];
    struct planted_sample samples[8];
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    for (int s = 0; s < 8; s++) {
        sinks[s] = sink_of(40, starts[s], lifetimes[s]);
        samples[s] = sample_of(N_TOKENS, 36, &sinks[s], 1);
    }
    assert_int_equal(planted_store(results, &model, samples, 8, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    const struct scaling *s = &summary.models[0].scaling;
    assert_int_equal(summary.models[0].levels.secondary.n, 2);
    assert_near(s->level_share.value, 7 / 8.0, 1e-12);
    assert_int_equal(s->level_share.n, 8);
    assert_int_equal(s->n_unassigned, 1);
    assert_int_equal(s->n_distinct, 5);
    /* counts 2, 1, 1, 3, 1 */
    double entropy = -(2 / 8.0 * log(2 / 8.0) + 3 / 8.0 * log(3 / 8.0) + 3 * (1 / 8.0) * log(1 / 8.0));
    assert_near(s->entropy, entropy, 1e-12);
    /* deviations of 8, 8, 9, 10 from 8.75: 0.5625 * 2 + 0.0625 + 1.5625 = 2.75; and 0 */
    assert_near(s->within_level_sd, sqrt(2.75 / 3) / 2, 1e-12);
    summary_clear(&summary);
    free(results);
}

/* Claim (b): the MLP's output aligns at l_start, not before. */
static void the_rise_of_alignment_is_measured(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sink = sink_of(40, 12, 8);
    struct planted_sample samples[4];
    struct summary summary;
    struct error err;

    (void)state;
    for (int full = 0; full < 2; full++) {
        char *results = new_folder();
        model.record_full = full;
        for (int s = 0; s < 4; s++)
            samples[s] = sample_of(2 * N_TOKENS, 36, &sink, 1); /* controls are one token in seven */
        assert_int_equal(planted_store(results, &model, samples, 4, 0, &err), 0);
        summarize(&summary, results, &relative_rule);
        const struct scaling *s = &summary.models[0].scaling;
        assert_near(s->cos_start, 0.95, 1e-6);
        assert_true(s->cos_before > 0.05 && s->cos_before < 0.25); /* |uniform in +-0.3| */
        assert_near(s->cos_rise.value, s->cos_start - s->cos_before, 1e-9);
        assert_true(s->cos_rise.low > 0.6);
        assert_near(s->own_before, full, 1e-12); /* the sink's own rows, or the layer's background */
        assert_near(mean_sum_value(&summary.models[0].tally.profile.own[N_STAGES - 1][-OFFSET_MIN]), 0.95, 1e-6);
        assert_int_equal(summary.models[0].tally.profile.own[N_STAGES - 1][-OFFSET_MIN].n, 4);
        assert_int_equal(summary.models[0].tally.profile.own[N_STAGES - 1][0].n, full ? 4 : 0);
        summary_clear(&summary);
        free(results);
    }
}

/* The null of claim (b): an MLP that does not align at l_start more than before. */
static void without_alignment_there_is_no_rise(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sinks[12];
    struct planted_sample samples[12];
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    model.record_full = true;
    for (int s = 0; s < 12; s++) {
        sinks[s] = sink_of(40, 12, 8);
        sinks[s].cos_mlp = 0.3 * (2 * random_uniform(3, 4, (uint64_t)s) - 1); /* as any token's */
        samples[s] = sample_of(N_TOKENS, 36, &sinks[s], 1);
    }
    assert_int_equal(planted_store(results, &model, samples, 12, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    const struct scaling *s = &summary.models[0].scaling;
    assert_true(s->cos_rise.low < 0 && s->cos_rise.high > 0);
    assert_true(fabs(s->cos_rise.value) < 0.1); /* 0.087 / sqrt(12) of |uniform in +-0.3|, three times and a bit */
    summary_clear(&summary);
    free(results);
}

/* Claim (e): three sizes with 1, 2, 3 levels. */
static void a_family_is_correlated_over_its_models(void **state)
{
    static const int levels[MAX_LEVELS][2] = {{12, 8}, {16, 6}, {22, 5}};
    static const char *const names[] = {"large", "middle", "small"}; /* by parameters, not by name */
    char *results = new_folder();
    struct planted_grid grid;
    struct summary summary;
    struct csv_table table;
    struct error err;

    (void)state;
    for (int m = 0; m < 3; m++) {
        struct planted_model model = model_of(names[m], 36, (uint64_t)(1000 * (3 - m)));
        make_grid(&grid, 36, levels, 3 - m, 100);
        assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    }
    summarize(&summary, results, &relative_rule);
    assert_int_equal(summary.n_families, 1);
    assert_near(summary.families[0].scaling.rho_levels.value, 1, 1e-12);
    assert_int_equal(summary.families[0].scaling.rho_levels.n, 3);
    assert_true(isnan(summary.families[0].scaling.rho_share.value)); /* all shares are 1: a constant */
    summary_clear(&summary);

    read_table(&table, results, "scaling.csv");
    assert_int_equal(table.n_rows, 3);
    for (size_t r = 0; r < 3; r++) {
        assert_string_equal(cell(&table, r, "model"), names[2 - r]);
        assert_int_equal(atoi(cell(&table, r, "n_levels")), (int)r + 1);
        assert_string_equal(cell(&table, r, "rule"), "relative");
        assert_string_equal(cell(&table, r, "family_rho_levels"), "1");
    }
    assert_string_equal(cell(&table, 2, "levels"), "12:8 16:6 22:5");
    csv_table_clear(&table);
    read_table(&table, results, "levels.csv");
    assert_int_equal(table.n_rows, 3 + 6);
    assert_string_equal(cell(&table, 1, "kind"), "secondary");
    assert_string_equal(cell(&table, 1, "l_start"), "12");
    assert_string_equal(cell(&table, 1, "lifetime_min"), "8");
    assert_string_equal(cell(&table, 1, "lifetime_median"), "8");
    assert_string_equal(cell(&table, 1, "count"), "4");
    assert_string_equal(cell(&table, 1, "share"), "1");
    assert_near(atof(cell(&table, 1, "sink_score")), 0.2, 1e-6);
    assert_near(atof(cell(&table, 1, "mlp_norm")), 90, 1e-5);
    csv_table_clear(&table);
    free(results);
}

/* Claim (e) and its nulls: four sizes with `levels` levels of four sinks each, and `strays` sinks apart. */
static void check_family(const int levels[4], const int strays[4], double rho_levels, double rho_share)
{
    static const int starts[MAX_LEVELS][2] = {{12, 8}, {16, 6}, {22, 5}};
    static const char *const names[] = {"a", "b", "c", "d"};
    struct planted_sink sinks[N_SAMPLES][MAX_LEVELS + 1];
    struct planted_sample samples[N_SAMPLES];
    char *results = new_folder();
    struct summary summary;
    struct error err;

    for (int m = 0; m < 4; m++) {
        struct planted_model model = model_of(names[m], 36, (uint64_t)(1000 << m));
        for (int s = 0; s < N_SAMPLES; s++) {
            for (int k = 0; k < levels[m]; k++)
                sinks[s][k] = sink_of(20 + 25 * k + 3 * s, starts[k][0], starts[k][1]);
            sinks[s][levels[m]] = sink_of(100 + s, 7 + s, 10);
            samples[s] = sample_of(N_TOKENS, 36, sinks[s], levels[m] + (s < strays[m]));
        }
        assert_int_equal(planted_store(results, &model, samples, N_SAMPLES, 0, &err), 0);
    }
    summarize(&summary, results, &relative_rule);
    const struct family_scaling *family = &summary.families[0].scaling;
    for (int m = 0; m < 4; m++)
        assert_near(summary.models[m].scaling.level_share.value, 4.0 * levels[m] / (4 * levels[m] + strays[m]), 1e-12);
    assert_true(isnan(rho_levels) ? isnan(family->rho_levels.value)
                                  : fabs(family->rho_levels.value - rho_levels) < 1e-12);
    assert_true(isnan(rho_share) ? isnan(family->rho_share.value) : fabs(family->rho_share.value - rho_share) < 1e-12);
    assert_int_equal(family->rho_levels.n, 4);
    assert_int_equal(family->rho_share.n, 4);
    summary_clear(&summary);
    free(results);
}

static void levels_and_determinism_go_with_size_or_do_not(void **state)
{
    (void)state;
    /* shares 4/8, 4/6, 8/9, 1: both rise; the two smallest tie in levels: ranks 1.5 1.5 3 4, rho = 4.5 / sqrt(5 * 4.5)
     */
    check_family((int[]){1, 1, 2, 3}, (int[]){4, 2, 1, 0}, sqrt(0.9), 1);
    /* ranks 1 ... 4 against 1.5 3.5 1.5 3.5: rho = 2 / sqrt(5 * 4); shares 4/5, 8/9, 4/6, 8/12 have ranks 3 4 1.5 1.5
     */
    check_family((int[]){1, 2, 1, 2}, (int[]){1, 1, 2, 4}, 2 / sqrt(20), -3.5 / sqrt(22.5));
    /* the nulls: 1 3 3 1 has rank correlation 0, equal shares none at all; nor do equal numbers of levels */
    check_family((int[]){1, 3, 3, 1}, (int[]){0, 0, 0, 0}, 0, (double)NAN);
    check_family((int[]){2, 2, 2, 2}, (int[]){1, 2, 2, 1}, (double)NAN, 0);
}

/* alpha of head h is score * (2 h + 1) / 4: the primary's 0.6 over layers 6 ... 34 gives 0.15, 0.45, 0.75,
 * 1.05, so three of four heads exceed 0.3 at 29 of 36 layers. */
static void the_sink_rate_is_that_planted(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sample sample = sample_of(N_TOKENS, 36, NULL, 0);
    struct summary summary;
    char *results = new_folder();
    struct error err;

    (void)state;
    assert_int_equal(planted_store(results, &model, &sample, 1, 0, &err), 0);
    summarize(&summary, results, &paper_rule);
    const struct sink_rate *rate = &summary.models[0].tally.sink_rate;
    assert_near(sink_rate_value(rate, 1), 3.0 * 29 / (4 * 36), 1e-12);
    assert_near(sink_rate_value(rate, 2), 0, 0);
    assert_near(sink_rate_value(rate, 8), 0, 0);
    assert_true(isnan(sink_rate_value(rate, 9))); /* not kept for its place */
    summary_clear(&summary);
    struct detect_settings detect = paper_rule;
    detect.epsilon = 0.5; /* another threshold, the same measurement: two heads */
    summarize(&summary, results, &detect);
    assert_near(sink_rate_value(&summary.models[0].tally.sink_rate, 1), 2.0 * 29 / (4 * 36), 1e-12);
    summary_clear(&summary);
    free(results);
}

/* The id of the sink is that of other tokens, too; the sample's 120 tokens hold three of it, two are sinks. */
static void same_ids_that_are_no_sinks_are_counted(void **state)
{
    struct planted_model model = model_of("m", 36, 1000);
    struct planted_sink sinks[] = {sink_of(40, 12, 8), sink_of(60, 12, 8), sink_of(80, 12, 8)};
    struct planted_sample sample = sample_of(N_TOKENS, 36, sinks, 3);
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    sinks[2].norm = 12; /* not outstanding: no sink by "relative" */
    assert_int_equal(planted_store(results, &model, &sample, 1, 0, &err), 0);
    summarize(&summary, results, &relative_rule);
    assert_int_equal(summary.models[0].tally.control.same_id_sinks, 2);
    assert_int_equal(summary.models[0].tally.control.same_id_others, 1);
    assert_true(summary.models[0].tally.control.controls > 10);
    summary_clear(&summary);
    free(results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlations_are_those_planted),
        cmocka_unit_test(the_primary_weakens_by_what_was_planted),
        cmocka_unit_test(determinism_is_counted),
        cmocka_unit_test(the_rise_of_alignment_is_measured),
        cmocka_unit_test(without_alignment_there_is_no_rise),
        cmocka_unit_test(a_family_is_correlated_over_its_models),
        cmocka_unit_test(levels_and_determinism_go_with_size_or_do_not),
        cmocka_unit_test(the_sink_rate_is_that_planted),
        cmocka_unit_test(same_ids_that_are_no_sinks_are_counted),
    };

    return cmocka_run_group_tests_name("claims", tests, make_root, remove_root);
}
