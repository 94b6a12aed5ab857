#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#include "base/log.h"
#include "base/memory.h"
#include "grid/footprint.h"
#include "grid/plan.h"
#include "model/forward.h"
#include "probe/measurement.h"

/* The models are published configurations without weights, the prompts token ids. */

static char *folder;

/* A prompt file of n samples of n_tokens ids each; the ids differ from sample to sample. */
static void write_prompts(const char *name, int n, int n_tokens)
{
    struct bytes text = {0};

    for (int i = 0; i < n; i++) {
        char line[64];
        for (int t = 0; t < n_tokens; t++) {
            int length = snprintf(line, sizeof line, "%s%d", t ? ", " : "{\"input_ids\": [", (i + 7 * t) % 30000);
            bytes_append(&text, line, (size_t)length);
        }
        bytes_append(&text, "]}\n", 3);
    }
    free(files_write(folder, name, text.data, text.n));
    bytes_clear(&text);
}

/* An experiment of models and prompt sets by name, and further lines. */
static struct experiment *experiment_of(const char *models, const char *sets, const char *rest)
{
    struct error err = {""};
    char *list = xstrdup(models), *set_list = xstrdup(sets), *file = files_path(folder, "test.cfg");
    char *text = xstrdup("name = \"t\"; models = (");
    char *state = NULL, *longer, *configs = files_test_data("configs");

    for (char *name = strtok_r(list, " ", &state); name; name = strtok_r(NULL, " ", &state), text = longer) {
        longer = xasprintf("%s%s{ name = \"%s\"; path = \"%s/%s\"; }", text, strchr(text, '{') ? "," : "", name,
                           configs, name);
        free(text);
    }
    longer = xasprintf("%s); prompt_sets = (", text);
    free(text);
    text = longer;
    const char *separator = "";
    for (char *name = strtok_r(set_list, " ", &state); name; name = strtok_r(NULL, " ", &state), text = longer) {
        longer = xasprintf("%s%s{ name = \"%s\"; path = \"%s.jsonl\"; }", text, separator, name, name);
        separator = ",";
        free(text);
    }
    longer = xasprintf("%s);\n%s\n", text, rest);
    free(text);
    struct experiment *experiment = experiment_parse(longer, strlen(longer), file, NULL, &err);
    assert_string_equal(err.text, "");
    free(longer);
    free(configs);
    free(file);
    free(list);
    free(set_list);
    return experiment;
}

static struct plan *plan_well(const struct experiment *experiment, int n_workers, uint64_t rank_bytes)
{
    struct plan_resources resources = {.n_workers = n_workers, .rank_bytes = rank_bytes, .header_only = true};
    struct error err = {""};
    struct plan *plan = plan_build(experiment, &resources, false, &err);

    if (!plan)
        fail_msg("%s", err.text);
    return plan;
}

static void assert_refused(const char *models, const char *rest, const struct plan_resources *wanted,
                           const char *expected)
{
    struct experiment *experiment = experiment_of(models, "p", rest);
    struct plan_resources resources = wanted ? *wanted : (struct plan_resources){0};
    struct error err = {""};

    resources.header_only = true;
    assert_null(plan_build(experiment, &resources, false, &err));
    if (!strstr(err.text, expected))
        fail_msg("\"%s\" lacks \"%s\"", err.text, expected);
    experiment_destroy(experiment);
}

/* Every sample of every selected pair is in exactly one pipeline of each measured range. */
static void pipelines_cover_the_grid_once(void **state)
{
    struct experiment *experiment = experiment_of("SmolLM2-135M Llama-3.1-8B", "p q",
                                                  "exclude = ( { model = \"Llama-3.1-8B\"; prompt_set = \"q\"; } );\n"
                                                  "measured = ((0, 10), (10, 30)); pipeline = { shard = 3; };");
    struct plan *plan;
    int seen[3][2][10] = {{{0}}};

    (void)state;
    write_prompts("p.jsonl", 10, 5);
    write_prompts("q.jsonl", 7, 4);
    plan = plan_well(experiment, 1, 0);
    assert_int_equal(plan->n_models, 2);
    assert_int_equal(plan->n_jobs, 3);
    assert_int_equal(plan->n_pipelines, 2 * (4 + 3 + 4));
    for (int i = 0; i < plan->n_pipelines; i++) {
        const struct plan_pipeline *p = &plan->pipelines[i];
        assert_true(p->sample_begin < p->sample_end && p->sample_end - p->sample_begin <= 3);
        assert_int_equal(p->layer_end, p->layer_begin == 0 ? 10 : 30);
        assert_int_equal(p->n_stages, 1);
        assert_int_equal(p->cut[1], p->layer_end); /* nothing is computed behind the measured range */
        for (int s = p->sample_begin; s < p->sample_end; s++)
            seen[p->job][p->layer_begin > 0][s]++;
        for (int j = 0; j < i; j++)
            assert_string_not_equal(p->identity, plan->pipelines[j].identity);
    }
    for (int j = 0; j < 3; j++)
        for (int s = 0; s < 10; s++)
            assert_int_equal(seen[j][0][s] * seen[j][1][s], s < plan->jobs[j].samples.n);
    plan_destroy(plan);
    experiment_destroy(experiment);
}

