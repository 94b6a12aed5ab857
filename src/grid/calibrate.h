/* How fast this machine multiplies matrices: the measured part of time estimates. */
#ifndef SINKGRID_GRID_CALIBRATE_H
#define SINKGRID_GRID_CALIBRATE_H

#include "base/error.h"

/* FLOP/s of `threads` threads with the kernel in use, on blocks as the forward pass
 * multiplies them, over about a tenth of a second. Negative, with an error, if no
 * kernel or memory can be had. */
double calibrate_flop_rate(int threads, struct error *err);

/* Share of that rate that a whole forward pass with its probes reaches, by
 * experience: widening weights, attention's softmax and statistics take the rest. */
#define CALIBRATE_EFFICIENCY 0.75

#endif
