#include "test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/random.h"
#include "planted.h"
#include "store/ncfile.h"
#include "summary/csv.h"
#include "summary/summary.h"
#include "summary/summary_schema.h"
#include "summary/terminal.h"
#include "summary/warnings.h"

static char *root; /* a folder of this test's own */
static int n_folders;

static int make_root(void **state)
{
    /* hundreds of files, each synced: in memory where that can be */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    (void)state;
    root = xasprintf("%s/sinkgrid-summary-XXXXXX", base);
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char *command = xasprintf("rm -rf '%s'", root);
    int rc = system(command);

    (void)state;
    free(command);
    free(root);
    return rc;
}

static char *new_folder(void)
{
    return xasprintf("%s/%d", root, n_folders++);
}

static const struct detect_settings paper = {
    .rule = RULE_PAPER, .cosine = 0.9, .epsilon = 0.3, .norm_ratio = 3, .level_gap = 2, .level_support = 3};

static struct detect_settings relative_rule(void)
{
    struct detect_settings detect = paper;

    detect.rule = RULE_RELATIVE;
    return detect;
}

static void summarize(struct summary *summary, const char *results, const struct detect_settings *detect)
{
    struct summary_settings settings = {.results = results, .detect = *detect, .seed = 1};
    struct error err;

    if (summary_make(summary, &settings, &err) != 0)
        fail_msg("%s", err.text);
}

static void read_table(struct csv_table *table, const char *results, const char *name)
{
    char *path = xasprintf("%s/%s", results, name);
    struct error err;

    if (csv_read(table, path, &err) != 0)
        fail_msg("%s", err.text);
    free(path);
}

static const char *cell(const struct csv_table *table, size_t row, const char *column)
{
    int c = csv_column(table, column);

    assert_true(c >= 0);
    return csv_cell(table, row, c);
}

/* ---- planted models ---- */

static struct planted_model model_of(const char *name, int n_layers, uint64_t n_params)
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

static struct planted_sample sample_of(int n_tokens, int n_layers, const struct planted_sink *sinks, int n_sinks)
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

static struct planted_sink sink_of(int position, int l_start, int lifetime)
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

enum { N_SAMPLES = 4, N_TOKENS = 120, MAX_LEVELS = 3 };

/* One sink of each level a sample, at positions of its own. */
struct planted_grid {
    struct planted_sink sinks[N_SAMPLES][MAX_LEVELS];
    struct planted_sample samples[N_SAMPLES];
};

static void make_grid(struct planted_grid *grid, int n_layers, const int (*levels)[2], int n_levels, double norm)
{
    for (int s = 0; s < N_SAMPLES; s++) {
        for (int k = 0; k < n_levels; k++) {
            grid->sinks[s][k] = sink_of(20 + 25 * k + 3 * s, levels[k][0], levels[k][1]);
            grid->sinks[s][k].norm = norm;
        }
        grid->samples[s] = sample_of(N_TOKENS, n_layers, grid->sinks[s], n_levels);
    }
}

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

/* Depths 12 ... 64, one to three levels, short and long lifetimes, norms from just above 3 x the median:
 * "relative" finds all and nothing else, "paper" those of 5 ... L - 16 layers. */
static void planted_sinks_are_found_at_every_depth(void **state)
{
    static const int depths[] = {12, 20, 24, 36, 64};
    static const double norms[] = {33, 100, 390};

    (void)state;
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
        for (int n_levels = 0; n_levels <= MAX_LEVELS; n_levels++) {
            int L = depths[d], start = L / 6, end = L - 1, s = end - start, longest = (7 * s - 1) / 10;
            const int levels[MAX_LEVELS][2] = {{start + 1, ten_percent(s)},
                                               {start + s / 3, (ten_percent(s) + longest) / 2 > end - start - s / 3
                                                                   ? end - start - s / 3
                                                                   : (ten_percent(s) + longest) / 2},
                                               {start, longest}};
            struct planted_model model = model_of("m", L, 1000);
            struct planted_grid grid;
            struct detect_settings detect = relative_rule();
            struct summary summary;
            struct error err;
            char *results = new_folder();
            make_grid(&grid, L, levels, n_levels, norms[d % 3]);
            assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
            summarize(&summary, results, &detect);
            assert_int_equal(summary.models[0].levels.secondary.n, n_levels);
            assert_secondaries(results, &grid, n_levels, true, 0, L);
            assert_secondaries(results, &grid, n_levels, false, 5, L - 15);
            assert_int_equal(summary.models[0].scaling.primary_start, start);
            assert_int_equal(summary.models[0].scaling.primary_end, end);
            assert_int_equal(summary.models[0].tally.kinds[RULE_PAPER][SINK_PRIMARY], N_SAMPLES);
            summary_clear(&summary);
            free(results);
        }
}

