/* ncsame A B: whether two result folders (or two NetCDF files) hold the same, bit
 * for bit: dimensions, variables with their values and attributes, and global
 * attributes but the provenance, which tells of time and place. 0: same; 1: not,
 * with a line for each difference; 2: cannot be read. */
#include <dirent.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_differences;

static void check(int rc, const char *what)
{
    if (rc == NC_NOERR)
        return;
    fprintf(stderr, "ncsame: %s: %s\n", what, nc_strerror(rc));
    exit(2);
}

static void differ(const char *file, const char *what, const char *how)
{
    n_differences++;
    printf("# %s: %s: %s\n", file, what, how);
}

/* ---- values ---- */

struct array {
    nc_type type;
    size_t n, size; /* values, bytes of one */
    void *data;
};

static struct array array_make(int id, nc_type type, size_t n)
{
    struct array a = {type, n, 0, NULL};

    check(nc_inq_type(id, type, NULL, &a.size), "type");
    a.data = calloc(n ? n : 1, a.size);
    return a;
}

static void array_free(struct array *a)
{
    if (a->type == NC_STRING)
        nc_free_string(a->n, a->data);
    free(a->data);
}

static int array_same(const struct array *a, const struct array *b)
{
    if (a->type != b->type || a->n != b->n)
        return 0;
    if (a->type != NC_STRING)
        return memcmp(a->data, b->data, a->n * a->size) == 0;
    for (size_t i = 0; i < a->n; i++) {
        const char *s = ((char **)a->data)[i], *t = ((char **)b->data)[i];
        if ((!s != !t) || (s && strcmp(s, t) != 0))
            return 0;
    }
    return 1;
}

static struct array read_attribute(int id, int variable, const char *name)
{
    nc_type type;
    size_t n;

    check(nc_inq_att(id, variable, name, &type, &n), name);
    struct array a = array_make(id, type, n);
    check(nc_get_att(id, variable, name, a.data), name);
    return a;
}

static struct array read_variable(int id, int variable)
{
    nc_type type;
    int n_dims, dims[NC_MAX_VAR_DIMS];
    size_t n = 1, length;

    check(nc_inq_var(id, variable, NULL, &type, &n_dims, dims, NULL), "variable");
    for (int d = 0; d < n_dims; d++) {
        check(nc_inq_dimlen(id, dims[d], &length), "dimension");
        n *= length;
    }
    struct array a = array_make(id, type, n);
    check(nc_get_var(id, variable, a.data), "values");
    return a;
}

/* ---- comparison ---- */

static void compare_arrays(struct array a, struct array b, const char *file, const char *what)
{
    if (!array_same(&a, &b))
        differ(file, what, "values differ");
    array_free(&a);
    array_free(&b);
}

static void compare_attributes(int a, int va, int b, int vb, const char *file, const char *owner)
{
    int n, n_other;
    char name[NC_MAX_NAME + 1], what[2 * NC_MAX_NAME + 4];

    check(nc_inq_varnatts(a, va, &n), owner);
    check(nc_inq_varnatts(b, vb, &n_other), owner);
    if (n != n_other)
        differ(file, owner, "another number of attributes");
    for (int i = 0; i < n; i++) {
        check(nc_inq_attname(a, va, i, name), owner);
        snprintf(what, sizeof what, "%s:%s", owner, name);
        if (va == NC_GLOBAL && strcmp(name, "provenance") == 0)
            continue;
        if (nc_inq_attid(b, vb, name, NULL) != NC_NOERR)
            differ(file, what, "is only in the first");
        else
            compare_arrays(read_attribute(a, va, name), read_attribute(b, vb, name), file, what);
    }
}

static void compare_files(const char *path_a, const char *path_b)
{
    int a, b, n, n_other;
    char name[NC_MAX_NAME + 1];

    check(nc_open(path_a, NC_NOWRITE, &a), path_a);
    check(nc_open(path_b, NC_NOWRITE, &b), path_b);
    check(nc_inq_nvars(a, &n), path_a);
    check(nc_inq_nvars(b, &n_other), path_b);
    if (n != n_other)
        differ(path_a, "variables", "another number of them");
    compare_attributes(a, NC_GLOBAL, b, NC_GLOBAL, path_a, "");
    for (int va = 0; va < n; va++) {
        int vb;
        check(nc_inq_varname(a, va, name), path_a);
        if (nc_inq_varid(b, name, &vb) != NC_NOERR) {
            differ(path_a, name, "is only in the first");
            continue;
        }
        compare_arrays(read_variable(a, va), read_variable(b, vb), path_a, name);
        compare_attributes(a, va, b, vb, path_a, name);
    }
    nc_close(a);
    nc_close(b);
}

/* ---- folders ---- */

static int is_unit(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 3 && strcmp(entry->d_name + n - 3, ".nc") == 0;
}

static int compare_folders(const char *a, const char *b)
{
    char path_a[4096], path_b[4096];
    struct dirent **in_a, **in_b;

    snprintf(path_a, sizeof path_a, "%s/units", a);
    snprintf(path_b, sizeof path_b, "%s/units", b);
    int n = scandir(path_a, &in_a, is_unit, alphasort), m = scandir(path_b, &in_b, is_unit, alphasort);
    if (n < 0 || m < 0)
        return -1;
    if (n == 0 || n != m)
        differ(a, "units", "none, or another number of them");
    for (int i = 0; i < n && i < m; i++) {
        if (strcmp(in_a[i]->d_name, in_b[i]->d_name) != 0) {
            differ(a, in_a[i]->d_name, "another identity in the second");
            continue;
        }
        snprintf(path_a, sizeof path_a, "%s/units/%s", a, in_a[i]->d_name);
        snprintf(path_b, sizeof path_b, "%s/units/%s", b, in_b[i]->d_name);
        compare_files(path_a, path_b);
    }
    printf("# %d units compared\n", n);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: ncsame A B\n");
        return 2;
    }
    if (compare_folders(argv[1], argv[2]) != 0)
        compare_files(argv[1], argv[2]);
    return n_differences > 0;
}
