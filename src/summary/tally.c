#include "summary/tally.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "summary/statistics.h"

void tally_init(struct tally *tally, const char *family, const char *model, uint64_t n_params, int n_layers,
                int n_heads, enum detect_rule rule)
{
    *tally = (struct tally){.family = xstrdup(family),
                            .model = xstrdup(model),
                            .n_params = n_params,
                            .n_layers = n_layers,
                            .n_heads = n_heads,
                            .rule = rule};
    depth_profile_init(&tally->profile, n_layers);
}

void tally_clear(struct tally *tally)
{
    free(tally->family);
    free(tally->model);
    free(tally->fingerprint);
    free(tally->primaries.items);
    free(tally->secondaries.items);
    free(tally->primary_score.values);
    free(tally->secondary_score.values);
    free(tally->background_median.values);
    free(tally->background_q99.values);
    depth_profile_clear(&tally->profile);
    *tally = (struct tally){0};
}

float *layer_table_grow(struct layer_table *table, int n_layers)
{
    size_t width = (size_t)n_layers;

    table->values = array_grow(table->values, table->n, &table->capacity, width * sizeof *table->values);
    float *row = table->values + table->n++ * width;
    for (size_t l = 0; l < width; l++)
        row[l] = NAN;
    return row;
}

struct level_sink *sink_list_grow(struct sink_list *list, int sample, const struct sink_label *label)
{
    list->items = array_grow(list->items, list->n, &list->capacity, sizeof *list->items);
    struct level_sink *sink = &list->items[list->n++];
    *sink = (struct level_sink){.sample = sample,
                                .l_start = label->l_start,
                                .l_end = label->l_end,
                                .lifetime = label->lifetime,
                                .level = -1,
                                .sink_score = label->sink_score,
                                .mlp_norm = label->mlp_norm,
                                .cos_mlp = label->cos_mlp,
                                .hidden_norm = label->hidden_norm,
                                .cos_before = NAN};
    return sink;
}

/* Claim (b): alignment of the MLP's output with the primary over the four layers
 * before l_start. Rows that were not kept (record "candidates" keeps those that align)
 * stand for themselves by the mean over all tokens of that layer. */
static void set_before(struct level_sink *to, const struct sample_record *record, int position, int candidate)
{
    struct mean_sum mean = {0};

    for (int l = to->l_start + OFFSET_MIN; l < to->l_start; l++) {
        if (l < 0)
            continue;
        const struct layer_record *layer = &record->layers[l];
        int row = layer_record_find(layer, position);
        int column = quantity_column(QUANTITY_COS_MLP_HIDDEN, candidate, record->n_candidates);
        double value = row < 0 ? (double)layer->summary[column].mean
                               : fabs((double)record_value(record, layer, row, QUANTITY_COS_MLP_HIDDEN, candidate));
        mean_sum_add(&mean, value);
        to->own_before += row >= 0 && !isnan(value);
    }
    to->n_before = (int)mean.n;
    to->cos_before = mean_sum_value(&mean);
}

/* Scores of the primary and of what lives beside it, layer by layer. */
static void add_scores(struct tally *tally, const struct sample_record *record, const struct sample_sinks *found)
{
    float *primary = layer_table_grow(&tally->primary_score, tally->n_layers);
    float *secondary = layer_table_grow(&tally->secondary_score, tally->n_layers);

    for (int l = 0; l < tally->n_layers && found->why == PRIMARY_FOUND; l++) {
        const struct layer_record *layer = &record->layers[l];
        int row = layer_record_find(layer, found->primary.position);
        primary[l] = row < 0 ? NAN : record_value(record, layer, row, QUANTITY_SINK_SCORE, 0);
        for (int i = 0; i < found->n_sinks; i++) {
            const struct sink *sink = &found->sinks[i];
            if (sink->label[tally->rule].kind != SINK_SECONDARY || !(sink->listed[l] & 1 << tally->rule))
                continue;
            row = layer_record_find(layer, sink->position);
            float score = record_value(record, layer, row, QUANTITY_SINK_SCORE, 0);
            secondary[l] = isnan(secondary[l]) ? score : secondary[l] + score;
        }
    }
}

static void add_background(struct tally *tally, const struct sample_record *record, const struct sample_sinks *found)
{
    float *median = layer_table_grow(&tally->background_median, tally->n_layers);
    float *q99 = layer_table_grow(&tally->background_q99, tally->n_layers);

    for (int l = 0; l < tally->n_layers && found->candidate >= 0; l++) {
        int column = quantity_column(QUANTITY_COS_PRIMARY, found->candidate, record->n_candidates);
        median[l] = record->layers[l].summary[column].q50;
        q99[l] = record->layers[l].summary[column].q99;
    }
}

