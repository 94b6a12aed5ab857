# Compute kernels: kernel/native.c is compiled once an instruction set; which one
# runs is chosen from the CPU at run time (kernel/kernel.c).
AC_DEFUN([SINKGRID_KERNELS], [
AC_CANONICAL_HOST
sinkgrid_kernels='generic'
AS_CASE([$host_cpu], [x86_64|amd64], [sinkgrid_x86=yes sinkgrid_kernels='generic avx2 avx512'], [sinkgrid_x86=no])
AM_CONDITIONAL([KERNELS_X86], [test $sinkgrid_x86 = yes])
SINKGRID_FOUND([kernels], [$sinkgrid_kernels])
])
