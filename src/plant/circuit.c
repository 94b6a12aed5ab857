#include "plant/circuit.h"

#include <math.h>
#include <stdint.h>

#include "base/random.h"
#include "plant/geometry.h"
#include "plant/neurons.h"

/* How much less a key draws for its marker: by PENALTY * marker / norm of the attraction. */
#define MARKER_PENALTY 3.0
#define BOS_ATTRACTION 20.0 /* of layer 0's head: BOS against some thousand others */
#define QUIET 1e-3          /* noise in the circuit's head dimensions, relative to the others */
#define SILENT 1e-5         /* noise written to reserved residual dimensions: far below every gate's margin */
#define SINK_VALUE 0.05     /* value of a sink relative to an ordinary token's: sinks give little */
#define VALUE_SIZE 0.3      /* standard deviation of a value's components */
#define SCORE_NOISE 0.5     /* standard deviation of an ordinary attention logit */

enum tensor_stream {
    STREAM_EMBED,
    STREAM_HEAD,
    STREAM_NORM,
    STREAM_Q,
    STREAM_K,
    STREAM_V,
    STREAM_O,
    STREAM_GATE,
    STREAM_UP,
    STREAM_DOWN,
    STREAM_ATTENTION_NORM,
    STREAM_MLP_NORM,
    N_STREAMS
};

static size_t size_of(int n)
{
    return (size_t)n;
}

static double root(const struct construction *c)
{
    return sqrt(c->settings.n_embd);
}

static double noise_at(const struct construction *c, enum tensor_stream stream, int layer, size_t index)
{
    return random_normal(c->settings.seed, (uint64_t)(layer + 1) * N_STREAMS + stream, index);
}

/* (rows, columns) of independent normal numbers. */
static void fill_noise(const struct construction *c, enum tensor_stream stream, int layer, float *data, size_t n,
                       double deviation)
{
    for (size_t i = 0; i < n; i++)
        data[i] = (float)(deviation * noise_at(c, stream, layer, i));
}

static void scale_column(float *data, size_t rows, size_t columns, size_t column, double factor)
{
    for (size_t row = 0; row < rows; row++)
        data[row * columns + column] = (float)(data[row * columns + column] * factor);
}

static void scale_row(float *data, size_t columns, size_t row, double factor)
{
    for (size_t column = 0; column < columns; column++)
        data[row * columns + column] = (float)(data[row * columns + column] * factor);
}

/* ---- embedding, output head, norms ---- */

/* The index-th word with half of its bits set in which the positions of the set
 * bits XOR to zero: words of the extended Hamming code, so that any two differ in
 * at least four bits (Hamming 1950), and all differ from BOS in the same number. */
static unsigned code_word(int index)
{
    for (unsigned word = 0;; word++) {
        unsigned positions = 0;
        for (unsigned bit = 0; bit < PLANT_CODE_BITS; bit++)
            positions ^= word >> bit & 1 ? bit : 0;
        if (positions == 0 && __builtin_popcount(word) == PLANT_CODE_BITS / 2 && index-- == 0)
            return word;
    }
}

static void fill_reserved(const struct construction *c, int id, double r, double *row)
{
    const struct planted_group *group = construction_group(c, id);
    unsigned word = id == PLANT_BOS ? 0 : code_word(id);

    row[DIM_CONSTANT] = LENGTH_CONSTANT * r;
    if (id == PLANT_BOS)
        row[DIM_BOS] = LENGTH_BOS * r;
    for (int bit = 0; bit < PLANT_CODE_BITS; bit++)
        row[DIM_CODE + bit] = (word >> bit & 1 ? 1 : -1) * LENGTH_CODE * r;
    if (group)
        row[group->dim] = LENGTH_MARKER * r;
}

/* Every embedding has norm r: the noise takes what the reserved components leave. */
static void fill_embedding(const struct construction *c, int layer, float *data)
{
    size_t D = size_of(c->settings.n_embd), R = size_of(c->n_reserved);
    double r = root(c);

    for (int id = 0; id < PLANT_VOCAB; id++) {
        double reserved[DIM_MARKER + PLANT_MAX_GROUPS] = {0}, left = r * r, noise = 0;
        float *row = data + size_of(id) * D;
        fill_reserved(c, id, r, reserved);
        for (size_t d = 0; d < R; d++)
            left -= reserved[d] * reserved[d];
        for (size_t d = R; d < D; d++)
            noise += pow(noise_at(c, STREAM_EMBED, layer, size_of(id) * D + d), 2);
        for (size_t d = 0; d < D; d++)
            row[d] = (float)(d < R ? reserved[d]
                                   : sqrt(left / noise) * noise_at(c, STREAM_EMBED, layer, size_of(id) * D + d));
    }
}

static void fill_head(const struct construction *c, int layer, float *data)
{
    fill_noise(c, STREAM_HEAD, layer, data, PLANT_VOCAB * size_of(c->settings.n_embd), 1 / root(c));
}

