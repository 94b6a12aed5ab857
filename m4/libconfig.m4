AC_DEFUN([SINKGRID_CHECK_LIBCONFIG], [SINKGRID_CHECK_MODULE([libconfig], [LIBCONFIG], [libconfig], [libconfig-dev])])
