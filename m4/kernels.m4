# Compute kernels: kernel/native.c is compiled once an instruction set; which one
# runs is chosen from the CPU at run time (kernel/kernel.c). With SIMDe the tests run
# the AVX-512 kernel on other CPUs, too.
AC_DEFUN([SINKGRID_KERNELS], [
AC_CANONICAL_HOST
sinkgrid_kernels='generic'
AS_CASE([$host_cpu], [x86_64|amd64], [sinkgrid_x86=yes sinkgrid_kernels='generic avx2 avx512'], [sinkgrid_x86=no])
AM_CONDITIONAL([KERNELS_X86], [test $sinkgrid_x86 = yes])
AC_CHECK_HEADER([simde/x86/avx512.h], [sinkgrid_simde=yes], [sinkgrid_simde=no])
AM_CONDITIONAL([EMULATED_AVX512], [test $sinkgrid_x86 = yes && test $sinkgrid_simde = yes])
SINKGRID_FOUND([kernels], [$sinkgrid_kernels])
])
