AC_DEFUN([SINKGRID_CHECK_NETCDF], [SINKGRID_CHECK_MODULE([netcdf], [NETCDF], [netcdf], [libnetcdf-dev])])
