#include "model/rope.h"

#include <math.h>

#include "base/bf16.h"
#include "base/memory.h"

bool rope_depends_on_length(const struct rope *rope)
{
    return rope->scaling == ROPE_SCALING_DYNAMIC || rope->scaling == ROPE_SCALING_LONGROPE;
}

static int pair_count(const struct rope *rope)
{
    return (rope->n_dims + 1) / 2;
}

/* base^(-2 i / n_dims), in float32 as transformers computes it. */
static void plain_frequencies(double theta, int n_dims, float *frequencies)
{
    for (int i = 0; i < (n_dims + 1) / 2; i++)
        frequencies[i] = 1.0f / powf((float)theta, (float)(2 * i) / (float)n_dims);
}

/* Wavelengths beyond the low-frequency bound are stretched by the factor, those
 * below the high-frequency bound kept, between them mixed (Llama 3.1). */
static void llama3_frequencies(const struct rope *rope, float *frequencies)
{
    const double two_pi = 6.283185307179586;
    double low = rope->low_freq_factor, high = rope->high_freq_factor;

    for (int i = 0; i < pair_count(rope); i++) {
        double f = frequencies[i], wavelength = two_pi / f;
        double smooth = (rope->original_positions / wavelength - low) / (high - low);
        if (wavelength > rope->original_positions / low)
            f /= rope->factor;
        else if (wavelength >= rope->original_positions / high)
            f = (1 - smooth) * f / rope->factor + smooth * f;
        frequencies[i] = (float)f;
    }
}

/* The base grows with the sequence beyond the original positions (NTK-aware). */
static double dynamic_theta(const struct rope *rope, int n_positions)
{
    double n = n_positions > rope->original_positions ? n_positions : rope->original_positions;
    double stretch = rope->factor * n / rope->original_positions - (rope->factor - 1);

    return rope->theta * pow(stretch, (double)rope->n_dims / (rope->n_dims - 2));
}

static double yarn_mscale(double scale, double mscale)
{
    return scale <= 1 ? 1 : 0.1 * mscale * log(scale) + 1;
}

/* Dimension whose wavelength makes `rotations` turns over the original positions. */
static double yarn_dimension(const struct rope *rope, double rotations)
{
    const double two_pi = 6.283185307179586;
    return rope->n_dims * log(rope->original_positions / (rotations * two_pi)) / (2 * log(rope->theta));
}

/* YaRN (Peng et al. 2023): frequencies that make fewer than beta_slow turns over the
 * original positions are divided by the factor, those above beta_fast turns kept. */
static void yarn_frequencies(const struct rope *rope, float *frequencies)
{
    double low = yarn_dimension(rope, rope->beta_fast), high = yarn_dimension(rope, rope->beta_slow);

    if (rope->truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0);
    high = fmin(high, rope->n_dims - 1);
    if (low == high)
        high += 0.001; /* as the reference, against a division by zero */
    for (int i = 0; i < pair_count(rope); i++) {
        double ramp = fmin(fmax((i - low) / (high - low), 0), 1);
        frequencies[i] = (float)(frequencies[i] / rope->factor * ramp + frequencies[i] * (1 - ramp));
    }
}

static double yarn_factor(const struct rope *rope)
{
    if (rope->attention_factor > 0)
        return rope->attention_factor;
    if (rope->mscale > 0 && rope->mscale_all_dim > 0)
        return yarn_mscale(rope->factor, rope->mscale) / yarn_mscale(rope->factor, rope->mscale_all_dim);
    return yarn_mscale(rope->factor, 1);
}

static void longrope_frequencies(const struct rope *rope, int n_positions, float *frequencies)
{
    const float *stretch = n_positions > rope->original_positions ? rope->long_factor : rope->short_factor;

    for (int i = 0; i < pair_count(rope); i++)
        frequencies[i] = 1.0f / (stretch[i] * powf((float)rope->theta, (float)(2 * i) / (float)rope->n_dims));
}

static double longrope_factor(const struct rope *rope)
{
    if (rope->attention_factor > 0)
        return rope->attention_factor;
    if (rope->factor <= 1)
        return 1;
    return sqrt(1 + log(rope->factor) / log(rope->original_positions));
}

