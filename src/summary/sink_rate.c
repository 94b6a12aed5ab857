#include "summary/sink_rate.h"

#include <math.h>

/* Heads above epsilon at one position over all layers; -1 if a layer did not keep it
 * whatever it is (the first ones, those drawn by lot, all of a full record): rows kept
 * for what they are would raise the rate. */
static int64_t count_hits(const struct unit *unit, const struct sample_record *record, int position, double epsilon)
{
    int n_heads = unit->measurement.n_heads;
    int64_t hits = 0;

    for (int l = 0; l < unit->info.n_layers; l++) {
        const struct layer_record *layer = &record->layers[l];
        int row = layer_record_find(layer, position);
        if (row < 0 || !layer->alpha || !(layer->reason[row] & (ROW_FIRST | ROW_CONTROL | ROW_FULL)))
            return -1;
        for (int h = 0; h < n_heads; h++)
            hits += (double)layer->alpha[row * n_heads + h] > epsilon;
    }
    return hits;
}

void sink_rate_add(struct sink_rate *rate, const struct unit *unit, int sample, double epsilon)
{
    const struct sample_record *record = &unit->measurement.samples[sample];

    if (record->n_tokens > rate->most_tokens)
        rate->most_tokens = record->n_tokens;
    for (int p = 0; p < SINK_RATE_MAX_K && p < record->n_tokens; p++) {
        int64_t hits = count_hits(unit, record, p, epsilon);
        if (hits < 0)
            continue;
        rate->hits[p] += hits;
        rate->pairs[p] += (int64_t)unit->info.n_layers * unit->measurement.n_heads;
        rate->samples[p]++;
    }
}

double sink_rate_value(const struct sink_rate *rate, int k)
{
    return rate->pairs[k - 1] ? (double)rate->hits[k - 1] / (double)rate->pairs[k - 1] : NAN;
}
