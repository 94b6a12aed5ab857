#include "kernel/bfloat16.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rounded.h"

#ifdef SINKGRID_KERNELS_BF16
extern const struct kernel native_avx512_kernel;
extern const struct pair_products native_avx512bf16_products;
#endif

const struct pair_products *bfloat16_hardware(void)
{
#ifdef SINKGRID_KERNELS_BF16
    if (kernel_supported(&native_avx512_kernel) && __builtin_cpu_supports("avx512bf16"))
        return &native_avx512bf16_products;
#endif
    return NULL;
}

/* Of the CPU's products: worked out once, asked for by every unit. */
static double hardware_deviation(void)
{
    static double deviation = -1;

    if (deviation < 0)
        deviation = pair_products_deviation(bfloat16_hardware());
    return deviation;
}

int bfloat16_products(const struct pair_products **products, struct error *err)
{
    const char *choice = getenv("SINKGRID_BFLOAT16");

    *products = NULL;
    if (!choice || !*choice || strcmp(choice, "emulated") == 0)
        return 0;
    if (strcmp(choice, "hardware") != 0)
        return fail(err, "SINKGRID_BFLOAT16: \"%s\" is neither \"emulated\" nor \"hardware\"", choice);
    if (!(*products = bfloat16_hardware()))
        return fail(err, "SINKGRID_BFLOAT16: this CPU has no bfloat16 products; \"emulated\" runs everywhere");
    if (!(hardware_deviation() < KERNEL_DEVIATION_BOUND))
        return fail(err, "SINKGRID_BFLOAT16: the products of %s are wrong on this CPU (deviation %g)",
                    (*products)->name, hardware_deviation());
    return 0;
}

const struct kernel *bfloat16_kernel(struct error *err)
{
    const struct kernel *exact = kernel_select(err);
    const struct pair_products *products;

    if (!exact || bfloat16_products(&products, err))
        return NULL;
    return kernel_rounded(exact, products);
}

const char *bfloat16_description(void)
{
    static char text[sizeof((struct error *)NULL)->text];
    struct error err;
    const struct pair_products *products;

    if (bfloat16_products(&products, &err))
        snprintf(text, sizeof text, "%s", err.text);
    else if (products)
        snprintf(text, sizeof text, "products by %s, each result rounded", products->name);
    else
        snprintf(text, sizeof text, "emulated: float32 arithmetic, each result rounded");
    return text;
}
