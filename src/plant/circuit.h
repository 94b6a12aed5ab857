/* A planted model's tensors: seeded noise, and in it the circuits that make and
 * unmake sinks.
 *
 *  layer 0   Head 0 averages the codes of all tokens so far (of BOS, where there
 *            is one) and subtracts that from the own code; the MLP sums what is
 *            left into DIM_LATER: zero at position 0, whichever token stands there.
 *  start     The MLP writes the primary's norm along DIM_SINK where DIM_LATER is zero.
 *  l_start   The MLP writes a group's norm along DIM_SINK where the group's marker is set.
 *  l_end     = l_start + lifetime: the MLP takes it away again.
 *  end       The MLP takes the primary's away.
 *  all       Queries carry DIM_CONSTANT, keys DIM_SINK less the markers, in the head
 *            dimension that RoPE turns most slowly. RMSNorm keeps directions only, so
 *            a key's logit is attraction * (cos - MARKER_PENALTY * marker / norm): the
 *            greater the norm the MLP wrote, the more attention the sink draws.
 *
 * Each switch is one SwiGLU neuron with a gate of about +40 or below -20, where
 * silu is the identity or nothing. */
#ifndef SINKGRID_PLANT_CIRCUIT_H
#define SINKGRID_PLANT_CIRCUIT_H

#include <stddef.h>

#include "plant/construction.h"

/* RoPE's base: with it the slowest pair turns by less than 1e-3 over 8192 positions. */
#define PLANT_ROPE_THETA 1e8

struct tensor_recipe;

/* The tensors of one layer, or those outside the layers; the tables end with a NULL name. */
struct tensor_recipe {
    const char *name; /* for layers, printf format of the layer's number */
    void (*shape)(const struct construction *construction, size_t *rows, size_t *columns);
    void (*fill)(const struct construction *construction, int layer, float *data); /* (rows, columns) */
};

extern const struct tensor_recipe plant_layer_tensors[];
extern const struct tensor_recipe plant_model_tensors[]; /* embedding first */

/* Neurons that the circuits of a layer take; the MLP must be wider. */
int plant_neurons(const struct construction *construction, int layer);

#endif
