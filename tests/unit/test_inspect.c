#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/inspection.h"

/* Published configurations, as config.json alone. Parameters are the published counts
 * (those of the safetensors index, or the closed form of the architecture; for
 * gemma-3-27b-it the text model's). */
static const struct row {
    const char *name, *architecture;
    uint64_t n_parameters;
    int n_layers, n_windows, window;
    double rope_theta;
    int rope_dims;
} rows[] = {
    {"Llama-2-70b-hf", "LlamaForCausalLM", 68976648192, 80, 0, 0, 1e4, 128},
    {"Llama-3.1-8B", "LlamaForCausalLM", 8030261248, 32, 0, 0, 5e5, 128},
    {"SmolLM2-135M", "LlamaForCausalLM", 134515008, 30, 0, 0, 1e5, 64},
    {"Qwen2.5-7B", "Qwen2ForCausalLM", 7615616512, 28, 0, 0, 1e6, 128},
    {"QwQ-32B", "Qwen2ForCausalLM", 32763876352, 64, 0, 0, 1e6, 128},
    {"DeepSeek-R1-Distill-Qwen-14B", "Qwen2ForCausalLM", 14770033664, 48, 0, 0, 1e6, 128},
    {"Qwen3-14B", "Qwen3ForCausalLM", 14768307200, 40, 0, 0, 1e6, 128},
    {"Qwen3-30B-A3B", "Qwen3MoeForCausalLM", 30532122624, 48, 0, 0, 1e6, 128},
    {"Mistral-7B-v0.1", "MistralForCausalLM", 7241732096, 32, 32, 4096, 1e4, 128},
    {"phi-4", "Phi3ForCausalLM", 14659507200, 40, 0, 0, 25e4, 128},
    {"Phi-4-mini-instruct", "Phi3ForCausalLM", 3836021760, 32, 32, 262144, 1e4, 96},
    {"gpt-oss-20b", "GptOssForCausalLM", 20914757184, 24, 12, 128, 15e4, 64},
    {"gemma-2-9b", "Gemma2ForCausalLM", 9241705984, 42, 21, 4096, 1e4, 256},
    {"gemma-3-27b-it", "Gemma3ForConditionalGeneration", 27009346304, 62, 52, 1024, 1e6, 128},
    {"gemma-3-270m", "Gemma3ForCausalLM", 268098176, 18, 15, 512, 1e6, 256},
    {"gpt2-xl", "GPT2LMHeadModel", 1557611200, 48, 0, 0, 0, 0},
    {"pythia-6.9b", "GPTNeoXForCausalLM", 6857302016, 32, 0, 0, 1e4, 32},
    {"opt-6.7b", "OPTForCausalLM", 6658473984, 32, 0, 0, 0, 0},
    {"OLMo-2-1124-7B", "Olmo2ForCausalLM", 7298617344, 32, 0, 0, 5e5, 128},
};

static void inspect_well(struct inspection *inspection, char *path, int n_tokens)
{
    struct error err = {""};

    if (inspection_init(inspection, path, n_tokens, &err) != 0)
        fail_msg("%s", err.text);
    if (!inspection->model)
        fail_msg("%s", inspection->obstacles[0].text);
}

static char *config_path(const char *name)
{
    const char *root = getenv("abs_top_srcdir");

    return xasprintf("%s/tests/data/configs/%s", root ? root : ".", name);
}

static void check_facts(const struct row *row, const struct inspection *inspection)
{
    const struct hparams *p = &inspection->model->hparams;
    int n_windows = 0;

    assert_string_equal(inspection->architecture, row->architecture);
    assert_int_equal(inspection->n_obstacles, 0);
    assert_int_equal(p->n_layers, row->n_layers);
    for (int l = 0; l < p->n_layers; l++) {
        n_windows += p->window[l] > 0;
        assert_true(p->window[l] == 0 || p->window[l] == row->window);
    }
    assert_int_equal(n_windows, row->n_windows);
    assert_int_equal(p->rope.enabled, row->rope_dims > 0);
    if (row->rope_dims > 0) {
        assert_true(p->rope.theta == row->rope_theta);
        assert_int_equal(p->rope.n_dims, row->rope_dims);
    }
    if (model_parameters(inspection->model) != row->n_parameters)
        fail_msg("%s: %llu parameters, published are %llu", row->name,
                 (unsigned long long)model_parameters(inspection->model), (unsigned long long)row->n_parameters);
}

/* Two bytes a weight, less the embedding, over the stages: no less, and little more for caches and workspace. */
static void check_splits(const struct row *row, const struct inspection *inspection)
{
    const struct hparams *p = &inspection->model->hparams;
    double embedding = (double)p->n_vocab * p->n_embd * (p->tied_embedding ? 1 : 2);
    double layers = 2 * ((double)row->n_parameters - embedding);

    assert_int_equal(inspection->n_splits, INSPECT_STAGES);
    for (int i = 0; i < INSPECT_STAGES; i++) {
        const struct stage_split *split = &inspection->splits[i];
        double even = layers / split->n_stages, layer = layers / p->n_layers;
        assert_int_equal(split->n_stages, i + 1);
        assert_true((double)split->bytes > 0.98 * even);
        assert_true((double)split->bytes < even + 2 * layer + 2e9);
        assert_true(split->share >= 1.0 / split->n_stages - 1e-9);
        assert_true(split->share < (double)(p->n_layers / split->n_stages + 2) / p->n_layers);
        assert_int_equal(split->cut[split->n_stages], p->n_layers);
    }
}

static void published_configurations_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct inspection inspection;
        char *path = config_path(rows[i].name);
        inspect_well(&inspection, path, 2048);
        assert_int_equal(inspection.n_tokens, 2048);
        check_facts(&rows[i], &inspection);
        check_splits(&rows[i], &inspection);
        inspection_clear(&inspection);
        free(path);
    }
}

/* Text of the model's positions, but no more than 4096 tokens, unless told. */
static void lengths_have_a_default(void **state)
{
    struct inspection inspection;
    char *path = config_path("Llama-2-70b-hf");

    (void)state;
    inspect_well(&inspection, path, 0);
    assert_int_equal(inspection.n_tokens, 4096);
    inspection_clear(&inspection);
    free(path);
}

static void write_config(const char *folder, const char *text)
{
    char *path = xasprintf("%s/config.json", folder);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void what_is_not_supported_is_named(void **state)
{
    char folder[] = "/tmp/sinkgrid-inspect-XXXXXX";
    struct inspection inspection;
    struct error err = {""};

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_config(folder, "{\"architectures\": [\"MambaForCausalLM\"], \"hidden_size\": 8}");
    assert_int_equal(inspection_init(&inspection, folder, 0, &err), 0);
    assert_null(inspection.model);
    assert_string_equal(inspection.architecture, "MambaForCausalLM");
    assert_int_equal(inspection.n_obstacles, 1);
    assert_non_null(strstr(inspection.obstacles[0].text, "MambaForCausalLM"));
    assert_int_equal(inspection.n_splits, 0);
    inspection_clear(&inspection);
    write_config(folder, "{");
    assert_int_equal(inspection_init(&inspection, folder, 0, &err), -1);
    assert_non_null(strstr(err.text, "config.json:1:"));
    char *command = xasprintf("rm -r %s", folder);
    assert_int_equal(system(command), 0);
    free(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_configurations_are_understood),
        cmocka_unit_test(lengths_have_a_default),
        cmocka_unit_test(what_is_not_supported_is_named),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
