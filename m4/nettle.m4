AC_DEFUN([SINKGRID_CHECK_NETTLE], [SINKGRID_CHECK_MODULE([nettle], [NETTLE], [nettle], [nettle-dev])])