/* All layers and the first 30 are two ranges of a model of 32 layers, one of a model of 30. */
static void a_range_that_two_keys_give_is_measured_once(void **state)
{
    struct experiment *experiment = experiment_of("SmolLM2-135M Llama-3.1-8B", "p", "measured = ((0, 0), (0, 30));");

    (void)state;
    write_prompts("p.jsonl", 2, 5);
    struct plan *plan = plan_well(experiment, 1, 0);
    assert_int_equal(plan->n_pipelines, 3);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(plan->pipelines[i].identity, plan->pipelines[j].identity);
    plan_destroy(plan);
    experiment_destroy(experiment);
}

/* Ranks, memory, stages, chunks and thresholds leave the names alone; what changes the numbers does not. */
static void identities_are_of_the_content(void **state)
{
    static const struct {
        const char *rest;
        int n_workers;
        uint64_t rank_bytes;
        bool same;
    } rows[] = {
        {"", 1, 0, true},
        {"", 4, 100000000, true},
        {"pipeline = { stages = 3; chunk = 16; };", 8, 0, true},
        {"pipeline = { cuts = (1, 2); max_attempts = 5; };", 8, 0, true},
        {"detect = { cosine = 0.8; rule = \"relative\"; level_gap = 7; };", 1, 0, true},
        {"results = \"elsewhere\";", 1, 0, true},
        {"seed = 2;", 1, 0, false},
        {"detect = { epsilon = 0.2; };", 1, 0, false},
        {"detect = { candidates = [0]; };", 1, 0, false},
        {"record_cosine = 0.6;", 1, 0, false},
        {"record = \"full\";", 1, 0, false},
        {"measured = (0, 29);", 1, 0, false},
        {"precision = \"bfloat16\";", 1, 0, false},
    };
    char first[SHA256_HEX_SIZE];

    (void)state;
    write_prompts("p.jsonl", 4, 50);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct experiment *experiment = experiment_of("SmolLM2-135M", "p", rows[i].rest);
        struct plan *plan = plan_well(experiment, rows[i].n_workers, rows[i].rank_bytes);
        assert_int_equal(plan->n_pipelines, 1);
        if (i == 0)
            memcpy(first, plan->pipelines[0].identity, sizeof first);
        assert_int_equal(strcmp(first, plan->pipelines[0].identity) == 0, rows[i].same);
        plan_destroy(plan);
        experiment_destroy(experiment);
    }
}

/* 2 FLOP a weight and token, 4 a head dimension and visible pair; closed forms of the block. */
static void flop_follow_the_closed_form(void **state)
{
    const double D = 576, F = 1536, L = 30, H = 9, K = 3, d = 64, T = 100, n = 4;
    double weights = 2 * D * H * d + 2 * D * K * d + 3 * D * F;
    double expected = n * (L * (2 * T * weights + 4 * H * d * T * (T + 1) / 2) + 5 * T * D), sum = 0;
    struct experiment *experiment = experiment_of("SmolLM2-135M", "p", "pipeline = { stages = 4; };");
    struct plan *plan;

    (void)state;
    write_prompts("p.jsonl", 4, 100);
    plan = plan_well(experiment, 4, 0);
    assert_true(fabs(plan->pipelines[0].flop - expected) <= 1e-12 * expected);
    assert_int_equal(plan->pipelines[0].n_stages, 4);
    for (int s = 0; s < 4; s++) {
        double share = plan_stage_flop(plan, 0, s) / expected;
        assert_true(share > 7 / L - 1e-3 && share < 8 / L + 1e-3); /* 30 equal layers over 4 stages */
        sum += plan_stage_flop(plan, 0, s);
    }
    assert_true(fabs(sum - expected) <= 1e-12 * expected);
    plan_destroy(plan);
    experiment_destroy(experiment);
}

