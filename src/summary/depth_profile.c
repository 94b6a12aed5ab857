#include "summary/depth_profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

const char *const depth_profile_class_names[N_PROFILE_CLASSES] = {"primary", "secondary", "secondary_live", "control"};

const enum quantity depth_profile_stages[N_STAGES] = {
    QUANTITY_COS_MLP_INPUT,   QUANTITY_COS_MLP_GATE, QUANTITY_COS_MLP_UP,  QUANTITY_COS_MLP_ACT,
    QUANTITY_COS_MLP_PRODUCT, QUANTITY_COS_MLP_DOWN, QUANTITY_COS_MLP_MLP, QUANTITY_COS_MLP_HIDDEN,
};

void depth_profile_init(struct depth_profile *profile, int n_layers)
{
    *profile = (struct depth_profile){.n_layers = n_layers};
    profile->cells = xcalloc((size_t)(N_PROFILE_CLASSES * N_QUANTITIES) * (size_t)n_layers, sizeof *profile->cells);
}

void depth_profile_clear(struct depth_profile *profile)
{
    free(profile->cells);
    profile->cells = NULL;
}

struct mean_sum *depth_profile_cell(const struct depth_profile *profile, enum depth_class class, enum quantity quantity,
                                    int layer)
{
    size_t plane = (size_t) class * N_QUANTITIES + (size_t)quantity;

    return &profile->cells[plane * (size_t)profile->n_layers + (size_t)layer];
}

void mean_sum_add(struct mean_sum *sum, double value)
{
    sum->sum += isnan(value) ? 0 : value;
    sum->n += !isnan(value);
}

double mean_sum_value(const struct mean_sum *sum)
{
    return sum->n ? sum->sum / (double)sum->n : NAN;
}

static double magnitude(const struct sample_record *sample, const struct layer_record *layer, int row,
                        enum quantity quantity, int candidate)
{
    double value = (double)record_value(sample, layer, row, quantity, candidate);

    return quantity_table[quantity].relative ? fabs(value) : value;
}

/* All quantities of one row. */
static void add_row(struct depth_profile *profile, enum depth_class class, const struct sample_record *sample,
                    const struct layer_record *layer, int row, int candidate)
{
    for (int q = 0; q < N_QUANTITIES; q++)
        mean_sum_add(depth_profile_cell(profile, class, (enum quantity)q, layer->layer),
                     magnitude(sample, layer, row, (enum quantity)q, candidate));
}

static void add_token(struct depth_profile *profile, enum depth_class class, const struct sample_record *sample,
                      const struct sink *sink, int candidate, unsigned mask)
{
    for (int l = 0; l < profile->n_layers; l++) {
        int row = layer_record_find(&sample->layers[l], sink->position);
        if (row >= 0 && (mask == 0 || sink->listed[l] & mask))
            add_row(profile, class, sample, &sample->layers[l], row, candidate);
    }
}

/* A secondary sink's alignment around its first layer, beside that of its layers' tokens at large. */
static void add_alignment(struct depth_profile *profile, const struct sample_record *sample, const struct sink *sink,
                          int l_start, int candidate)
{
    for (int o = 0; o < N_OFFSETS; o++) {
        int l = l_start + OFFSET_MIN + o;
        if (l < 0 || l >= profile->n_layers)
            continue;
        const struct layer_record *layer = &sample->layers[l];
        int row = layer_record_find(layer, sink->position);
        for (int s = 0; s < N_STAGES; s++) {
            int column = quantity_column(depth_profile_stages[s], candidate, sample->n_candidates);
            mean_sum_add(&profile->background[s][o], (double)layer->summary[column].mean);
            if (row >= 0)
                mean_sum_add(&profile->own[s][o], magnitude(sample, layer, row, depth_profile_stages[s], candidate));
        }
    }
}

static bool is_control(const struct sample_sinks *found, const struct layer_record *layer, int row)
{
    if (!(layer->reason[row] & ROW_CONTROL))
        return false;
    const struct sink *sink = sample_sinks_at(found, layer->position[row]);
    return !sink || sink->label[RULE_RELATIVE].lifetime == 0;
}

static void add_controls(struct depth_profile *profile, const struct sample_record *sample,
                         const struct sample_sinks *found)
{
    for (int l = 0; l < profile->n_layers; l++) {
        const struct layer_record *layer = &sample->layers[l];
        for (int r = 0; r < layer->n_rows; r++)
            if (is_control(found, layer, r))
                add_row(profile, PROFILE_CONTROL, sample, layer, r, found->candidate);
    }
}

void depth_profile_add(struct depth_profile *profile, const struct unit *unit, int sample,
                       const struct sample_sinks *found, enum detect_rule rule)
{
    const struct sample_record *record = &unit->measurement.samples[sample];

    add_token(profile, PROFILE_PRIMARY, record, &found->primary, found->candidate, 0);
    for (int i = 0; i < found->n_sinks; i++) {
        const struct sink *sink = &found->sinks[i];
        const struct sink_label *label = &sink->label[rule];
        if (label->kind != SINK_SECONDARY)
            continue;
        add_token(profile, PROFILE_SECONDARY, record, sink, found->candidate, 0);
        add_token(profile, PROFILE_LIVE, record, sink, found->candidate, 1u << rule);
        add_alignment(profile, record, sink, label->l_start, found->candidate);
    }
    add_controls(profile, record, found);
}
