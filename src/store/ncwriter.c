#include "store/ncfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/output.h"
#include "base/utf8.h"
#include "store/nclibrary.h"
#include "store/ncseal.h"

enum {
    CHUNK_ELEMENTS = 1 << 16, /* HPC practice: large enough for zlib, small enough to hold */
    PLAIN_BYTES = 2048,       /* below this a chunk's index costs more than it saves */
    DEFLATE_LEVEL = 1,
};

struct ncwriter {
    int id;
    char *path, *temporary;
    struct error first;
    bool failed;
};

/* The library hides the reason of a failed write behind "HDF error"; errno has it. */
static void check(struct ncwriter *writer, int status, const char *what)
{
    bool disk = errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG;

    if (status != NC_NOERR && !writer->failed) {
        writer->failed = true;
        fail(&writer->first, "%s: %s: %s", writer->path, what, disk ? strerror(errno) : nc_strerror(status));
    }
    errno = 0;
}

static int release(struct ncwriter *writer, struct error *err)
{
    int rc = writer->failed ? -1 : 0;

    if (rc) {
        unlink(writer->temporary);
        if (err)
            *err = writer->first;
    }
    free(writer->path);
    free(writer->temporary);
    free(writer);
    return rc;
}

struct ncwriter *ncwriter_create(const char *path, struct error *err)
{
    struct ncwriter *writer = xcalloc(1, sizeof *writer);

    nclibrary_prepare();
    writer->path = xstrdup(path);
    writer->temporary = output_temporary(path);
    errno = 0;
    check(writer, nc_create(writer->temporary, NC_NETCDF4 | NC_CLOBBER, &writer->id), "create");
    return writer->failed ? (release(writer, err), NULL) : writer;
}

void ncwriter_dimension(struct ncwriter *writer, const char *name, size_t length)
{
    int id;

    if (!writer->failed)
        check(writer, nc_def_dim(writer->id, name, length ? length : NC_UNLIMITED, &id), name);
}

/* Dimensions of a variable with their lengths; their number. */
static int find_dimensions(struct ncwriter *writer, const struct ncvar *variable, int dims[NCVAR_MAX_DIMS],
                           size_t lengths[NCVAR_MAX_DIMS])
{
    int n = 0;

    for (; n < NCVAR_MAX_DIMS && variable->dims[n] && !writer->failed; n++) {
        check(writer, nc_inq_dimid(writer->id, variable->dims[n], &dims[n]), variable->dims[n]);
        if (!writer->failed)
            check(writer, nc_inq_dimlen(writer->id, dims[n], &lengths[n]), variable->dims[n]);
    }
    return n;
}

/* Chunks of whole rows, shuffled and compressed, for what counts and points. Measurements
 * look like noise: a sixth to a quarter would be saved, at 70 MB/s in the one process that all ranks
 * wait for. The library cannot compress text. */
static void define_storage(struct ncwriter *writer, int id, const struct ncvar *variable, int n, const size_t lengths[])
{
    size_t chunk[NCVAR_MAX_DIMS], row = 1;

    if (n == 0 || variable->type == NCTYPE_TEXT || variable->type == NCTYPE_FLOAT || variable->type == NCTYPE_DOUBLE)
        return;
    for (int d = 1; d < n; d++)
        row *= chunk[d] = lengths[d];
    if (row * lengths[0] * sizeof(float) <= PLAIN_BYTES)
        return;
    chunk[0] = row < CHUNK_ELEMENTS ? CHUNK_ELEMENTS / row : 1;
    if (chunk[0] > lengths[0])
        chunk[0] = lengths[0];
    check(writer, nc_def_var_chunking(writer->id, id, NC_CHUNKED, chunk), variable->name);
    check(writer, nc_def_var_deflate(writer->id, id, NC_SHUFFLE, 1, DEFLATE_LEVEL), variable->name);
}

static void define_fill(struct ncwriter *writer, int id, const struct ncvar *variable)
{
    const float missing_float = NAN;
    const double missing = NAN;

    if (variable->type == NCTYPE_FLOAT)
        check(writer, nc_def_var_fill(writer->id, id, NC_FILL, &missing_float), variable->name);
    if (variable->type == NCTYPE_DOUBLE)
        check(writer, nc_def_var_fill(writer->id, id, NC_FILL, &missing), variable->name);
}

/* flag_values or flag_masks, one a word of flag_meanings, in the variable's own type as CF asks. */
static void define_flags(struct ncwriter *writer, int id, const struct ncvar *variable)
{
    const char *name = variable->flag_masks ? "flag_masks" : "flag_values";
    unsigned char bytes[32];
    int ints[32];
    size_t n = 1;

    for (const char *p = variable->flag_meanings; *p; p++)
        n += *p == ' ';
    for (size_t i = 0; i < n && i < 32; i++) {
        ints[i] = variable->flag_masks ? 1 << i : (int)i;
        bytes[i] = (unsigned char)ints[i];
    }
    if (variable->type == NCTYPE_UBYTE)
        check(writer, nc_put_att_uchar(writer->id, id, name, NC_UBYTE, n, bytes), name);
    else
        check(writer, nc_put_att_int(writer->id, id, name, NC_INT, n, ints), name);
    ncwriter_text(writer, variable->name, "flag_meanings", variable->flag_meanings);
}

