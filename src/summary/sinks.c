#include "summary/sinks.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "grid/prompts.h"

const char *const sink_kind_names[N_SINK_KINDS] = {
    [SINK_NONE] = "none",
    [SINK_PRIMARY] = "primary",
    [SINK_PRIMARY_LIKE] = "primary-like",
    [SINK_SECONDARY] = "secondary",
    [SINK_NOISE] = "noise",
    [SINK_NOT_LISTED] = "not listed",
    [SINK_MISSING] = "",
};

const char *const detect_rule_names[N_RULES] = {[RULE_PAPER] = "paper", [RULE_RELATIVE] = "relative"};

const char *const no_primary_texts[N_NO_PRIMARY] = {
    [PRIMARY_FOUND] = "found",
    [NO_PRIMARY_SHALLOW] = "fewer than 3 layers",
    [NO_PRIMARY_LATE] = "the norm rises most at the last layer",
    [NO_PRIMARY_CANDIDATE] = "shorter than every candidate's position",
    [NO_PRIMARY_NONFINITE] = "norms that are not finite",
    [NO_PRIMARY_RANGE] = "not all layers were measured",
    [NO_PRIMARY_RECORD] = "the record names none",
};

enum {
    PAPER_PRIMARY_MARGIN = 15, /* of the paper's code: n >= L - 15 */
    PAPER_NOISE = 4,           /* n <= 4 */
};

enum sink_kind sink_kind_paper(int n, int n_layers)
{
    if (n >= n_layers - PAPER_PRIMARY_MARGIN)
        return SINK_PRIMARY_LIKE;
    return n > PAPER_NOISE ? SINK_SECONDARY : SINK_NOISE;
}

/* n >= 0.7 s, n >= max(2, 0.1 s), in integers. */
enum sink_kind sink_kind_relative(int n, int s)
{
    if (10 * n >= 7 * s)
        return SINK_PRIMARY_LIKE;
    return n >= 2 && 10 * n >= s ? SINK_SECONDARY : SINK_NOISE;
}

bool unit_is_complete(const struct unit_info *info)
{
    return info->layer_begin == 0 && info->layer_end == info->n_layers;
}

float record_value(const struct sample_record *sample, const struct layer_record *layer, int row,
                   enum quantity quantity, int candidate)
{
    int columns = quantity_columns(sample->n_candidates);

    return layer->values[row * columns + quantity_column(quantity, candidate, sample->n_candidates)];
}

/* ---- the primary ---- */

/* Everything that the steps below share. */
struct search {
    const struct unit *unit;
    const struct unit_sample *tokens;
    const struct sample_record *sample;
    const struct detect_settings *detect;
    int n_layers;
};

/* Layer l as the paper's code sees its states: the last one after the final norm. */
static const struct layer_record *state_record(const struct search *s, int layer)
{
    return &s->sample->layers[layer == s->n_layers - 1 ? s->n_layers : layer];
}

static int check_layers(const struct search *s, struct error *err)
{
    if (s->sample->n_layers != s->n_layers + 1)
        return fail(err, "sample %d has %d records of %d layers and the final norm", s->sample->sample,
                    s->sample->n_layers, s->n_layers);
    return 0; /* they ascend and end at n_layers, so each is in its place */
}

static int check_thresholds(const struct search *s, struct error *err)
{
    const struct unit_info *info = &s->unit->info;

    if (!info->record_full && s->detect->cosine < info->record_cosine)
        return fail(err, "detect.cosine = %g is below record_cosine = %g, with which sample %d of %s was recorded",
                    s->detect->cosine, info->record_cosine, s->sample->sample, info->model);
    return 0;
}

/* Norms of the state at a position, (n_layers). */
static int read_norms(const struct search *s, int position, double *norms, struct error *err)
{
    for (int l = 0; l < s->n_layers; l++) {
        const struct layer_record *layer = state_record(s, l);
        int row = layer_record_find(layer, position);
        if (row < 0)
            return fail(err, "sample %d: candidate %d has no row at layer %d", s->sample->sample, position, l);
        norms[l] = (double)record_value(s->sample, layer, row, QUANTITY_HIDDEN_NORM, 0);
    }
    return 0;
}

static double mean_norm(const double *norms, int n)
{
    double sum = 0;

    for (int l = 0; l < n; l++)
        sum += norms[l];
    return sum / n;
}

static int candidate_index(const struct search *s, int position)
{
    for (int c = 0; c < s->sample->n_candidates; c++)
        if (s->sample->candidate[c] == position)
            return c;
    return -1;
}

