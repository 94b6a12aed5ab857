#include "store/ncfile.h"

#include <netcdf.h>
#include <netcdf_mem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/nclibrary.h"
#include "store/ncseal.h"

struct ncreader {
    int id;
    char *name;
    void *bytes; /* the file; the library reads from here */
    size_t size;
    struct error first;
    bool failed;
};

static void check(struct ncreader *reader, int status, const char *what)
{
    if (status != NC_NOERR && !reader->failed)
        ncreader_fail(reader, "%s: %s", what, nc_strerror(status));
}

int ncreader_fail(struct ncreader *reader, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;

    if (reader->failed)
        return -1;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reader->failed = true;
    return fail(&reader->first, "%s: %s", reader->name, text);
}

bool ncreader_failed(const struct ncreader *reader)
{
    return reader->failed;
}

size_t ncreader_size(const struct ncreader *reader)
{
    return reader->size;
}

static void release(struct ncreader *reader)
{
    free(reader->bytes);
    free(reader->name);
    free(reader);
}

/* Takes over `bytes`. Opening from memory also spares the file locks that HDF5
 * would ask of a shared file system. */
static struct ncreader *open_owned(void *bytes, size_t size, const char *name, struct error *err)
{
    struct ncreader *reader = xcalloc(1, sizeof *reader);

    *reader = (struct ncreader){.name = xstrdup(name), .bytes = bytes, .size = size};
    if (ncseal_check(bytes, size, name, err) == 0) {
        nclibrary_prepare();
        int status = nc_open_mem(name, NC_NOWRITE, size - NCSEAL_SIZE, bytes, &reader->id);
        if (status == NC_NOERR)
            return reader;
        fail(err, "%s: %s", name, nc_strerror(status));
    }
    release(reader);
    return NULL;
}

struct ncreader *ncreader_open(const char *path, struct error *err)
{
    size_t size;
    char *bytes = file_read(path, SIZE_MAX / 2, &size, err);

    return bytes ? open_owned(bytes, size, path, err) : NULL;
}

struct ncreader *ncreader_open_bytes(const void *bytes, size_t size, const char *name, struct error *err)
{
    void *copy = xcalloc(size + 1, 1);

    memcpy(copy, bytes, size);
    return open_owned(copy, size, name, err);
}

size_t ncreader_dimension(struct ncreader *reader, const char *name)
{
    size_t length = 0;
    int id;

    if (reader->failed)
        return 0;
    check(reader, nc_inq_dimid(reader->id, name, &id), name);
    if (!reader->failed)
        check(reader, nc_inq_dimlen(reader->id, id, &length), name);
    return reader->failed ? 0 : length;
}

bool ncreader_has(const struct ncreader *reader, const char *variable)
{
    int id;

    return nc_inq_varid(reader->id, variable, &id) == NC_NOERR;
}

/* Holds the variable against its row; its id and the lengths of its dimensions. */
static int find_variable(struct ncreader *reader, const struct ncvar *variable, int *id, int *n_dims,
                         size_t lengths[NCVAR_MAX_DIMS])
{
    int dims[NC_MAX_VAR_DIMS], expected = 0;
    char name[NC_MAX_NAME + 1];
    nc_type type;

    if (reader->failed)
        return -1;
    check(reader, nc_inq_varid(reader->id, variable->name, id), variable->name);
    if (!reader->failed)
        check(reader, nc_inq_var(reader->id, *id, NULL, &type, n_dims, dims, NULL), variable->name);
    if (reader->failed)
        return -1;
    while (expected < NCVAR_MAX_DIMS && variable->dims[expected])
        expected++;
    if (type != nclibrary_type(variable->type) || *n_dims != expected)
        return ncreader_fail(reader, "%s: not of the expected type and shape", variable->name);
    for (int d = 0; d < *n_dims; d++) {
        check(reader, nc_inq_dim(reader->id, dims[d], name, &lengths[d]), variable->name);
        if (!reader->failed && strcmp(name, variable->dims[d]) != 0)
            ncreader_fail(reader, "%s: dimension %s instead of %s", variable->name, name, variable->dims[d]);
    }
    return reader->failed ? -1 : 0;
}

