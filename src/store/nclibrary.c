#include "store/nclibrary.h"

#include <dlfcn.h>
#include <stdbool.h>

enum {
    CACHE_BYTES = 1 << 20, /* per variable: some chunks, not the library's 16 MiB */
    CACHE_SLOTS = 101,
};

/* HDF5 1.10 keeps a file whose close failed, as on a full disk, and crashes over it
 * in its exit handler (H5F__close_cb). Every file is closed here in any case, so the
 * handler is not needed; H5dont_atexit must come before HDF5's first call. NetCDF
 * brings HDF5 along: the name is looked up, so that the build needs no HDF5 of its own. */
static void spare_exit_handler(void)
{
    int (*dont_atexit)(void);

    *(void **)&dont_atexit = dlsym(RTLD_DEFAULT, "H5dont_atexit");
    if (dont_atexit)
        dont_atexit();
}

void nclibrary_prepare(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    spare_exit_handler();
    nc_set_chunk_cache(CACHE_BYTES, CACHE_SLOTS, 0.75f);
}

nc_type nclibrary_type(enum nctype type)
{
    static const nc_type types[] = {
        [NCTYPE_UBYTE] = NC_UBYTE,   [NCTYPE_INT] = NC_INT,     [NCTYPE_FLOAT] = NC_FLOAT,
        [NCTYPE_DOUBLE] = NC_DOUBLE, [NCTYPE_TEXT] = NC_STRING,
    };

    return types[type];
}
