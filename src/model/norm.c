#include "model/norm.h"

#include <math.h>

#include "base/memory.h"

static void rms_row(const struct kernel *kernel, const struct norm *norm, const float *x, float *y)
{
    float mean_square = kernel->sum_squares(norm->n, x) / (float)norm->n;

    kernel->scale_rms(norm->n, x, 1.0f / sqrtf(mean_square + norm->eps), norm->weight, norm->offset, norm->round_once, y);
}

static void layer_row(const struct kernel *kernel, const struct norm *norm, const float *x, float *y)
{
    float mean = kernel->sum(norm->n, x) / (float)norm->n;
    float variance = kernel->sum_square_deviations(norm->n, x, mean) / (float)norm->n;

    kernel->scale_layer(norm->n, x, mean, 1.0f / sqrtf(variance + norm->eps), norm->weight, norm->bias, y);
}

void norm_row(const struct kernel *kernel, const struct norm *norm, const float *x, float *y)
{
    (norm->kind == NORM_RMS ? rms_row : layer_row)(kernel, norm, x, y);
}

void norm_clear(struct norm *norm)
{
    float_free(norm->weight);
    float_free(norm->bias);
    *norm = (struct norm){0};
}
