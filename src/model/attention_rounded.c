/* Attention in bfloat16, step by step as the reference's eager implementation: scores,
 * scaled scores and weights are each rounded, the softmax between is in float32. The
 * weights of a row are final before they meet the values, so all its scores come first. */
#include <math.h>
#include <string.h>

#include "base/bf16.h"
#include "model/attention_tile.h"

static void scale_rounded(size_t n, float scale, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(bf16_round(x[i]) * scale);
}

/* Scores of a block as the softmax sees them. */
static void round_scores(const struct tile *tile, size_t b, size_t n)
{
    for (size_t r = 0; r < tile->n; r++) {
        float *row = tile_weights(tile, b) + r * TILE_STRIDE;
        scale_rounded(n, tile->settings->scale, row);
        if (tile->settings->softcap > 0)
            tile->kernel->tanh_cap(n, tile->settings->softcap, row);
    }
}

static float row_maximum(const struct tile *tile, size_t r)
{
    float most = -INFINITY;

    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        size_t lo, hi;
        tile_visible_keys(tile, b, r, &lo, &hi);
        float here = tile->kernel->largest(hi - lo, tile_weights(tile, b) + r * TILE_STRIDE + lo);
        most = here > most ? here : most;
    }
    return most;
}

/* gpt-oss subtracts the maximum before its softmax does, and rounds. */
static float below_maximum(const struct tile *tile, float score, float most)
{
    return tile->settings->sinks ? bf16_round(score - most) : score - most;
}

/* exp(score - most) of the visible keys, 0 for the others; returns the sum. */
static float exponentiate_row(const struct tile *tile, size_t r, float most)
{
    const float log2e = (float)ATTENTION_LOG2E;
    float sum = 0;

    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        float *row = tile_weights(tile, b) + r * TILE_STRIDE;
        size_t lo, hi;
        tile_visible_keys(tile, b, r, &lo, &hi);
        memset(row, 0, lo * sizeof *row);
        memset(row + hi, 0, (KERNEL_DEPTH - hi) * sizeof *row);
        for (size_t j = lo; j < hi; j++)
            row[j] = below_maximum(tile, row[j], most) * log2e;
        sum += tile->kernel->exp2_shifted(hi - lo, 0.0f, row + lo);
    }
    return sum;
}

static void weigh_row(const struct tile *tile, size_t r, float *learned)
{
    float most = row_maximum(tile, r), sink = 0;

    if (tile->settings->sinks) {
        sink = bf16_round(tile->settings->sinks[tile->head]);
        most = sink > most ? sink : most;
        sink = below_maximum(tile, sink, most) * (float)ATTENTION_LOG2E;
        tile->kernel->exp2_shifted(1, 0.0f, &sink);
    }
    float inverse = 1.0f / (exponentiate_row(tile, r, most) + sink);
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        float *row = tile_weights(tile, b) + r * TILE_STRIDE;
        for (size_t j = 0; j < KERNEL_DEPTH; j++)
            row[j] = bf16_round(row[j] * inverse);
    }
    if (tile->settings->sinks)
        *learned += bf16_round(sink * inverse);
}

static void put_output(const struct tile *tile, float *out, size_t ldo)
{
    size_t dim = tile->settings->head_dim;

    for (size_t r = 0; r < tile->n; r++)
        for (size_t d = 0; d < dim; d++)
            out[r * ldo + d] = bf16_round(tile->out[r * kernel_pad(dim) + d]);
}

void tile_apply_rounded(struct tile *tile, const struct attention_rows *sample, float *sums)
{
    size_t row = tile->first - sample->begin, at = tile->head * tile->settings->head_dim;
    float ones[TILE_ROWS];

    tile->key_block = tile_first_block(tile);
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        size_t n = tile_score_block(tile, b, sample->query + row * sample->ldq + at, sample->ldq);
        round_scores(tile, b, n);
    }
    for (size_t r = 0; r < tile->n; r++) {
        weigh_row(tile, r, &sums[tile->cache->n_tokens]);
        ones[r] = 1.0f;
    }
    for (size_t b = tile->key_block; b <= tile_last_block(tile); b++) {
        tile_add_values(tile, b, tile->kernel->fixed_shapes ? KERNEL_DEPTH : tile_block_keys(tile, b));
        tile->kernel->add_columns(tile->n, tile_block_keys(tile, b), tile_weights(tile, b), TILE_STRIDE, ones,
                                  sums + b * KERNEL_DEPTH);
    }
    put_output(tile, sample->out + row * sample->ldo + at, sample->ldo);
}
