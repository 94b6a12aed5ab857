# gnuplot draws the figures of `sinkgrid report`; it is looked up again at run time.
AC_DEFUN([SINKGRID_CHECK_GNUPLOT], [
AC_PATH_PROG([GNUPLOT], [gnuplot])
AS_IF([test -n "$GNUPLOT"], [SINKGRID_FOUND([gnuplot], [$GNUPLOT])],
  [SINKGRID_FOUND([gnuplot], [not found: report makes no figures (Debian: gnuplot-nox)])])
])