/* Texts are copied, so that free() releases them as it does every other string. */
static void get_texts(struct ncreader *reader, int id, const size_t start[], const size_t count[], size_t n,
                      const char *name, char **texts)
{
    char **own = xcalloc(n, sizeof *own);

    check(reader, nc_get_vara_string(reader->id, id, start, count, own), name);
    if (!reader->failed) {
        for (size_t i = 0; i < n; i++)
            texts[i] = xstrdup(own[i] ? own[i] : "");
        nc_free_string(n, own);
    }
    free(own);
}

void ncreader_get_rows(struct ncreader *reader, const struct ncvar *variable, size_t begin, size_t n, void *data)
{
    size_t start[NCVAR_MAX_DIMS] = {begin}, count[NCVAR_MAX_DIMS], total = n;
    int id, n_dims;

    if (n == 0 || find_variable(reader, variable, &id, &n_dims, count))
        return;
    if (n_dims == 0 || begin > count[0] || n > count[0] - begin) {
        ncreader_fail(reader, "%s: fewer than %zu rows", variable->name, begin + n);
        return;
    }
    count[0] = n;
    for (int d = 1; d < n_dims; d++)
        total *= count[d];
    if (variable->type == NCTYPE_TEXT)
        get_texts(reader, id, start, count, total, variable->name, data);
    else
        check(reader, nc_get_vara(reader->id, id, start, count, data), variable->name);
}

void ncreader_get(struct ncreader *reader, const struct ncvar *variable, size_t n, void *data)
{
    size_t lengths[NCVAR_MAX_DIMS], total = 1;
    int id, n_dims;

    if (n == 0 || find_variable(reader, variable, &id, &n_dims, lengths))
        return;
    for (int d = 0; d < n_dims; d++)
        if (!size_mul(total, lengths[d], &total))
            total = SIZE_MAX;
    if (total != n)
        ncreader_fail(reader, "%s: %zu values instead of %zu", variable->name, total, n);
    else
        ncreader_get_rows(reader, variable, 0, lengths[0], data);
}

/* ---- attributes of the file ---- */

static bool find_attribute(struct ncreader *reader, const char *name, nc_type type, size_t *length)
{
    nc_type found;

    if (reader->failed)
        return false;
    check(reader, nc_inq_att(reader->id, NC_GLOBAL, name, &found, length), name);
    if (!reader->failed && (found != type || (type != NC_CHAR && *length != 1)))
        ncreader_fail(reader, "attribute %s: not of the expected type", name);
    return !reader->failed;
}

char *ncreader_text(struct ncreader *reader, const char *name)
{
    size_t length;

    if (!find_attribute(reader, name, NC_CHAR, &length) || length > reader->size)
        return xstrdup("");
    char *text = xcalloc(length + 1, 1);
    check(reader, nc_get_att_text(reader->id, NC_GLOBAL, name, text), name);
    return text;
}

double ncreader_double(struct ncreader *reader, const char *name)
{
    double value = 0;
    size_t length;

    if (find_attribute(reader, name, NC_DOUBLE, &length))
        check(reader, nc_get_att_double(reader->id, NC_GLOBAL, name, &value), name);
    return value;
}

int ncreader_int(struct ncreader *reader, const char *name)
{
    size_t length;
    int value = 0;

    if (find_attribute(reader, name, NC_INT, &length))
        check(reader, nc_get_att_int(reader->id, NC_GLOBAL, name, &value), name);
    return value;
}

uint64_t ncreader_u64(struct ncreader *reader, const char *name)
{
    unsigned long long value = 0;
    size_t length;

    if (find_attribute(reader, name, NC_UINT64, &length))
        check(reader, nc_get_att_ulonglong(reader->id, NC_GLOBAL, name, &value), name);
    return value;
}

int ncreader_close(struct ncreader *reader, struct error *err)
{
    int rc = reader->failed ? -1 : 0;

    nc_close(reader->id);
    if (rc && err)
        *err = reader->first;
    release(reader);
    return rc;
}

bool ncfile_is_whole(const char *path)
{
    return ncseal_is_there(path);
}