void ncwriter_define(struct ncwriter *writer, const struct ncvar *variable)
{
    int dims[NCVAR_MAX_DIMS], id;
    size_t lengths[NCVAR_MAX_DIMS];
    int n = find_dimensions(writer, variable, dims, lengths);

    if (writer->failed)
        return;
    check(writer, nc_def_var(writer->id, variable->name, nclibrary_type(variable->type), n, dims, &id), variable->name);
    if (writer->failed)
        return;
    define_storage(writer, id, variable, n, lengths);
    define_fill(writer, id, variable);
    ncwriter_text(writer, variable->name, "long_name", variable->long_name);
    if (variable->units)
        ncwriter_text(writer, variable->name, "units", variable->units);
    if (variable->flag_meanings)
        define_flags(writer, id, variable);
    if (variable->coordinates)
        ncwriter_text(writer, variable->name, "coordinates", variable->coordinates);
    if (variable->sample_dimension)
        ncwriter_text(writer, variable->name, "sample_dimension", variable->sample_dimension);
}

/* The variable's id, NC_GLOBAL for NULL; false if it cannot be had. */
static bool find_variable(struct ncwriter *writer, const char *variable, int *id)
{
    *id = NC_GLOBAL;
    if (variable && !writer->failed)
        check(writer, nc_inq_varid(writer->id, variable, id), variable);
    return !writer->failed;
}

void ncwriter_text(struct ncwriter *writer, const char *variable, const char *name, const char *text)
{
    int id;

    if (find_variable(writer, variable, &id))
        check(writer, nc_put_att_text(writer->id, id, name, strlen(text), text), name);
}

void ncwriter_double(struct ncwriter *writer, const char *variable, const char *name, double value)
{
    int id;

    if (find_variable(writer, variable, &id))
        check(writer, nc_put_att_double(writer->id, id, name, NC_DOUBLE, 1, &value), name);
}

void ncwriter_int(struct ncwriter *writer, const char *variable, const char *name, int value)
{
    int id;

    if (find_variable(writer, variable, &id))
        check(writer, nc_put_att_int(writer->id, id, name, NC_INT, 1, &value), name);
}

void ncwriter_u64(struct ncwriter *writer, const char *variable, const char *name, uint64_t value)
{
    unsigned long long wide = value;
    int id;

    if (find_variable(writer, variable, &id))
        check(writer, nc_put_att_ulonglong(writer->id, id, name, NC_UINT64, 1, &wide), name);
}

/* A copy in which each byte that is not UTF-8 reads "<0xE2>", as tokenizers spell byte tokens. */
static char *to_utf8(const char *text)
{
    size_t left = strlen(text), used = 0;
    char *copy = xcalloc(6 * left + 1, 1);

    while (left > 0) {
        size_t n = utf8_valid_length(text, left);
        memcpy(copy + used, text, n);
        used += n;
        text += n;
        left -= n;
        if (left > 0) {
            used += (size_t)sprintf(copy + used, "<0x%02X>", (unsigned)(unsigned char)*text);
            text++;
            left--;
        }
    }
    return copy;
}

static int put_texts(struct ncwriter *writer, int id, const size_t start[], const size_t count[], size_t n,
                     const char *const *texts)
{
    char **copies = xcalloc(n, sizeof *copies);

    for (size_t i = 0; i < n; i++)
        copies[i] = to_utf8(texts[i]);
    int status = nc_put_vara_string(writer->id, id, start, count, (const char **)copies);
    for (size_t i = 0; i < n; i++)
        free(copies[i]);
    free(copies);
    return status;
}

/* Where a hyperslab of whole rows lies. */
static void find_rows(struct ncwriter *writer, int id, size_t begin, size_t n, size_t start[], size_t count[])
{
    int dims[NC_MAX_VAR_DIMS], n_dims = 0;

    check(writer, nc_inq_varndims(writer->id, id, &n_dims), "shape");
    if (writer->failed || n_dims > NCVAR_MAX_DIMS)
        return;
    check(writer, nc_inq_vardimid(writer->id, id, dims), "shape");
    for (int d = 0; d < n_dims && !writer->failed; d++) {
        start[d] = 0;
        check(writer, nc_inq_dimlen(writer->id, dims[d], &count[d]), "shape");
    }
    start[0] = begin;
    if (n < count[0])
        count[0] = n;
}

void ncwriter_put_rows(struct ncwriter *writer, const char *variable, size_t begin, size_t n, const void *data)
{
    size_t start[NCVAR_MAX_DIMS] = {0}, count[NCVAR_MAX_DIMS] = {0}, total = 1;
    nc_type type = NC_NAT;
    int id;

    if (n == 0 || !find_variable(writer, variable, &id))
        return;
    find_rows(writer, id, begin, n, start, count);
    check(writer, nc_inq_vartype(writer->id, id, &type), variable);
    if (writer->failed)
        return;
    for (int d = 0; d < NCVAR_MAX_DIMS && count[d]; d++)
        total *= count[d];
    int status = type == NC_STRING ? put_texts(writer, id, start, count, total, data)
                                   : nc_put_vara(writer->id, id, start, count, data);
    check(writer, status, variable);
}

void ncwriter_put(struct ncwriter *writer, const char *variable, const void *data)
{
    ncwriter_put_rows(writer, variable, 0, SIZE_MAX, data);
}

int ncwriter_commit(struct ncwriter *writer, struct error *err)
{
    check(writer, nc_close(writer->id), "close");
    if (!writer->failed)
        writer->failed = ncseal_append(writer->temporary, &writer->first) != 0 ||
                         output_place(writer->temporary, writer->path, &writer->first) != 0;
    return release(writer, err);
}
