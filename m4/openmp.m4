AC_DEFUN([SINKGRID_CHECK_OPENMP], [
AC_OPENMP
AS_IF([test "x$ac_cv_prog_c_openmp" = xunsupported],
  [SINKGRID_MISSING([openmp], [gcc])],
  [SINKGRID_FOUND([openmp], [$OPENMP_CFLAGS])])
])