/* As few stages as fit, of equal layers: between the bounds of total bytes over a rank's. */
static void memory_decides_the_stages(void **state)
{
    struct experiment *experiment = experiment_of("Llama-2-70b-hf", "p", "");
    static const uint64_t ranks[] = {200000000000, 80000000000, 64000000000, 24000000000, 5000000000};
    const double layer = 2.0 * (2 * 8192.0 * 8192 + 2 * 8192.0 * 1024 + 3 * 8192.0 * 28672); /* bytes, as BF16 */

    (void)state;
    write_prompts("p.jsonl", 4, 1000);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        struct plan *plan = plan_well(experiment, 0, ranks[i]);
        const struct plan_pipeline *p = &plan->pipelines[0];
        int most = (int)((double)ranks[i] / layer); /* layers that fit if caches and workspace were nothing */
        assert_in_range(p->n_stages, (80 + most - 1) / most, most > 2 ? (80 + most - 2) / (most - 1) : 40);
        assert_true(p->stage_bytes <= ranks[i]);
        for (int s = 0; s < p->n_stages; s++) {
            int n_layers = p->cut[s + 1] - p->cut[s];
            assert_in_range(n_layers, 1, (80 + p->n_stages - 1) / p->n_stages);
            assert_true(plan_stage_bytes(plan, 0, s) <= p->stage_bytes);
            assert_true((double)plan_stage_bytes(plan, 0, s) > n_layers * layer);
        }
        plan_destroy(plan);
    }
    experiment_destroy(experiment);
}

static void stated_stages_and_cuts_are_kept(void **state)
{
    struct experiment *experiment = experiment_of("SmolLM2-135M", "p", "pipeline = { cuts = (3, 28); };");
    struct plan *plan = plan_well(experiment, 3, 0);

    (void)state;
    assert_int_equal(plan->pipelines[0].n_stages, 3);
    assert_int_equal(plan->pipelines[0].cut[1], 3);
    assert_int_equal(plan->pipelines[0].cut[2], 28);
    assert_int_equal(plan->pipelines[0].cut[3], 30);
    plan_destroy(plan);
    plan = plan_well(experiment, 2, 0); /* too few ranks for these: two stages by cost */
    assert_int_equal(plan->pipelines[0].n_stages, 2);
    assert_int_equal(plan->pipelines[0].cut[1], 15);
    plan_destroy(plan);
    experiment_destroy(experiment);

    experiment = experiment_of("SmolLM2-135M", "p", "pipeline = { cuts = (3, 28); }; measured = (2, 20);");
    plan = plan_well(experiment, 3, 0); /* nothing is computed from layer 20 on */
    assert_int_equal(plan->pipelines[0].n_stages, 2);
    assert_int_equal(plan->pipelines[0].cut[2], 20);
    plan_destroy(plan);
    experiment_destroy(experiment);
}

static void chunks_balance_fill_and_overhead(void **state)
{
    (void)state;
    assert_int_equal(footprint_chunk(1, 100, 100, 50), 100);        /* all at once */
    assert_int_equal(footprint_chunk(1, 100000, 100000, 50), 4096); /* short samples are packed */
    assert_int_equal(footprint_chunk(1, 50000, 50000, 9000), 9000); /* a long one travels whole */
    assert_int_equal(footprint_chunk(2, 8192, 8192, 2048), 360);    /* sqrt(8192 x 16) = 362.04, to a multiple of 24 */
    assert_int_equal(footprint_chunk(5, 8192, 8192, 2048), 168);    /* sqrt(8192 x 16 / 4) = 181.02 */
    assert_int_equal(footprint_chunk(4, 500, 500, 500), 72);
    assert_int_equal(footprint_chunk(4, 40, 40, 40), 40);
    assert_int_equal(footprint_chunk(2, 1000000, 1000000, 100000), 1200);
    assert_int_equal(footprint_chunk(2, 24576, 2048, 2048),
                     528); /* 627.07 -> 624: 4 chunks of 512, to a multiple of 24 */
    assert_int_equal(footprint_chunk(2, 1000000, 1000, 500), 1000); /* a small unit at once */
}

/* 16 units of 512 tokens: sqrt(8192 x 16) = 362 for one group of two ranks, 181 for each of four; cut evenly. */
static void chunks_suit_all_units_of_a_job(void **state)
{
    struct experiment *experiment = experiment_of("SmolLM2-135M", "p", "pipeline = { shard = 1; stages = 2; };");

    (void)state;
    write_prompts("p.jsonl", 16, 512);
    for (int n_workers = 2; n_workers <= 8; n_workers *= 4) {
        struct plan *plan = plan_well(experiment, n_workers, 0);
        assert_int_equal(plan->n_pipelines, 16);
        for (int i = 0; i < plan->n_pipelines; i++)
            assert_int_equal(plan->pipelines[i].chunk_tokens, n_workers == 2 ? 264 : 144);
        plan_destroy(plan);
    }
    experiment_destroy(experiment);
}

