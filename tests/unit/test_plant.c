#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "plant/circuit.h"
#include "plant/construction.h"
#include "plant/geometry.h"
#include "plant/neurons.h"
#include "plant/prompts.h"
#include "weights/safetensors_write.h"

static struct plant_settings settings_of(int n_layers, int n_levels)
{
    struct plant_settings settings = plant_defaults;

    settings.n_layers = n_layers;
    settings.n_levels = n_levels;
    return settings;
}

/* DESIGN section 4, both rules; below 21 layers the paper's has no secondary sinks. */
static void every_depth_has_levels_that_both_rules_call_secondary(void **state)
{
    (void)state;
    for (int L = 12; L <= 64; L++)
        for (int n = 1; n <= 3; n++) {
            struct plant_settings settings = settings_of(L, n);
            struct construction c;
            assert_int_equal(construction_make(&c, &settings, NULL), 0);
            for (int j = 0; j < n; j++) {
                const struct plant_level *level = &c.settings.levels[j];
                int lifetime = level->lifetime, s = c.end - c.start;
                assert_true(lifetime >= 2 && lifetime >= 0.1 * s && lifetime < 0.7 * s);
                assert_true(L <= 20 || (lifetime > 4 && lifetime < L - 15));
                assert_true(level->l_start > c.start && level->l_start + lifetime < c.end);
                assert_true(j == 0 || level->l_start > c.settings.levels[j - 1].l_start);
            }
        }
}

static void settings_that_do_not_fit_are_named(void **state)
{
    struct plant_settings settings[8];
    static const char *const words[8] = {"layers",    "width",  "heads",   "key/value",
                                         "MLP width", "levels", "level (", "norm"};
    struct construction c;
    struct error err;

    (void)state;
    for (int i = 0; i < 8; i++)
        settings[i] = settings_of(24, 2);
    settings[0].n_layers = 8;
    settings[1].n_embd = 72;
    settings[2].n_heads = 3;
    settings[3].n_kv_heads = 3;
    settings[4].n_ff = 8;
    settings[5].n_layers = 12, settings[5].n_levels = 6;
    settings[6].levels[0] = (struct plant_level){20, 9};
    settings[7].norm_slope = 1, settings[7].norm = 20;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(construction_make(&c, &settings[i], &err), -1);
        assert_non_null(strstr(err.text, words[i]));
    }
}

/* All embeddings have norm sqrt(D); the reserved components are exact. */
static void embeddings_have_one_norm(void **state)
{
    struct plant_settings settings = settings_of(24, 2);
    struct construction c;
    size_t rows, columns;

    (void)state;
    assert_int_equal(construction_make(&c, &settings, NULL), 0);
    plant_model_tensors[0].shape(&c, &rows, &columns);
    float *data = xcalloc(rows * columns, sizeof *data);
    plant_model_tensors[0].fill(&c, -1, data);
    for (size_t id = 0; id < rows; id++) {
        const struct planted_group *group = construction_group(&c, (int)id);
        double square = 0;
        for (size_t d = 0; d < columns; d++)
            square += (double)data[id * columns + d] * data[id * columns + d];
        assert_true(fabs(square / (double)columns - 1) < 1e-5);
        assert_true(data[id * columns + DIM_SINK] == 0);
        assert_true(data[id * columns + DIM_CONSTANT] == (float)(LENGTH_CONSTANT * 8));
        assert_true(!group || data[id * columns + (size_t)group->dim] == (float)(LENGTH_MARKER * 8));
    }
    free(data);
}

static float silu(double x)
{
    return (float)(x / (1 + exp(-x)));
}

/* A state that carries a group's marker and nothing else but the constant and
 * noise at right angles: its neuron writes the planted norm at l_start, for this
 * group alone, and takes it away at l_end. */
