#include "probe/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct kept_rows {
    float *rows;   /* (n_kept, width) */
    double *norms; /* (n_kept) */
    size_t width;
    int n_come;    /* rows so far */
};

struct reference_set {
    int n_kept; /* positions 0 ... last candidate */
    struct kept_rows sites[N_TAP_SITES];
};

struct reference_set *reference_set_create(const int32_t *candidates, int n_candidates)
{
    struct reference_set *set = xcalloc(1, sizeof *set);

    for (int c = 0; c < n_candidates; c++)
        if (candidates[c] >= set->n_kept)
            set->n_kept = candidates[c] + 1;
    return set;
}

void reference_set_destroy(struct reference_set *set)
{
    if (!set)
        return;
    for (int s = 0; s < N_TAP_SITES; s++) {
        float_free(set->sites[s].rows);
        free(set->sites[s].norms);
    }
    free(set);
}

int reference_keep(struct reference_set *set, const struct kernel *kernel, const struct tap_rows *view,
                   struct error *err)
{
    struct kept_rows *kept = &set->sites[view->site];
    int end = view->end < set->n_kept ? view->end : set->n_kept;

    if (view->begin >= end)
        return 0;
    if (!kept->rows) {
        kept->width = view->width;
        kept->norms = xcalloc((size_t)set->n_kept, sizeof *kept->norms);
        kept->rows = float_alloc((size_t)set->n_kept * view->width, "rows of the primary's candidates", err);
        if (!kept->rows)
            return -1;
    }
    for (int t = view->begin; t < end; t++) {
        float *row = kept->rows + (size_t)t * kept->width;
        memcpy(row, view->rows + (size_t)(t - view->begin) * view->stride, view->width * sizeof *row);
        kept->norms[t] = sqrt((double)kernel->sum_squares(view->width, row));
    }
    kept->n_come = end;
    return 0;
}

const float *reference_row(const struct reference_set *set, enum tap_site site, int position, double *norm)
{
    const struct kept_rows *kept = &set->sites[site];

    if (position >= kept->n_come)
        return NULL;
    *norm = kept->norms[position];
    return kept->rows + (size_t)position * kept->width;
}

float cosine(float dot, double x_norm, double y_norm)
{
    return x_norm == 0 || y_norm == 0 ? NAN : (float)(dot / (x_norm * y_norm));
}
