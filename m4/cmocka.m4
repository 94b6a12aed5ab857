# cmocka is needed by `make check` only.
AC_DEFUN([SINKGRID_CHECK_CMOCKA], [
PKG_CHECK_MODULES([CMOCKA], [cmocka],
  [SINKGRID_FOUND([cmocka], [$($PKG_CONFIG --modversion cmocka)]) sinkgrid_cmocka=yes],
  [SINKGRID_FOUND([cmocka], [not found: no unit tests (Debian: libcmocka-dev)]) sinkgrid_cmocka=no])
AM_CONDITIONAL([HAVE_CMOCKA], [test $sinkgrid_cmocka = yes])
])
