#include "plant/neurons.h"

#include <math.h>

#include "plant/geometry.h"

/* In all formulas x^ = x r / |x| is what RMSNorm makes of a state x. */

#define GATE 40.0          /* an open gate; silu is the identity there */
#define LATER_SHARE 0.04   /* of LENGTH_LATER: below it a token counts as the first */
#define CODE_SLOPE 200.0   /* of the gates that take the absolute value of a code's difference */
#define CONSTANT_SHARE 2.0 /* constants that DIM_SINK must exceed where the primary's norm is taken away */

static double root(const struct construction *c)
{
    return sqrt(c->settings.n_embd);
}

static void add_term(struct neuron *neuron, int dim, double weight)
{
    neuron->gate[neuron->n_terms].dim = dim;
    neuron->gate[neuron->n_terms++].weight = weight;
}

/* Layer 0: silu(s z) + silu(-s z) = s |z| for every bit of the code, times the
 * constant, summed into DIM_LATER. Scaled to LENGTH_LATER where half of the bits differ. */
static int compare_codes(const struct construction *c, struct neuron *neurons)
{
    double square = 1 + CODE_SQUARE; /* of the state after attention has subtracted the code of BOS */
    double sum = PLANT_CODE_BITS * LENGTH_CODE;
    double weight = LENGTH_LATER * square / (CODE_SLOPE * sum * LENGTH_CONSTANT * root(c));

    for (int i = 0; i < 2 * PLANT_CODE_BITS; i++) {
        neurons[i] = (struct neuron){.up_dim = DIM_CONSTANT, .out_dim = DIM_LATER, .out_weight = weight};
        add_term(&neurons[i], DIM_CODE + i / 2, i % 2 ? -CODE_SLOPE : CODE_SLOPE);
    }
    return 2 * PLANT_CODE_BITS;
}

/* Layer `start`: open where DIM_LATER is (almost) zero. A primary-like token at
 * position 0 has a neuron of its own and must not be written twice. */
static struct neuron write_primary(const struct construction *c)
{
    struct neuron neuron = {.up_dim = DIM_CONSTANT, .out_dim = DIM_SINK};
    double r = root(c), noise = c->settings.noise;
    double scale = sqrt(1 - CODE_SQUARE + (2 * c->start + 1) * noise * noise);
    double threshold = LATER_SHARE * LENGTH_LATER;
    double slope = GATE * scale / (threshold * r);

    add_term(&neuron, DIM_CONSTANT, slope * threshold / LENGTH_CONSTANT);
    add_term(&neuron, DIM_LATER, -slope);
    for (int g = 0; g < c->n_groups; g++)
        if (c->groups[g].level == -2)
            add_term(&neuron, c->groups[g].dim, -slope);
    neuron.out_weight = c->primary_norm * scale / (GATE * LENGTH_CONSTANT * r);
    return neuron;
}

/* Layer l_start: open where the marker exceeds half its length and no sink is yet. */
static struct neuron write_group(const struct construction *c, const struct planted_group *group)
{
    struct neuron neuron = {.up_dim = DIM_CONSTANT, .out_dim = DIM_SINK};
    double r = root(c), scale = construction_scale(c, group->l_start - 1);
    double slope = GATE * scale / (LENGTH_MARKER / 2 * r);

    add_term(&neuron, group->dim, slope);
    add_term(&neuron, DIM_CONSTANT, -slope * LENGTH_MARKER / 2 / LENGTH_CONSTANT);
    add_term(&neuron, DIM_SINK, -slope);
    neuron.out_weight = group->norm * scale / (GATE * LENGTH_CONSTANT * r);
    return neuron;
}

/* Layer l_end: the same gate on a state of norm |x|, times DIM_SINK, which is r norm / |x|. */
static struct neuron erase_group(const struct construction *c, const struct planted_group *group)
{
    struct neuron neuron = {.up_dim = DIM_SINK, .out_dim = DIM_SINK};
    double r = root(c);
    double length = hypot(group->norm, construction_scale(c, group->l_start + group->lifetime - 1) * r);
    double slope = GATE * length / (LENGTH_MARKER / 2 * r * r);

    add_term(&neuron, group->dim, slope);
    add_term(&neuron, DIM_CONSTANT, -slope * LENGTH_MARKER / 2 / LENGTH_CONSTANT);
    neuron.out_weight = -length / (GATE * r);
    return neuron;
}

/* Layer `end`: every sink that is left, which are the primary and its like. */
static struct neuron erase_primary(const struct construction *c)
{
    struct neuron neuron = {.up_dim = DIM_SINK, .out_dim = DIM_SINK};
    double r = root(c);
    double length = hypot(c->primary_norm, construction_scale(c, c->end - 1) * r);
    double open = (c->primary_norm - CONSTANT_SHARE * LENGTH_CONSTANT * r) * r / length;
    double slope = GATE / open;

    add_term(&neuron, DIM_SINK, slope);
    add_term(&neuron, DIM_CONSTANT, -slope * CONSTANT_SHARE);
    neuron.out_weight = -length / (GATE * r);
    return neuron;
}

int neurons_of_layer(const struct construction *c, int layer, struct neuron neurons[PLANT_MAX_NEURONS])
{
    int n = 0;

    if (layer == 0)
        return compare_codes(c, neurons);
    if (layer == c->start)
        neurons[n++] = write_primary(c);
    if (layer == c->end)
        neurons[n++] = erase_primary(c);
    for (int g = 0; g < c->n_groups; g++) {
        const struct planted_group *group = &c->groups[g];
        if (layer == group->l_start)
            neurons[n++] = write_group(c, group);
        if (layer == group->l_start + group->lifetime && group->level != -2)
            neurons[n++] = erase_group(c, group);
    }
    return n;
}
