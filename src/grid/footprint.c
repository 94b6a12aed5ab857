#include "grid/footprint.h"

#include <math.h>

#include "base/memory.h"
#include "model/forward.h"
#include "probe/quantity.h"

/* The program, its libraries and MPI's buffers: 30 MB were seen with one neighbour, 45 MB with several. */
static const uint64_t PROCESS_BYTES = UINT64_C(48) << 20;

uint64_t *footprint_layer_bytes(const struct model *model)
{
    int n = model->hparams.n_layers;
    uint64_t *before = xcalloc((size_t)n + 1, sizeof *before);

    for (int l = 0; l < n; l++)
        before[l + 1] = before[l] + model_layer_bytes(model, l);
    return before;
}

void footprint_init(struct footprint *footprint, const struct model *model, const uint64_t *bytes_before,
                    const int32_t *lengths, int n_samples)
{
    *footprint =
        (struct footprint){.model = model, .bytes_before = bytes_before, .lengths = lengths, .n_samples = n_samples};
    for (int i = 0; i < n_samples; i++) {
        footprint->n_tokens += lengths[i];
        footprint->longest = lengths[i] > footprint->longest ? lengths[i] : footprint->longest;
    }
}

double footprint_layer_flop(const struct footprint *footprint, int layer)
{
    const struct hparams *p = &footprint->model->hparams;
    double n_tokens = (double)footprint->n_tokens;
    double flop = model_layer_flop(footprint->model, layer) * n_tokens;

    for (int i = 0; i < footprint->n_samples; i++)
        flop += model_attention_flop(footprint->model, layer, footprint->lengths[i]);
    if (layer == 0)
        flop += n_tokens * p->n_embd;
    if (layer == p->n_layers - 1)
        flop += 4 * n_tokens * p->n_embd;
    return flop;
}

static int n_measured(const struct footprint *footprint, int begin, int end)
{
    int from = begin > footprint->measured.begin ? begin : footprint->measured.begin;
    int to = end < footprint->measured.end ? end : footprint->measured.end;

    return to > from ? to - from : 0;
}

uint64_t footprint_token_bytes(const struct model *model, int n_candidates)
{
    return sizeof(float) * (uint64_t)(quantity_columns(n_candidates) + model->hparams.n_heads);
}

/* Quantities of all tokens are held until a layer has seen the whole sample: with samples
 * that are cut into chunks, of all layers at a time. */
static uint64_t survey_bytes(const struct footprint *footprint, int n_layers)
{
    bool is_whole = footprint->chunk_tokens >= footprint->longest;
    uint64_t n_tokens = (uint64_t)(is_whole ? footprint->chunk_tokens : footprint->longest);

    return footprint->token_bytes * n_tokens * (uint64_t)(is_whole && n_layers > 1 ? 1 : n_layers);
}

/* Records lie in memory twice, as a measurement and packed to travel. */
uint64_t footprint_bytes(const void *context, int begin, int end)
{
    const struct footprint *footprint = context;
    int n_layers = n_measured(footprint, begin, end);

    return PROCESS_BYTES + footprint->bytes_before[end] - footprint->bytes_before[begin] +
           forward_bytes(footprint->model, begin, end, footprint->longest, footprint->chunk_tokens) +
           survey_bytes(footprint, n_layers) + 2 * footprint->layer_record_bytes * (uint64_t)n_layers;
}

/* A pipeline of S stages works through T tokens in chunks of c in (T / c + S - 1)
 * steps of (c + k) token times, where k is what a chunk costs by itself: widening
 * and packing the weights, messages. That is least at c = sqrt(T k / (S - 1)). The
 * unit is then cut evenly, in whole tiles of attention rows.
 * A single stage takes whole samples: its caches are those of one layer then. */
int footprint_chunk(int n_stages, int64_t stream_tokens, int64_t n_tokens, int longest)
{
    enum { CHUNK_OVERHEAD = 16, STEP = 24, LEAST = 72, GREATEST = 1200, PACKED = 4096 }; /* tokens */

    if (n_stages == 1) {
        int64_t packed = n_tokens < PACKED ? n_tokens : PACKED;
        return longest > packed ? longest : (int)packed;
    }
    double best = sqrt((double)stream_tokens * CHUNK_OVERHEAD / (n_stages - 1));
    int64_t most = best < LEAST ? LEAST : best > GREATEST ? GREATEST : (int64_t)best / STEP * STEP;
    int64_t n_chunks = (n_tokens + most - 1) / most, even = (n_tokens + n_chunks - 1) / n_chunks;
    return (int)(n_chunks == 1 ? n_tokens : (even + STEP - 1) / STEP * STEP);
}
