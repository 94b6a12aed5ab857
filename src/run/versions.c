#define PCRE2_CODE_UNIT_WIDTH 8
#include "run/versions.h"

#include <libconfig.h>
#include <mpi.h>
#include <netcdf.h>
#include <nettle/version.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "kernel/bfloat16.h"
#include "kernel/kernel.h"
#include "kernel/openblas.h"
#include "revision.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char *version_revision(void)
{
    return SINKGRID_REVISION;
}

/* A new string up to the first of `end`: libraries add build dates and newlines. */
static json_t *cut(const char *text, const char *end)
{
    return json_stringn(text, strcspn(text, end));
}

static json_t *mpi(void)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;

    MPI_Get_library_version(text, &length); /* allowed before MPI_Init */
    return cut(text, ",\n");
}

/* Without the name that its description begins with. */
static json_t *openblas(void)
{
    const char *text = openblas_description(), *space = strchr(text, ' ');

    return json_string(space ? space + 1 : text);
}

static json_t *pcre2(void)
{
    char text[64] = "";

    pcre2_config(PCRE2_CONFIG_VERSION, text);
    return cut(text, " ");
}

static json_t *kernel(void)
{
    struct error err;
    const struct kernel *selected = kernel_select(&err);

    return json_string(selected ? kernel_description(selected) : err.text);
}

json_t *version_object(void)
{
    json_t *object = json_object();

    json_object_set_new(object, "sinkgrid", json_string(PACKAGE_VERSION));
    json_object_set_new(object, "revision", json_string(version_revision()));
    json_object_set_new(object, "numerics", json_integer(KERNEL_NUMERICS_VERSION));
    json_object_set_new(object, "kernel", kernel());
    json_object_set_new(object, "bfloat16", json_string(bfloat16_description()));
    json_object_set_new(object, "compiler", json_string(__VERSION__));
    json_object_set_new(object, "mpi", mpi());
    json_object_set_new(object, "openblas", openblas());
    json_object_set_new(object, "netcdf", cut(nc_inq_libvers(), " "));
    json_object_set_new(
        object, "libconfig",
        json_string(TEXT(LIBCONFIG_VER_MAJOR) "." TEXT(LIBCONFIG_VER_MINOR) "." TEXT(LIBCONFIG_VER_REVISION)));
    json_object_set_new(object, "jansson", json_string(JANSSON_VERSION));
    json_object_set_new(object, "nettle", json_string(TEXT(NETTLE_VERSION_MAJOR) "." TEXT(NETTLE_VERSION_MINOR)));
    json_object_set_new(object, "pcre2", pcre2());
    json_object_set_new(object, "utf8proc", json_string(utf8proc_version()));
    return object;
}
