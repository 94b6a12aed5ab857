/* The native kernel's functions, one set an instruction set: native_*.c are
 * compiled with NATIVE_ISA = avx2, avx512, generic, and NATIVE(x) names x of it. */
#ifndef SINKGRID_KERNEL_NATIVE_H
#define SINKGRID_KERNEL_NATIVE_H

#include <stdbool.h>
#include <stddef.h>

#define NATIVE_JOIN_(a, b) native_##b##_##a
#define NATIVE_JOIN(a, b) NATIVE_JOIN_(a, b)
#define NATIVE(name) NATIVE_JOIN(name, NATIVE_ISA)
#define NATIVE_PLAIN_TEXT_(a) #a
#define NATIVE_PLAIN_TEXT(a) NATIVE_PLAIN_TEXT_(a)
#define NATIVE_TEXT(a) "native-" NATIVE_PLAIN_TEXT(a)

/* native_gemm.c */
void NATIVE(pack)(size_t n, size_t k, const float *src, size_t ld, float *slab);
void NATIVE(multiply)(size_t row, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *slab,
                      float *c, size_t ldc, bool add);
void NATIVE(pack_rows)(size_t m, size_t k, const float *a, size_t lda, float *packed);
void NATIVE(multiply_packed)(size_t m, size_t n, size_t k, const float *packed, const float *slab, float *c, size_t ldc,
                             bool add);
void NATIVE(put_key)(size_t n_dims, size_t index, const float *key, float *slab);
void NATIVE(put_value)(size_t n_dims, size_t index, const float *value, float *slab);
void NATIVE(multiply_keys)(size_t row, size_t m, size_t n_keys, size_t n_dims, const float *a, size_t lda,
                           const float *slab, const float *next, float *c, size_t ldc);
void NATIVE(multiply_values)(size_t row, size_t m, size_t n_dims, size_t k, const float *a, size_t lda,
                             const float *slab, const float *next, float *c, size_t ldc, bool add);

/* native_reduce.c */
float NATIVE(sum_squares)(size_t n, const float *x);
float NATIVE(dot)(size_t n, const float *x, const float *y);
float NATIVE(dots)(size_t n, const float *x, size_t n_y, const float *const *y, float *dots);
float NATIVE(sum)(size_t n, const float *x);
float NATIVE(sum_square_deviations)(size_t n, const float *x, float mean);
float NATIVE(max_abs)(size_t n, const float *x);
float NATIVE(largest)(size_t n, const float *x);
size_t NATIVE(count_abs_not_above)(size_t n, const float *x, float bound);
float NATIVE(least_abs_above)(size_t n, const float *x, float bound);
bool NATIVE(all_finite)(size_t n, const float *x);

/* native_map.c */
void NATIVE(scale_rms)(size_t n, const float *x, float scale, const float *weight, float offset, bool once, float *y);
void NATIVE(scale_layer)(size_t n, const float *x, float mean, float scale, const float *weight, const float *bias,
                         float *y);
void NATIVE(add)(size_t n, const float *x, float *y);
void NATIVE(add_scaled)(size_t n, float scale, const float *x, float *y);
void NATIVE(scale)(size_t n, float scale, const float *x, float *y);
void NATIVE(multiply_rows)(size_t n, const float *x, const float *y, float *z);
void NATIVE(silu)(size_t n, const float *x, float *y);
void NATIVE(gelu_tanh)(size_t n, const float *x, float *y);
void NATIVE(tanh_cap)(size_t n, float cap, float *x);
float NATIVE(exp2_shifted)(size_t n, float shift, float *x);
void NATIVE(add_columns)(size_t m, size_t n, const float *p, size_t ldp, const float *weight, float *sums);

#endif
