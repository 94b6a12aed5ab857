AC_DEFUN([SINKGRID_CHECK_JANSSON], [SINKGRID_CHECK_MODULE([jansson], [JANSSON], [jansson], [libjansson-dev])])
