#include "kernel/kernel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "kernel/openblas.h"

extern const struct kernel native_generic_kernel;
#ifdef SINKGRID_KERNELS_X86
extern const struct kernel native_avx2_kernel, native_avx512_kernel;
#endif

static struct kernel openblas; /* filled by prepare() */

/* Best first. OpenBLAS before the generic kernel: without a vector kernel of our
 * own its assembly is faster. */
static const struct kernel *const kernels[] = {
#ifdef SINKGRID_KERNELS_X86
    &native_avx512_kernel, &native_avx2_kernel,
#endif
    &openblas,             &native_generic_kernel, NULL,
};

bool kernel_supported(const struct kernel *kernel)
{
#ifdef SINKGRID_KERNELS_X86
    if (kernel == &native_avx2_kernel)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (kernel == &native_avx512_kernel)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("fma");
#endif
    (void)kernel;
    return true;
}

static const struct kernel *best_native(void)
{
    for (int i = 0; kernels[i]; i++)
        if (kernels[i] != &openblas && kernel_supported(kernels[i]))
            return kernels[i];
    return &native_generic_kernel;
}

static void prepare(void)
{
    openblas_start();
    openblas = openblas_kernel(best_native());
}

static void prepare_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare);
}

const struct kernel *const *kernel_table(void)
{
    prepare_once();
    return kernels;
}

size_t kernel_slab_floats(size_t n, size_t k)
{
    enum { WIDEST_PANEL = 32 };
    return (n + WIDEST_PANEL - 1) / WIDEST_PANEL * WIDEST_PANEL * k;
}

size_t kernel_packed_floats(size_t m, size_t k)
{
    enum { WIDEST_TILE = 12 };
    return (m + WIDEST_TILE - 1) / WIDEST_TILE * WIDEST_TILE * k;
}

static const struct kernel *find(const char *name)
{
    for (int i = 0; kernels[i]; i++)
        if (strcmp(kernels[i]->name, name) == 0)
            return kernels[i];
    return NULL;
}

static const struct kernel *choose_named(const char *name, struct error *err)
{
    const struct kernel *kernel = find(name);

    if (!kernel)
        return fail_null(err, "SINKGRID_KERNEL: no kernel \"%s\"; there are native-avx512, native-avx2, "
                              "native-generic, openblas", name);
    if (!kernel_supported(kernel))
        return fail_null(err, "SINKGRID_KERNEL: this CPU cannot run %s", name);
    double deviation = kernel_deviation(kernel);
    if (!(deviation < KERNEL_DEVIATION_BOUND))
        return fail_null(err, "SINKGRID_KERNEL: %s computes wrong results on this CPU (deviation %g)",
                         kernel_description(kernel), deviation);
    return kernel;
}

static const struct kernel *choose_best(struct error *err)
{
    for (int i = 0; kernels[i]; i++) {
        if (!kernel_supported(kernels[i]))
            continue;
        double deviation = kernel_deviation(kernels[i]);
        if (deviation < KERNEL_DEVIATION_BOUND)
            return kernels[i];
        log_warning("kernel %s computes wrong results on this CPU (deviation %g) and is not used", kernels[i]->name,
                    deviation);
    }
    return fail_null(err, "no compute kernel gives right results on this CPU");
}

const struct kernel *kernel_select(struct error *err)
{
    static const struct kernel *chosen;
    const char *name = getenv("SINKGRID_KERNEL");

    prepare_once();
    if (!chosen)
        chosen = name && *name ? choose_named(name, err) : choose_best(err);
    return chosen;
}

const char *kernel_description(const struct kernel *kernel)
{
    return kernel == &openblas ? openblas_description() : kernel->name;
}