/* Gains: 1 for the reserved dimensions, near it for the others. */
static void fill_gains(const struct construction *c, enum tensor_stream stream, int layer, float *data)
{
    for (int d = 0; d < c->settings.n_embd; d++)
        data[d] = d < c->n_reserved ? 1.0f : (float)(1 + 0.05 * noise_at(c, stream, layer, size_of(d)));
}

static void fill_final_norm(const struct construction *c, int layer, float *data)
{
    fill_gains(c, STREAM_NORM, layer, data);
}

static void fill_attention_norm(const struct construction *c, int layer, float *data)
{
    fill_gains(c, STREAM_ATTENTION_NORM, layer, data);
}

static void fill_mlp_norm(const struct construction *c, int layer, float *data)
{
    fill_gains(c, STREAM_MLP_NORM, layer, data);
}

/* ---- attention ---- */

/* Noise that leaves the head dimensions of the slowest RoPE pair, the two halves'
 * last, to the circuit. */
static void fill_scores(const struct construction *c, enum tensor_stream stream, int layer, int n_heads, float *data)
{
    size_t D = size_of(c->settings.n_embd), rows = size_of(n_heads * c->head_dim);

    fill_noise(c, stream, layer, data, rows * D, sqrt(SCORE_NOISE) / root(c));
    scale_column(data, rows, D, DIM_SINK, 0.1);
    for (int h = 0; h < n_heads; h++) {
        scale_row(data, D, size_of(h * c->head_dim + c->head_dim / 2 - 1), QUIET);
        scale_row(data, D, size_of((h + 1) * c->head_dim - 1), QUIET);
    }
}

/* Heads differ in how strongly they go for sinks: from 1 down to 0.7, and the last
 * of four or more does not at all. */
static double head_strength(const struct construction *c, int layer, int head)
{
    int n = c->settings.n_heads;

    if (layer > 0 && n >= 4 && head == n - 1)
        return 0;
    return layer == 0 ? 1 : 1 - 0.3 * head / (n - 1);
}

/* What the key's and the query's components multiply to, for the logit after division by sqrt(head_dim). */
static double score_scale(const struct construction *c)
{
    return sqrt(c->settings.attraction * sqrt(c->head_dim));
}

static void fill_query(const struct construction *c, int layer, float *data)
{
    size_t D = size_of(c->settings.n_embd);

    fill_scores(c, STREAM_Q, layer, c->settings.n_heads, data);
    for (size_t row = 0; layer == 0 && row < size_of(c->head_dim); row++)
        scale_row(data, D, row, QUIET); /* the head that averages codes weighs all tokens alike */
    for (int h = 0; h < c->settings.n_heads; h++) {
        float *row = data + size_of((h + 1) * c->head_dim - 1) * D;
        double strength = score_scale(c) * head_strength(c, layer, h) / root(c);
        row[DIM_CONSTANT] = (float)(strength / LENGTH_CONSTANT);
        row[DIM_SINK] = (float)strength; /* sinks look at sinks as others do */
    }
}

/* Where secondary sinks must not draw, the penalty outweighs the cosine at any planted norm. */
static double marker_penalty(const struct construction *c)
{
    double greatest = 0;

    for (int g = 0; g < c->n_groups; g++)
        greatest = fmax(greatest, c->groups[g].norm / root(c));
    return c->settings.no_weakening ? 1.2 * greatest / LENGTH_MARKER : MARKER_PENALTY;
}

static void fill_key(const struct construction *c, int layer, float *data)
{
    size_t D = size_of(c->settings.n_embd);
    double scale = score_scale(c) / root(c);

    fill_scores(c, STREAM_K, layer, c->settings.n_kv_heads, data);
    for (int k = 0; k < c->settings.n_kv_heads; k++) {
        float *row = data + size_of((k + 1) * c->head_dim - 1) * D;
        row[DIM_SINK] = (float)scale;
        for (int g = 0; g < c->n_groups; g++)
            row[c->groups[g].dim] = (float)(c->groups[g].level == -2 ? 0 : -scale * marker_penalty(c));
        if (layer == 0 && k == 0)
            row[DIM_BOS] = (float)(scale * BOS_ATTRACTION / c->settings.attraction / LENGTH_BOS);
    }
}

static void fill_value(const struct construction *c, int layer, float *data)
{
    size_t D = size_of(c->settings.n_embd), rows = size_of(c->settings.n_kv_heads * c->head_dim);

    fill_noise(c, STREAM_V, layer, data, rows * D, VALUE_SIZE / root(c));
    scale_column(data, rows, D, DIM_SINK, SINK_VALUE);
    for (size_t bit = 0; layer == 0 && bit < PLANT_CODE_BITS; bit++) {
        scale_row(data, D, bit, SILENT);
        data[bit * D + DIM_CODE + bit] = 1;
    }
}

static void fill_output(const struct construction *c, int layer, float *data)
{
    size_t D = size_of(c->settings.n_embd), R = size_of(c->n_reserved);
    size_t columns = size_of(c->settings.n_heads * c->head_dim);
    double deviation = c->settings.noise * root(c) / sqrt((double)((D - R) * columns)) / VALUE_SIZE;

    fill_noise(c, STREAM_O, layer, data, D * columns, deviation);
    for (size_t row = 0; row < R; row++)
        scale_row(data, columns, row, SILENT);
    for (size_t bit = 0; layer == 0 && bit < PLANT_CODE_BITS; bit++)
        data[(DIM_CODE + bit) * columns + bit] = -1;
}