void rope_frequencies(const struct rope *rope, int n_positions, float *frequencies, float *factor)
{
    *factor = 1.0f;
    plain_frequencies(rope->theta, rope->n_dims, frequencies);
    switch (rope->scaling) {
    case ROPE_SCALING_NONE:
        break;
    case ROPE_SCALING_LINEAR:
        for (int i = 0; i < pair_count(rope); i++)
            frequencies[i] /= (float)rope->factor;
        break;
    case ROPE_SCALING_DYNAMIC:
        plain_frequencies(dynamic_theta(rope, n_positions), rope->n_dims, frequencies);
        break;
    case ROPE_SCALING_LLAMA3:
        llama3_frequencies(rope, frequencies);
        break;
    case ROPE_SCALING_LONGROPE:
        longrope_frequencies(rope, n_positions, frequencies);
        *factor = (float)longrope_factor(rope);
        break;
    case ROPE_SCALING_FACTORS:
        for (int i = 0; i < pair_count(rope); i++)
            frequencies[i] /= rope->short_factor[i] * (float)rope->factor;
        break;
    case ROPE_SCALING_YARN:
        yarn_frequencies(rope, frequencies);
        *factor = (float)yarn_factor(rope);
        break;
    }
}

int rope_table_init(struct rope_table *table, const struct rope *rope, int n_positions, struct error *err)
{
    int half = pair_count(rope);
    size_t n = (size_t)n_positions * (size_t)half;
    float *frequencies = float_alloc((size_t)half, "rotary frequencies", err), factor;

    *table = (struct rope_table){.n_positions = n_positions, .half = half};
    table->cosine = float_alloc(n, "rotary table", err);
    table->sine = float_alloc(n, "rotary table", err);
    if (!frequencies || !table->cosine || !table->sine) {
        float_free(frequencies);
        rope_table_clear(table);
        return -1;
    }
    rope_frequencies(rope, n_positions, frequencies, &factor);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < n_positions; t++)
        for (int i = 0; i < half; i++) {
            float angle = (float)t * frequencies[i];
            table->cosine[t * half + i] = cosf(angle) * factor;
            table->sine[t * half + i] = sinf(angle) * factor;
        }
    float_free(frequencies);
    return 0;
}

void rope_table_clear(struct rope_table *table)
{
    float_free(table->cosine);
    float_free(table->sine);
    *table = (struct rope_table){0};
}

void rope_rotate(const struct rope_table *table, int position, int n_heads, int head_dim, float scale, float *row)
{
    int half = table->half;
    const float *cosine = table->cosine + (size_t)position * (size_t)half;
    const float *sine = table->sine + (size_t)position * (size_t)half;

    for (int h = 0; h < n_heads; h++) {
        float *x = row + h * head_dim;
        for (int i = 0; i < half; i++) {
            float a = x[i], b = x[i + half];
            x[i] = (a * cosine[i] - b * sine[i]) * scale;
            x[i + half] = (b * cosine[i] + a * sine[i]) * scale;
        }
        for (int i = 2 * half; i < head_dim; i++)
            x[i] *= scale;
    }
}

static void rotate_head_once(const float *cosine, const float *sine, int half, float *x)
{
    for (int i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = bf16_round(a * cosine[i] - b * sine[i]);
        x[i + half] = bf16_round(b * cosine[i] + a * sine[i]);
    }
}

static void rotate_head_rounded(const float *cosine, const float *sine, int half, float *x)
{
    for (int i = 0; i < half; i++) {
        float c = bf16_round(cosine[i]), s = bf16_round(sine[i]), a = x[i], b = x[i + half];
        x[i] = bf16_round(bf16_round(a * c) + bf16_round(-b * s));
        x[i + half] = bf16_round(bf16_round(b * c) + bf16_round(a * s));
    }
}

void rope_rotate_rounded(const struct rope_table *table, int position, int n_heads, int head_dim, bool once,
                         float *row)
{
    size_t at = (size_t)position * (size_t)table->half;

    for (int h = 0; h < n_heads; h++)
        (once ? rotate_head_once : rotate_head_rounded)(table->cosine + at, table->sine + at, table->half,
                                                        row + h * head_dim);
}