/* Step 1: the candidate with the largest mean norm, the first of equals. */
static int choose_primary(const struct search *s, struct sample_sinks *found, double *norms, struct error *err)
{
    int positions[MAX_CANDIDATES];
    int n = sample_candidates(s->detect, s->tokens->templated, s->sample->n_tokens, positions);
    double best = -INFINITY;

    found->why = n ? NO_PRIMARY_NONFINITE : NO_PRIMARY_CANDIDATE;
    for (int c = 0; c < n; c++) {
        int index = candidate_index(s, positions[c]);
        if (index < 0)
            return fail(err, "detect.candidates: position %d was not measured as a candidate in sample %d of %s",
                        positions[c], s->sample->sample, s->unit->info.model);
        if (read_norms(s, positions[c], norms, err))
            return -1;
        double mean = mean_norm(norms, s->n_layers);
        if (mean > best) { /* false for NaN */
            best = mean;
            found->candidate = index;
            found->primary.position = positions[c];
            found->why = PRIMARY_FOUND;
        }
    }
    return found->candidate < 0 ? 0 : read_norms(s, found->primary.position, norms, err);
}

/* Step 2: from the greatest rise of the norm to the greatest fall behind it. */
static void find_layers(const double *norms, int n_layers, struct sample_sinks *found)
{
    int rise = 0, fall;

    if (n_layers < 3) {
        found->why = NO_PRIMARY_SHALLOW;
        return;
    }
    for (int l = 1; l < n_layers - 1; l++)
        if (norms[l + 1] - norms[l] > norms[rise + 1] - norms[rise])
            rise = l;
    fall = rise + 1;
    if (fall > n_layers - 2) {
        found->why = NO_PRIMARY_LATE;
        return;
    }
    for (int l = fall + 1; l < n_layers - 1; l++)
        if (norms[l + 1] - norms[l] < norms[fall + 1] - norms[fall])
            fall = l;
    found->start = rise + 1;
    found->end = fall + 1;
}

/* ---- the tokens that are listed ---- */

/* Step 3 at one layer: bits of the rules that list each token, at listed[token * L + layer].
 * The last layer, and with it the final norm, never counts here: end <= L - 1. */
static void list_layer(const struct search *s, const struct sample_sinks *found, int layer, uint8_t *listed)
{
    const struct layer_record *record = &s->sample->layers[layer];
    int column = quantity_column(QUANTITY_HIDDEN_NORM, 0, s->sample->n_candidates);
    double least = s->detect->norm_ratio * (double)record->summary[column].q50;

    for (int row = 0, token = 0; row < record->n_rows; row++) {
        int position = record->position[row];
        double cosine = (double)record_value(s->sample, record, row, QUANTITY_COS_PRIMARY, found->candidate);
        if (position <= found->primary.position || !(fabs(cosine) > s->detect->cosine))
            continue;
        bool outstanding = (double)record_value(s->sample, record, row, QUANTITY_HIDDEN_NORM, 0) >= least;
        while (s->tokens->position[token] < position)
            token++;
        listed[token * s->n_layers + layer] = (uint8_t)(1 << RULE_PAPER | (outstanding ? 1 << RULE_RELATIVE : 0));
    }
}

static double quantity_at(const struct search *s, int layer, int position, enum quantity quantity, int candidate)
{
    const struct layer_record *record = &s->sample->layers[layer];
    int row = layer_record_find(record, position);

    return row < 0 ? NAN : (double)record_value(s->sample, record, row, quantity, candidate);
}

/* Mean of what is there over the layers that a rule lists. */
static double mean_over_listed(const struct search *s, const struct sink *sink, enum detect_rule rule,
                               enum quantity quantity)
{
    double sum = 0;
    int n = 0;

    for (int l = 0; l < s->n_layers; l++) {
        double value = sink->listed[l] & 1 << rule ? quantity_at(s, l, sink->position, quantity, 0) : NAN;
        sum += isnan(value) ? 0 : value;
        n += !isnan(value);
    }
    return n ? sum / n : NAN;
}

static const struct sink_label unlisted = {SINK_NOT_LISTED, -1, -1, 0, NAN, NAN, NAN, NAN};

/* First layer and number of layers that a rule lists, with what is reported of them. */
static void describe(const struct search *s, const struct sample_sinks *found, struct sink *sink, enum detect_rule rule)
{
    struct sink_label *label = &sink->label[rule];

    *label = unlisted;
    for (int l = s->n_layers - 1; l >= 0; l--)
        if (sink->listed[l] & 1 << rule) {
            label->l_end = label->lifetime ? label->l_end : l + 1;
            label->l_start = l;
            label->lifetime++;
        }
    if (label->lifetime == 0)
        return;
    label->sink_score = mean_over_listed(s, sink, rule, QUANTITY_SINK_SCORE);
    label->hidden_norm = mean_over_listed(s, sink, rule, QUANTITY_HIDDEN_NORM);
    label->mlp_norm = quantity_at(s, label->l_start, sink->position, QUANTITY_MLP_NORM, 0);
    label->cos_mlp = quantity_at(s, label->l_start, sink->position, QUANTITY_COS_MLP_HIDDEN, found->candidate);
}

