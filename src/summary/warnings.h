/* What a reader of the tables must know of the rules' faults: a model whose states are
 * anisotropic, so that a cosine of 0.9 means nothing, and one with too few layers for
 * the paper's rule. */
#ifndef SINKGRID_SUMMARY_WARNINGS_H
#define SINKGRID_SUMMARY_WARNINGS_H

#include "summary/summary.h"

/* Layers of [start, end) where the background exceeds the limits: its 99 % quantile
 * detect.cosine, or its median 0.5 (medians over samples). */
struct anisotropy {
    int n_layers;       /* how many exceed; 0: none */
    int worst;          /* the layer with the greatest 99 % quantile */
    double median, q99; /* there */
};
void anisotropy_find(struct anisotropy *anisotropy, const struct summary_model *model,
                     const struct detect_settings *detect);

/* One line a warning, "" if there is none. The caller frees. */
char *warnings_text(const struct summary *summary);

#endif