/* record = "full": rows of columns and heads, positions, reasons, and a summary a column. */
static void bytes_to_store_are_counted(void **state)
{
    const uint64_t L = 30, H = 9, T = 300;
    struct experiment *experiment = experiment_of("SmolLM2-135M", "p", "control = 32;");
    struct plan *plan;
    uint64_t row = 4 * ((uint64_t)quantity_columns(2) + H) + 5, summary = 32 * (uint64_t)quantity_columns(2);

    (void)state;
    write_prompts("p.jsonl", 2, 300);
    plan = plan_well(experiment, 1, 0);
    assert_true(plan_store_bytes(plan, 0, RECORD_FULL) == 2 * (L + 1) * (T * row + summary));
    assert_true(plan_store_bytes(plan, 0, RECORD_CANDIDATES) == 2 * (L + 1) * ((8 + 32 + 3) * row + summary));
    plan_destroy(plan);
    experiment_destroy(experiment);
}

/* Mapped weights need not fit: all workers share them, by cost alone. */
static void what_does_not_fit_is_planned(void **state)
{
    static const uint64_t ranks[] = {24000000000, 1000000}; /* too few of them; less than a layer */
    struct experiment *experiment = experiment_of("Llama-2-70b-hf", "p", "");

    (void)state;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        struct plan *plan = plan_well(experiment, 4, ranks[i]);
        assert_int_equal(plan->pipelines[0].n_stages, 4);
        for (int s = 0; s <= 4; s++)
            assert_int_equal(plan->pipelines[0].cut[s], 20 * s);
        assert_true(plan->pipelines[0].stage_bytes > ranks[i]);
        plan_destroy(plan);
    }
    experiment_destroy(experiment);
}

static void faults_are_named(void **state)
{
    static const struct plan_resources tiny = {.rank_bytes = 1000000};

    (void)state;
    write_prompts("p.jsonl", 2, 3);
    assert_refused("SmolLM2-135M", "pipeline = { stages = 31; };", NULL,
                   "test.cfg:2: model SmolLM2-135M: \"pipeline.stages\": 31 stages for 30 layers");
    assert_refused("SmolLM2-135M", "pipeline = { cuts = (30); };", NULL,
                   "test.cfg:2: model SmolLM2-135M: \"pipeline.cuts\": a stage begins at layer 30, but there are 30 layers");
    assert_refused("SmolLM2-135M", "measured = (0, 31);", NULL,
                   "test.cfg:2: model SmolLM2-135M: \"measured\" (0, 31) of 30 layers");
    assert_refused("SmolLM2-135M", "measured = (30, 0);", NULL,
                   "test.cfg:2: model SmolLM2-135M: \"measured\" (30, 0) of 30 layers");
    assert_refused("SmolLM2-135M", "detect = { candidates = [3, 4]; };", NULL,
                   "sample 0: 3 tokens, none at a position of \"detect.candidates\"");
    assert_refused("SmolLM2-135M", "", &tiny, ", a rank has 1.00 MB");
    assert_refused("NoSuchModel", "", NULL, "No such file or directory");
    free(files_write_text(folder, "p.jsonl", "{\"text\": \"words\"}\n"));
    assert_refused("SmolLM2-135M", "", NULL, "p.jsonl:1: text needs the model's tokenizer");
    free(files_write_text(folder, "p.jsonl", "{\"input_ids\": [49152]}\n"));
    assert_refused("SmolLM2-135M", "", NULL, "is not in the model's vocabulary of 49152");
}

static int make_folder(void **state)
{
    (void)state;
    folder = files_make_folder();
    log_set_level(LOG_ERROR);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    files_remove_folder(folder);
    return 0;
}

static void tokens_of_a_unit_are_counted_beyond_an_int(void **state)
{
    struct sample samples[4] = {{.n_tokens = 5}, {.n_tokens = 1 << 30}, {.n_tokens = 1 << 30}, {.n_tokens = 1 << 30}};
    struct plan_job jobs[1] = {{.samples = {samples, 4}}};
    const struct plan plan = {.jobs = jobs, .n_jobs = 1};

    (void)state;
    assert_true(plan_pipeline_tokens(&plan, &(struct plan_pipeline){.sample_begin = 0, .sample_end = 1}) == 5);
    assert_true(plan_pipeline_tokens(&plan, &(struct plan_pipeline){.sample_begin = 1, .sample_end = 4}) == INT64_C(3)
                                                                                                                << 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipelines_cover_the_grid_once),
        cmocka_unit_test(a_range_that_two_keys_give_is_measured_once),
        cmocka_unit_test(identities_are_of_the_content),
        cmocka_unit_test(flop_follow_the_closed_form),
        cmocka_unit_test(memory_decides_the_stages),
        cmocka_unit_test(stated_stages_and_cuts_are_kept),
        cmocka_unit_test(chunks_balance_fill_and_overhead),
        cmocka_unit_test(chunks_suit_all_units_of_a_job),
        cmocka_unit_test(bytes_to_store_are_counted),
        cmocka_unit_test(tokens_of_a_unit_are_counted_beyond_an_int),
        cmocka_unit_test(what_does_not_fit_is_planned),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