static void neurons_write_and_erase_the_planted_norm(void **state)
{
    struct plant_settings settings = settings_of(32, 3);
    struct construction c;
    struct neuron neurons[PLANT_MAX_NEURONS];

    (void)state;
    assert_int_equal(construction_make(&c, &settings, NULL), 0);
    double r = sqrt(c.settings.n_embd);
    for (int g = 0; g < c.n_groups; g++) {
        const struct planted_group *group = &c.groups[g];
        for (int layer = 1; layer < c.settings.n_layers; layer++) {
            bool alive = layer > group->l_start && layer <= group->l_start + group->lifetime;
            double length = construction_scale(&c, layer - 1) * r, written = 0, norm = alive ? group->norm : 0;
            double x[64] = {[DIM_SINK] = norm, [DIM_CONSTANT] = LENGTH_CONSTANT * r, [DIM_LATER] = LENGTH_LATER * r};
            x[group->dim] = LENGTH_MARKER * r;
            length = hypot(length, norm);
            int n = neurons_of_layer(&c, layer, neurons);
            for (int i = 0; i < n; i++) {
                double gate = 0;
                for (int t = 0; t < neurons[i].n_terms; t++)
                    gate += neurons[i].gate[t].weight * x[neurons[i].gate[t].dim] * r / length;
                written += neurons[i].out_weight * silu(gate) * x[neurons[i].up_dim] * r / length;
            }
            double expected = layer == group->l_start                     ? group->norm
                              : layer == group->l_start + group->lifetime ? -group->norm
                                                                          : 0;
            assert_true(fabs(written - expected) < 0.005 * group->norm);
        }
    }
}

/* Level characters occur in turn, strays once, nothing before position 4. */
static void prompts_hold_every_mark(void **state)
{
    struct plant_prompt_settings settings = {
        .n_samples = 4, .n_tokens = 200, .n_levels = 3, .n_strays = 5, .mark_share = 0.05, .seed = 9};
    struct plant_prompts prompts;
    int count[PLANT_VOCAB] = {0};

    (void)state;
    plant_prompts_make(&prompts, &settings);
    for (int i = 0; i < prompts.n; i++) {
        assert_int_equal(prompts.samples[i].ids[0], PLANT_BOS);
        for (int t = 0; t < prompts.samples[i].n; t++)
            count[prompts.samples[i].ids[t]]++;
        for (int t = 1; t < 4; t++)
            assert_true(prompts.samples[i].ids[t] == ' ' || prompts.samples[i].ids[t] >= 'a');
    }
    for (int level = 0; level < 3; level++)
        for (int i = 0; i < PLANT_GROUPS_A_LEVEL * PLANT_IDS_A_GROUP; i++)
            assert_true(count[plant_level_id(level, i / PLANT_IDS_A_GROUP, i % PLANT_IDS_A_GROUP)] >= 3);
    for (int stray = 0; stray < 5; stray++)
        assert_int_equal(count[plant_stray_id(stray)], 1);
    plant_prompts_clear(&prompts);
}

/* By the format's description: 8 bytes of length, JSON, data; nothing appears under the name before the end. */
static void a_safetensors_file_appears_whole(void **state)
{
    static const struct safetensors_entry entries[] = {{"a", 2, 3}, {"b", 2, 0}};
    static const float a[6] = {1, 2, 3, 4, 5, 6}, b[2] = {7, 8};
    char path[] = "/tmp/sinkgrid-XXXXXX", read[8];
    uint64_t length = 0;
    float data[8];
    struct error err;

    (void)state;
    close(mkstemp(path));
    unlink(path);
    struct safetensors_writer *writer = safetensors_create(path, entries, 2, &err);
    assert_non_null(writer);
    assert_int_equal(safetensors_put(writer, a, &err), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(safetensors_put(writer, b, &err), 0);
    assert_int_equal(safetensors_put(writer, b, &err), -1);
    assert_int_equal(safetensors_finish(writer, &err), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(read, 1, 8, file), 8);
    for (int i = 0; i < 8; i++)
        length |= (uint64_t)(unsigned char)read[i] << 8 * i;
    char *text = xcalloc(length + 1, 1);
    assert_int_equal(fread(text, 1, length, file), length);
    json_t *header = json_read_text(text, length, path, &err);
    assert_non_null(header);
    assert_int_equal(json_integer_value(json_array_get(json_member(header, "b.data_offsets"), 1)), 32);
    assert_int_equal(json_array_size(json_member(header, "b.shape")), 1);
    assert_int_equal(fread(data, sizeof *data, 8, file), 8);
    assert_true(data[5] == 6 && data[7] == 8);
    fclose(file);
    unlink(path);
    json_decref(header);
    free(text);
    writer = safetensors_create("/nonexistent/x", entries, 2, &err);
    assert_null(writer);
    assert_non_null(strstr(err.text, "/nonexistent/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_depth_has_levels_that_both_rules_call_secondary),
        cmocka_unit_test(settings_that_do_not_fit_are_named),
        cmocka_unit_test(embeddings_have_one_norm),
        cmocka_unit_test(neurons_write_and_erase_the_planted_norm),
        cmocka_unit_test(prompts_hold_every_mark),
        cmocka_unit_test(a_safetensors_file_appears_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
