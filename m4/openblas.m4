# OpenBLAS. Where Debian has several flavours installed, the alternatives system
# prefers the pthread one; only the OpenMP flavour shares its threads with ours, so
# its folder is searched first and written into the program's run path.

AC_DEFUN([SINKGRID_CHECK_OPENBLAS], [
AC_ARG_WITH([openblas], [AS_HELP_STRING([--with-openblas=DIR], [folder of libopenblas])],
  [sinkgrid_blas_dir=$withval], [sinkgrid_blas_dir=''])
AS_IF([test -z "$sinkgrid_blas_dir"], [
  sinkgrid_multiarch=$($CC -print-multiarch 2>/dev/null)
  for sinkgrid_dir in /usr/lib/$sinkgrid_multiarch/openblas-openmp; do
    AS_IF([test -e "$sinkgrid_dir/libopenblas.so"], [sinkgrid_blas_dir=$sinkgrid_dir])
  done
  AS_IF([test -z "$sinkgrid_blas_dir"], [sinkgrid_blas_dir=$($PKG_CONFIG --variable=libdir openblas 2>/dev/null)])
])
sinkgrid_save_LIBS=$LIBS
OPENBLAS_CFLAGS=''
OPENBLAS_LIBS="${sinkgrid_blas_dir:+-L$sinkgrid_blas_dir -Wl,-rpath,$sinkgrid_blas_dir }-lopenblas"
sinkgrid_multiarch_include=/usr/include/$($CC -print-multiarch 2>/dev/null)/openblas-openmp
AS_IF([test -e "$sinkgrid_multiarch_include/cblas.h"], [OPENBLAS_CFLAGS="-isystem $sinkgrid_multiarch_include"],
  [OPENBLAS_CFLAGS=$($PKG_CONFIG --cflags openblas 2>/dev/null)])
LIBS="$OPENBLAS_LIBS $LIBS"
AC_MSG_CHECKING([for OpenBLAS])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[char *openblas_get_config(void);]], [[return openblas_get_config() == 0;]])],
  [AC_MSG_RESULT([$OPENBLAS_LIBS])
   SINKGRID_FOUND([openblas], [$OPENBLAS_LIBS])],
  [AC_MSG_RESULT([no])
   SINKGRID_MISSING([openblas], [libopenblas-openmp-dev])])
LIBS=$sinkgrid_save_LIBS
AC_SUBST([OPENBLAS_CFLAGS])
AC_SUBST([OPENBLAS_LIBS])
])
