#include "any_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

enum { N_HEADS = 3, N_LAYERS = 4, SEED = 11 };

static float any_float(uint64_t stream, int counter)
{
    uint32_t bits = (uint32_t)random_u64(SEED, stream, (uint64_t)counter);
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_layer(struct layer_record *layer, int columns, uint64_t stream)
{
    for (int r = 0; r < layer->n_rows; r++) {
        layer->position[r] = 2 * r;
        layer->reason[r] = (uint8_t)(r % 32);
    }
    for (int i = 0; i < layer->n_rows * columns; i++)
        layer->values[i] = any_float(stream, i);
    for (int i = 0; layer->alpha && i < layer->n_rows * N_HEADS; i++)
        layer->alpha[i] = any_float(stream, 100000 + i);
    for (int i = 0; layer->learned_sink && i < N_HEADS; i++)
        layer->learned_sink[i] = any_float(stream, 200000 + i);
    for (int c = 0; c < columns; c++) {
        float *f = &layer->summary[c].mean;
        layer->summary[c].count = c % 20;
        for (int k = 0; k < 7; k++)
            f[k] = any_float(stream, 300000 + 7 * c + k);
    }
}

static const char *const texts[] = {" the", "\n", "\"quoted\", with a comma", "", "\xe6\xb0\xb4", "<bos>"};

static void fill_sample(struct unit *unit, int i, int n_rows, int learned)
{
    struct unit_sample *sample = &unit->samples[i];
    struct sample_record *record = &unit->measurement.samples[i];

    *sample = (struct unit_sample){
        .sample = 7 + i, .n_tokens = 20, .truncated = i == 1, .templated = i == 0, .n_tokens_recorded = n_rows};
    snprintf(sample->fingerprint, sizeof sample->fingerprint, "%064d", i);
    sample->position = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->token_id = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->occurrences = xcalloc((size_t)n_rows, sizeof(int32_t));
    sample->token_text = xcalloc((size_t)n_rows, sizeof(char *));
    for (int t = 0; t < n_rows; t++) {
        sample->position[t] = 2 * t;
        sample->token_id[t] = 100 + t;
        sample->occurrences[t] = 1 + t;
        sample->token_text[t] = xstrdup(texts[t % 6]);
    }
    record->sample = sample->sample;
    record->n_tokens = sample->n_tokens;
    record->n_candidates = (i + 2) % 4; /* 2, 3, 0 ... */
    for (int c = 0; c < record->n_candidates; c++)
        record->candidate[c] = c;
    record->n_layers = N_LAYERS + 1;
    record->layers = xcalloc(N_LAYERS + 1, sizeof *record->layers);
    for (int l = 0; l <= N_LAYERS; l++) {
        int columns = quantity_columns(record->n_candidates);
        layer_record_init(&record->layers[l], l, l == 1 ? 0 : n_rows, columns, l < N_LAYERS ? N_HEADS : 0,
                          learned && l < N_LAYERS ? N_HEADS : 0);
        fill_layer(&record->layers[l], columns, (uint64_t)(100 * i + l));
    }
}

struct unit any_unit(int n_samples, int n_rows, int learned)
{
    struct unit unit = {.info = {.identity = IDENTITY,
                                 .model = xstrdup("Qwen3-4B"),
                                 .family = xstrdup("Qwen3"),
                                 .arm = xstrdup(""),
                                 .prompt_set = xstrdup("aime24"),
                                 .architecture = xstrdup("Qwen3ForCausalLM"),
                                 .precision = xstrdup("float32"),
                                 .model_fingerprint = xstrdup("f00d"),
                                 .kernel = xstrdup("native-avx2"),
                                 .provenance = xstrdup("{\"version\": \"0.1\"}"),
                                 .numerics_version = 3,
                                 .n_params = UINT64_C(4022468096),
                                 .n_layers = N_LAYERS,
                                 .n_heads = N_HEADS,
                                 .n_embd = 64,
                                 .layer_end = N_LAYERS,
                                 .record_full = learned,
                                 .record_cosine = 0.5,
                                 .norm_ratio = 3,
                                 .epsilon = 0.3,
                                 .n_control = 64,
                                 .seed = UINT64_MAX}};

    measurement_init(&unit.measurement, N_HEADS, n_samples);
    unit.samples = xcalloc((size_t)n_samples, sizeof *unit.samples);
    for (int i = 0; i < n_samples; i++)
        fill_sample(&unit, i, n_rows, learned);
    return unit;
}
