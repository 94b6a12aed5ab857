#include "kernel/openblas.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

/* A row's bits depend on the number of rows in a call and on its place among them
 * (on Haswell and Zen cores by its index modulo 12): every call has PANEL_ROWS. */
enum { PANEL_ROWS = 96 };

struct product {
    CBLAS_TRANSPOSE order; /* of the slab: (n, k) if transposed, else (k, n) */
    size_t n, k;
    const float *slab;
};

static void panel_product(const struct product *p, const float *a, size_t lda, float *c, size_t ldc)
{
    int ldb = (int)(p->order == CblasTrans ? p->k : p->n);

    cblas_sgemm(CblasRowMajor, CblasNoTrans, p->order, PANEL_ROWS, (int)p->n, (int)p->k, 1.0f, a, (int)lda, p->slab, ldb,
                0.0f, c, (int)ldc);
}

static void put_rows(size_t m, size_t n, const float *from, size_t ld, float *c, size_t ldc, bool add)
{
    for (size_t r = 0; r < m; r++)
        for (size_t j = 0; j < n; j++)
            c[r * ldc + j] = add ? c[r * ldc + j] + from[r * ld + j] : from[r * ld + j];
}

/* m rows that begin at row `at` of their panel. */
static void multiply_part(const struct product *p, size_t at, size_t m, const float *a, size_t lda, float *c,
                          size_t ldc, bool add)
{
    static _Thread_local float padded[PANEL_ROWS * KERNEL_DEPTH], result[PANEL_ROWS * KERNEL_DEPTH];

    if (m < PANEL_ROWS) {
        memset(padded, 0, sizeof padded);
        for (size_t r = 0; r < m; r++)
            memcpy(padded + (at + r) * p->k, a + r * lda, p->k * sizeof *a);
        a = padded;
        lda = p->k;
    }
    panel_product(p, a, lda, result, p->n);
    put_rows(m, p->n, result + at * p->n, p->n, c, ldc, add);
}

static void multiply_rows(const struct product *p, size_t row, size_t m, const float *a, size_t lda, float *c,
                          size_t ldc, bool add)
{
    for (size_t r = 0; r < m;) {
        size_t at = (row + r) % PANEL_ROWS;
        size_t rows = m - r < PANEL_ROWS - at ? m - r : PANEL_ROWS - at;
        multiply_part(p, at, rows, a + r * lda, lda, c + r * ldc, ldc, add);
        r += rows;
    }
}

static void multiply(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab, float *c,
                     size_t ldc, bool add)
{
    struct product p = {CblasTrans, kernel_pad(n), k, slab};

    multiply_rows(&p, row, m, a, lda, c, ldc, add);
}

static void multiply_keys(size_t row, size_t m, size_t n_keys, size_t n_dims, const float *a, size_t lda,
                          const float *slab, const float *next, float *c, size_t ldc)
{
    (void)next;
    multiply(row, m, n_keys, n_dims, a, lda, slab, c, ldc, false);
}

static void multiply_values(size_t row, size_t m, size_t n_dims, size_t k, const float *a, size_t lda,
                            const float *slab, const float *next, float *c, size_t ldc, bool add)
{
    struct product p = {CblasNoTrans, kernel_pad(n_dims), k, slab};

    (void)next;
    multiply_rows(&p, row, m, a, lda, c, ldc, add);
}

static void pack(size_t n, size_t k, const float *src, size_t ld, float *slab)
{
    for (size_t j = 0; j < n; j++)
        memcpy(slab + j * k, src + j * ld, k * sizeof *slab);
    memset(slab + n * k, 0, (kernel_pad(n) - n) * k * sizeof *slab);
}

static void put_key(size_t n_dims, size_t index, const float *key, float *slab)
{
    memcpy(slab + index * n_dims, key, n_dims * sizeof *slab);
}

static void put_value(size_t n_dims, size_t index, const float *value, float *slab)
{
    memcpy(slab + index * kernel_pad(n_dims), value, n_dims * sizeof *slab);
}

struct kernel openblas_kernel(const struct kernel *rows)
{
    struct kernel kernel = *rows;

    kernel.name = "openblas";
    kernel.slab_columns = 192;
    kernel.fixed_shapes = true;
    kernel.pack = pack;
    kernel.multiply = multiply;
    kernel.pack_rows = NULL;
    kernel.multiply_packed = NULL;
    kernel.put_key = put_key;
    kernel.put_value = put_value;
    kernel.multiply_keys = multiply_keys;
    kernel.multiply_values = multiply_values;
    return kernel;
}

/* OpenBLAS's OpenMP variant sets the threads of our own parallel regions, too: they
 * are put back. Inside these regions, where all our calls are, it takes one thread. */
void openblas_start(void)
{
    int n_threads = omp_get_max_threads();

    openblas_set_num_threads(1);
    omp_set_num_threads(n_threads);
}

const char *openblas_description(void)
{
    static char text[128];
    const char *config = openblas_get_config(); /* "OpenBLAS 0.3.21 NO_LAPACKE ..." */
    char version[32] = "";

    if (sscanf(config, "OpenBLAS %31s", version) != 1)
        version[0] = '\0';
    snprintf(text, sizeof text, "openblas %s %s", version, openblas_get_corename());
    return text;
}
