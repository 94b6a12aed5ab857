/* What reading and writing share of the NetCDF library. */
#ifndef SINKGRID_STORE_NCLIBRARY_H
#define SINKGRID_STORE_NCLIBRARY_H

#include <netcdf.h>

#include "store/ncfile.h"

/* To be called before the first use of NetCDF, any number of times. */
void nclibrary_prepare(void);

nc_type nclibrary_type(enum nctype type);

#endif