/* ---- the statistics ---- */

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
    struct detect_settings detect = relative_rule();

    (void)state;
    for (int linear = 0; linear < 2; linear++) {
        char *results = new_folder();
        struct summary summary;
        struct error err;
        make_claims(sinks, samples, N, linear);
        assert_int_equal(planted_store(results, &model, samples, N, 0, &err), 0);
        summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
    struct planted_sink sink = sink_of(40, 12, 8);
    struct planted_sample samples[6];
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    for (int s = 0; s < 6; s++)
        samples[s] = sample_of(N_TOKENS, 36, &sink, s % 2);
    assert_int_equal(planted_store(results, &model, samples, 6, 0, &err), 0);
    summarize(&summary, results, &detect);
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
    summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
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
    summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
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
        summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
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
    summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
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
    summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
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
    summarize(&summary, results, &detect);
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
    summarize(&summary, results, &paper);
    const struct sink_rate *rate = &summary.models[0].tally.sink_rate;
    assert_near(sink_rate_value(rate, 1), 3.0 * 29 / (4 * 36), 1e-12);
    assert_near(sink_rate_value(rate, 2), 0, 0);
    assert_near(sink_rate_value(rate, 8), 0, 0);
    assert_true(isnan(sink_rate_value(rate, 9))); /* not kept for its place */
    summary_clear(&summary);
    struct detect_settings detect = paper;
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
    struct detect_settings detect = relative_rule();
    char *results = new_folder();
    struct summary summary;
    struct error err;

    (void)state;
    sinks[2].norm = 12; /* not outstanding: no sink by "relative" */
    assert_int_equal(planted_store(results, &model, &sample, 1, 0, &err), 0);
    summarize(&summary, results, &detect);
    assert_int_equal(summary.models[0].tally.control.same_id_sinks, 2);
    assert_int_equal(summary.models[0].tally.control.same_id_others, 1);
    assert_true(summary.models[0].tally.control.controls > 10);
    summary_clear(&summary);
    free(results);
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
    struct detect_settings detect = relative_rule();
    char *whole = new_folder(), *divided = new_folder();
    struct planted_grid grid;
    struct summary summary;
    struct error err;

    (void)state;
    make_grid(&grid, 36, levels, 3, 100);
    assert_int_equal(planted_store(whole, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    for (int s = N_SAMPLES - 1; s >= 0; s--)
        assert_int_equal(planted_store(divided, &model, &grid.samples[s], 1, s, &err), 0);
    summarize(&summary, whole, &detect);
    summary_clear(&summary);
    summarize(&summary, divided, &detect);
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
    summarize(&summary, results, &paper);
    assert_int_equal(summary.n_damaged, 1);
    assert_int_equal(summary.n_units, 3);
    assert_int_equal(summary.models[0].tally.n_samples, 3);
    summary_clear(&summary);
    free(bad);
    free(results);
}

static void an_empty_folder_is_an_error(void **state)
{
    struct summary_settings settings = {.results = root, .detect = paper, .seed = 1};
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
    summarize(&summary, results, &paper);
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
    summarize(&summary, results, &paper);
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
    summarize(&summary, results, &paper);
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
    struct detect_settings detect = relative_rule();
    char *results = new_folder(), *path = xasprintf("%s/summary.nc", results), *rule;
    struct planted_grid grid;
    struct summary summary;
    struct error err;
    double score[36];
    int starts[4];

    (void)state;
    make_grid(&grid, 36, levels, 3, 100);
    assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    summarize(&summary, results, &detect);
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
    struct detect_settings detect = relative_rule();
    struct planted_grid grid;
    struct summary summary;
    struct error err;
    size_t size;

    (void)state;
    make_grid(&grid, 36, levels, 1, 100);
    assert_int_equal(planted_store(results, &model, grid.samples, N_SAMPLES, 0, &err), 0);
    summarize(&summary, results, &detect);
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
        cmocka_unit_test(correlations_are_those_planted),
        cmocka_unit_test(the_primary_weakens_by_what_was_planted),
        cmocka_unit_test(determinism_is_counted),
        cmocka_unit_test(the_rise_of_alignment_is_measured),
        cmocka_unit_test(without_alignment_there_is_no_rise),
        cmocka_unit_test(a_family_is_correlated_over_its_models),
        cmocka_unit_test(levels_and_determinism_go_with_size_or_do_not),
        cmocka_unit_test(the_sink_rate_is_that_planted),
        cmocka_unit_test(same_ids_that_are_no_sinks_are_counted),
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