static bool is_secondary(const struct tally *tally, const struct sink *sink)
{
    return sink->label[tally->rule].kind == SINK_SECONDARY;
}

struct id_count {
    int32_t id, occurrences; /* of it in the sample */
};

static int compare_ids(const void *a, const void *b)
{
    const struct id_count *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

/* Each token id once, however many of its occurrences became sinks. */
static void add_same_ids(struct tally *tally, const struct unit_sample *tokens, const struct sample_sinks *found)
{
    struct id_count *ids = xcalloc((size_t)found->n_sinks, sizeof *ids);
    int n = 0;

    for (int i = 0; i < found->n_sinks; i++) {
        int token = found->sinks[i].token;
        if (is_secondary(tally, &found->sinks[i]))
            ids[n++] = (struct id_count){tokens->token_id[token], tokens->occurrences[token]};
    }
    if (n)
        qsort(ids, (size_t)n, sizeof *ids, compare_ids);
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && ids[end].id == ids[begin].id; end++)
            ;
        tally->control.same_id_sinks += end - begin;
        tally->control.same_id_others += ids[begin].occurrences - (end - begin);
    }
    free(ids);
}

static void add_controls(struct tally *tally, const struct sample_record *record, const struct sample_sinks *found)
{
    const struct layer_record *layer = &record->layers[0]; /* the same positions at every layer */

    for (int r = 0; r < layer->n_rows; r++) {
        if (!(layer->reason[r] & ROW_CONTROL))
            continue;
        tally->control.controls++;
        tally->control.controls_listed += sample_sinks_at(found, layer->position[r]) != NULL;
    }
}

static void add_sinks(struct tally *tally, const struct sample_record *record, const struct sample_sinks *found)
{
    sink_list_grow(&tally->primaries, tally->n_samples, &found->primary.label[tally->rule]);
    for (int i = 0; i < found->n_sinks; i++) {
        const struct sink *sink = &found->sinks[i];
        for (int rule = 0; rule < N_RULES; rule++)
            tally->kinds[rule][sink->label[rule].kind]++;
        if (is_secondary(tally, sink))
            set_before(sink_list_grow(&tally->secondaries, tally->n_samples, &sink->label[tally->rule]), record,
                       sink->position, found->candidate);
    }
}

void tally_add(struct tally *tally, const struct unit *unit, int sample, const struct sample_sinks *found,
               double epsilon)
{
    const struct sample_record *record = &unit->measurement.samples[sample];

    tally->why[found->why]++;
    for (int rule = 0; rule < N_RULES; rule++)
        tally->kinds[rule][found->primary.label[rule].kind]++;
    if (found->why != NO_PRIMARY_RANGE) {
        add_scores(tally, record, found);
        add_background(tally, record, found);
        sink_rate_add(&tally->sink_rate, unit, sample, epsilon);
    } else { /* keeps the tables' rows in step with the samples */
        layer_table_grow(&tally->primary_score, tally->n_layers);
        layer_table_grow(&tally->secondary_score, tally->n_layers);
        layer_table_grow(&tally->background_median, tally->n_layers);
        layer_table_grow(&tally->background_q99, tally->n_layers);
    }
    if (found->why == PRIMARY_FOUND) {
        add_sinks(tally, record, found);
        add_same_ids(tally, &unit->samples[sample], found);
        add_controls(tally, record, found);
        depth_profile_add(&tally->profile, unit, sample, found, tally->rule);
    }
    tally->n_samples++;
    tally->n_tokens += record->n_tokens;
}

/* ---- what follows from it ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct level_sink *x = a, *y = b;

    if (x->l_start != y->l_start)
        return x->l_start < y->l_start ? -1 : 1;
    return (x->lifetime > y->lifetime) - (x->lifetime < y->lifetime);
}

bool tally_primary_range(const struct tally *tally, int *start, int *end)
{
    size_t n = tally->primaries.n, most = 0;
    struct level_sink *sorted = xcalloc(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = tally->primaries.items[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, compare_ranges);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && compare_ranges(&sorted[i], &sorted[next]) == 0; next++)
            ;
        if (next - i <= most)
            continue;
        most = next - i;
        *start = sorted[i].l_start;
        *end = sorted[i].l_start + sorted[i].lifetime;
    }
    free(sorted);
    return most > 0;
}

double tally_median(const struct tally *tally, const struct layer_table *table, int layer)
{
    double *column = xcalloc(table->n, sizeof *column);
    size_t n = 0;

    for (size_t i = 0; i < table->n; i++) {
        float value = table->values[i * (size_t)tally->n_layers + (size_t)layer];
        if (!isnan(value))
            column[n++] = (double)value;
    }
    double median = statistics_median(column, n);
    free(column);
    return median;
}