/* Step 4. */
static void classify(const struct search *s, const struct sample_sinks *found, struct sink *sink)
{
    for (int rule = 0; rule < N_RULES; rule++) {
        describe(s, found, sink, (enum detect_rule)rule);
        struct sink_label *label = &sink->label[rule];
        if (label->lifetime)
            label->kind = rule == RULE_PAPER ? sink_kind_paper(label->lifetime, s->n_layers)
                                             : sink_kind_relative(label->lifetime, found->end - found->start);
    }
}

static void describe_primary(const struct search *s, struct sample_sinks *found, uint8_t *listed)
{
    struct sink *primary = &found->primary;

    primary->listed = listed;
    for (int l = found->start; l < found->end; l++)
        listed[l] = (1 << N_RULES) - 1;
    for (int rule = 0; rule < N_RULES; rule++) {
        describe(s, found, primary, (enum detect_rule)rule);
        primary->label[rule].kind = SINK_PRIMARY;
    }
}

static bool is_listed(const uint8_t *listed, int n_layers)
{
    for (int l = 0; l < n_layers; l++)
        if (listed[l])
            return true;
    return false;
}

/* One row of bits a recorded token, and one more for the primary. */
static void list_tokens(const struct search *s, struct sample_sinks *found)
{
    int n = s->tokens->n_tokens_recorded, L = s->n_layers;

    found->listed = xcalloc((size_t)(n + 1) * (size_t)L, 1);
    found->sinks = xcalloc((size_t)n, sizeof *found->sinks);
    for (int l = found->start; l < found->end; l++)
        list_layer(s, found, l, found->listed);
    for (int t = 0; t < n; t++) {
        const uint8_t *listed = found->listed + (size_t)t * (size_t)L;
        if (!is_listed(listed, L))
            continue;
        struct sink *sink = &found->sinks[found->n_sinks++];
        *sink = (struct sink){.position = s->tokens->position[t], .token = t, .listed = listed};
        classify(s, found, sink);
    }
    describe_primary(s, found, found->listed + (size_t)n * (size_t)L);
}

static int search_sample(const struct search *s, struct sample_sinks *found, struct error *err)
{
    if (!unit_is_complete(&s->unit->info)) {
        found->why = NO_PRIMARY_RANGE;
        return 0;
    }
    double *norms = xcalloc((size_t)s->n_layers, sizeof *norms);
    int rc = check_layers(s, err) || check_thresholds(s, err) || choose_primary(s, found, norms, err) ? -1 : 0;
    if (rc == 0 && found->why == PRIMARY_FOUND)
        find_layers(norms, s->n_layers, found);
    free(norms);
    if (rc == 0 && found->primary.position >= 0)
        found->primary.token = unit_sample_find(s->tokens, found->primary.position);
    if (rc == 0 && found->why == PRIMARY_FOUND)
        list_tokens(s, found);
    return rc;
}

int sinks_find(struct sample_sinks *found, const struct unit *unit, int sample, const struct detect_settings *detect,
               struct error *err)
{
    const struct search s = {unit, &unit->samples[sample], &unit->measurement.samples[sample], detect,
                             unit->info.n_layers};

    *found = (struct sample_sinks){.candidate = -1, .primary = {.position = -1, .token = -1}};
    for (int rule = 0; rule < N_RULES; rule++)
        found->primary.label[rule] = (struct sink_label){SINK_NONE, -1, -1, 0, NAN, NAN, NAN, NAN};
    if (search_sample(&s, found, err) == 0) {
        if (found->why == NO_PRIMARY_RANGE)
            found->primary.label[RULE_PAPER].kind = found->primary.label[RULE_RELATIVE].kind = SINK_MISSING;
        return 0;
    }
    sample_sinks_clear(found);
    return -1;
}

void sample_sinks_clear(struct sample_sinks *found)
{
    free(found->sinks);
    free(found->listed);
    found->sinks = NULL;
    found->listed = NULL;
    found->n_sinks = 0;
}

static int compare_position(const void *key, const void *item)
{
    int32_t position = *(const int32_t *)key, other = ((const struct sink *)item)->position;

    return (position > other) - (position < other);
}

const struct sink *sample_sinks_at(const struct sample_sinks *found, int32_t position)
{
    if (found->n_sinks == 0)
        return NULL;
    return bsearch(&position, found->sinks, (size_t)found->n_sinks, sizeof *found->sinks, compare_position);
}
