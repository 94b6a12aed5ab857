# Collects what is missing, so that one run of configure names all of it with the
# Debian packages that bring it, and prints a table of what was found at the end.

AC_DEFUN([SINKGRID_MISSING_INIT], [sinkgrid_missing='' sinkgrid_packages='' sinkgrid_table=''])

# SINKGRID_FOUND(NAME, WHAT)
AC_DEFUN([SINKGRID_FOUND], [sinkgrid_table="$sinkgrid_table
  $(printf '%-12s %s' '$1' "$2")"])

# SINKGRID_MISSING(NAME, DEBIAN PACKAGE)
AC_DEFUN([SINKGRID_MISSING], [sinkgrid_missing="$sinkgrid_missing $1" sinkgrid_packages="$sinkgrid_packages $2"])

AC_DEFUN([SINKGRID_MISSING_REPORT], [
AS_IF([test -n "$sinkgrid_missing"],
  [AC_MSG_ERROR([missing:$sinkgrid_missing
  on Debian: apt-get install --no-install-recommends$sinkgrid_packages])])
])

# SINKGRID_CHECK_MODULE(NAME, VARIABLE, PKG-CONFIG MODULE, DEBIAN PACKAGE)
AC_DEFUN([SINKGRID_CHECK_MODULE], [
PKG_CHECK_MODULES([$2], [$3],
  [SINKGRID_FOUND([$1], [$($PKG_CONFIG --modversion "$3")])],
  [SINKGRID_MISSING([$1], [$4])])
])

AC_DEFUN([SINKGRID_SUMMARY], [
sinkgrid_compiler="$CC ($CFLAGS)"
cat <<_SINKGRID_EOF

sinkgrid $PACKAGE_VERSION
  compiler     $sinkgrid_compiler$sinkgrid_table

  make -j, then ./sinkgrid help; make check runs the tests
_SINKGRID_EOF
])
