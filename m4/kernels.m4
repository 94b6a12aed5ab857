# Compute kernels: kernel/native.c is compiled once an instruction set; which one
# runs is chosen from the CPU at run time (kernel/kernel.c). Compilers older than
# GCC 10 lack bfloat16 instructions. With SIMDe the tests run the AVX-512 kernels on
# other CPUs, too.
AC_DEFUN([SINKGRID_KERNELS], [
AC_CANONICAL_HOST
sinkgrid_kernels='generic'
AS_CASE([$host_cpu], [x86_64|amd64], [sinkgrid_x86=yes sinkgrid_kernels='generic avx2 avx512'], [sinkgrid_x86=no])
AM_CONDITIONAL([KERNELS_X86], [test $sinkgrid_x86 = yes])
sinkgrid_bf16=no
AS_IF([test $sinkgrid_x86 = yes], [
    sinkgrid_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -mavx512f -mavx512bf16"
    AC_MSG_CHECKING([for bfloat16 products in the compiler])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <immintrin.h>
        static __m512 sum(__m512 z, __m512 x) { return _mm512_dpbf16_ps(z, (__m512bh)x, (__m512bh)x); }]],
        [[return __builtin_cpu_supports("avx512bf16") && _mm512_reduce_add_ps(sum(_mm512_set1_ps(1), _mm512_set1_ps(1))) > 0;]])],
        [sinkgrid_bf16=yes sinkgrid_kernels="$sinkgrid_kernels avx512bf16"])
    AC_MSG_RESULT([$sinkgrid_bf16])
    CFLAGS=$sinkgrid_saved_cflags
])
AM_CONDITIONAL([KERNELS_BF16], [test $sinkgrid_bf16 = yes])
AC_CHECK_HEADER([simde/x86/avx512.h], [sinkgrid_simde=yes], [sinkgrid_simde=no])
AM_CONDITIONAL([EMULATED_AVX512], [test $sinkgrid_x86 = yes && test $sinkgrid_simde = yes])
SINKGRID_FOUND([kernels], [$sinkgrid_kernels])
])