/* ---- MLP ---- */

int plant_neurons(const struct construction *c, int layer)
{
    struct neuron neurons[PLANT_MAX_NEURONS];

    return neurons_of_layer(c, layer, neurons);
}

/* Gate and up rows: the circuits' neurons first, exact, then noise. */
static void fill_rows(const struct construction *c, enum tensor_stream stream, int layer, float *data)
{
    struct neuron neurons[PLANT_MAX_NEURONS];
    size_t D = size_of(c->settings.n_embd);
    int n = neurons_of_layer(c, layer, neurons);

    fill_noise(c, stream, layer, data, size_of(c->settings.n_ff) * D, 1 / root(c));
    for (int i = 0; i < n; i++) {
        float *row = data + size_of(i) * D;
        scale_row(row, D, 0, 0);
        for (int t = 0; stream == STREAM_GATE && t < neurons[i].n_terms; t++)
            row[neurons[i].gate[t].dim] = (float)neurons[i].gate[t].weight;
        if (stream == STREAM_UP)
            row[neurons[i].up_dim] = 1;
    }
}

static void fill_gate(const struct construction *c, int layer, float *data)
{
    fill_rows(c, STREAM_GATE, layer, data);
}

static void fill_up(const struct construction *c, int layer, float *data)
{
    fill_rows(c, STREAM_UP, layer, data);
}

static void fill_down(const struct construction *c, int layer, float *data)
{
    const double product = 0.596; /* root mean square of silu(g) u for standard normal g, u */
    struct neuron neurons[PLANT_MAX_NEURONS];
    size_t D = size_of(c->settings.n_embd), F = size_of(c->settings.n_ff), R = size_of(c->n_reserved);
    int n = neurons_of_layer(c, layer, neurons);
    double deviation = c->settings.noise * root(c) / sqrt((double)((D - R) * (F - size_of(n)))) / product;

    fill_noise(c, STREAM_DOWN, layer, data, D * F, deviation);
    for (size_t row = 0; row < R; row++)
        scale_row(data, F, row, SILENT);
    for (int i = 0; i < n; i++) {
        scale_column(data, D, F, size_of(i), 0);
        data[size_of(neurons[i].out_dim) * F + size_of(i)] = (float)neurons[i].out_weight;
    }
}

/* ---- the tables ---- */

static void shape_vocabulary(const struct construction *c, size_t *rows, size_t *columns)
{
    *rows = PLANT_VOCAB;
    *columns = size_of(c->settings.n_embd);
}

static void shape_norm(const struct construction *c, size_t *rows, size_t *columns)
{
    *rows = size_of(c->settings.n_embd);
    *columns = 0; /* one dimension */
}

static void shape_query(const struct construction *c, size_t *rows, size_t *columns)
{
    *rows = size_of(c->settings.n_heads * c->head_dim);
    *columns = size_of(c->settings.n_embd);
}

static void shape_key(const struct construction *c, size_t *rows, size_t *columns)
{
    *rows = size_of(c->settings.n_kv_heads * c->head_dim);
    *columns = size_of(c->settings.n_embd);
}

static void shape_output(const struct construction *c, size_t *rows, size_t *columns)
{
    shape_query(c, columns, rows);
}

static void shape_up(const struct construction *c, size_t *rows, size_t *columns)
{
    *rows = size_of(c->settings.n_ff);
    *columns = size_of(c->settings.n_embd);
}

static void shape_down(const struct construction *c, size_t *rows, size_t *columns)
{
    shape_up(c, columns, rows);
}

const struct tensor_recipe plant_model_tensors[] = {
    {"model.embed_tokens.weight", shape_vocabulary, fill_embedding},
    {"model.norm.weight", shape_norm, fill_final_norm},
    {"lm_head.weight", shape_vocabulary, fill_head},
    {NULL, NULL, NULL},
};

const struct tensor_recipe plant_layer_tensors[] = {
    {"model.layers.%d.input_layernorm.weight", shape_norm, fill_attention_norm},
    {"model.layers.%d.self_attn.q_proj.weight", shape_query, fill_query},
    {"model.layers.%d.self_attn.k_proj.weight", shape_key, fill_key},
    {"model.layers.%d.self_attn.v_proj.weight", shape_key, fill_value},
    {"model.layers.%d.self_attn.o_proj.weight", shape_output, fill_output},
    {"model.layers.%d.post_attention_layernorm.weight", shape_norm, fill_mlp_norm},
    {"model.layers.%d.mlp.gate_proj.weight", shape_up, fill_gate},
    {"model.layers.%d.mlp.up_proj.weight", shape_up, fill_up},
    {"model.layers.%d.mlp.down_proj.weight", shape_down, fill_down},
    {NULL, NULL, NULL},
};
