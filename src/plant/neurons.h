/* The SwiGLU neurons that switch sinks on and off: out_weight * silu(gate) * up is
 * written to one residual dimension. */
#ifndef SINKGRID_PLANT_NEURONS_H
#define SINKGRID_PLANT_NEURONS_H

#include "plant/construction.h"

enum {
    PLANT_MAX_TERMS = 4,
    PLANT_MAX_NEURONS = 2 * PLANT_CODE_BITS + 2 * PLANT_MAX_GROUPS + 2,
};

struct neuron {
    struct {
        int dim;
        double weight;
    } gate[PLANT_MAX_TERMS]; /* the gate's row, zero elsewhere */
    int n_terms;
    int up_dim; /* the up row has a 1 there, zero elsewhere */
    int out_dim;
    double out_weight;
};

/* Those of one layer; returns their number. */
int neurons_of_layer(const struct construction *construction, int layer, struct neuron neurons[PLANT_MAX_NEURONS]);

#endif
