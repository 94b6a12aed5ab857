#include "kernel/rounded.h"

#include "base/bf16.h"

static const struct kernel *exact; /* what the rounded operations rest on */

static void round_row(size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(x[i]);
}

/* Stored weights become bfloat16 when the model is loaded. */
static void pack(size_t n, size_t k, const float *src, size_t ld, float *slab)
{
    exact->pack(n, k, src, ld, slab);
    round_row(kernel_slab_floats(n, k), slab);
}

/* Llama rounds the normed row before the weight, too. */
static void scale_rms(size_t n, const float *x, float scale, const float *weight, float offset, bool once, float *y)
{
    for (size_t i = 0; i < n; i++) {
        float w = bf16_round(weight[i]) + offset, z = x[i] * scale;
        y[i] = bf16_round((once ? z : bf16_round(z)) * w);
    }
}

static void scale_layer(size_t n, const float *x, float mean, float scale, const float *weight, const float *bias,
                        float *y)
{
    for (size_t i = 0; i < n; i++) {
        float z = (x[i] - mean) * scale * bf16_round(weight[i]);
        y[i] = bf16_round(bias ? z + bf16_round(bias[i]) : z);
    }
}

static void add(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bf16_round(y[i] + bf16_round(x[i]));
}

static void add_scaled(size_t n, float scale, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bf16_round(y[i] + bf16_round(scale * x[i]));
}

static void multiply_rows(size_t n, const float *x, const float *y, float *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = bf16_round(x[i] * y[i]);
}

/* Three operations of the reference: a division, tanh, a product. */
static void tanh_cap(size_t n, float cap, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(x[i] / cap);
    exact->tanh_cap(n, 1.0f, x);
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_round(bf16_round(x[i]) * cap);
}

static void use_products(struct kernel *kernel, const struct pair_products *products)
{
    kernel->pairs = true;
    kernel->pack = products->pack;
    kernel->multiply = products->multiply;
    kernel->pack_rows = products->pack_rows;
    kernel->multiply_packed = products->multiply_packed;
}

const struct kernel *kernel_rounded(const struct kernel *kernel, const struct pair_products *products)
{
    static struct kernel rounded;

    exact = kernel;
    rounded = *kernel;
    rounded.round = round_row;
    rounded.pack = pack;
    rounded.scale_rms = scale_rms;
    rounded.scale_layer = scale_layer;
    rounded.add = add;
    rounded.add_scaled = add_scaled;
    rounded.multiply_rows = multiply_rows;
    rounded.tanh_cap = tanh_cap;
    if (products)
        use_products(&rounded, products);
    return &rounded;
}
