/* Files of units that are cut, changed or lie, and disks and folders that take none. */
#include "test.h"

#include <dirent.h>
#include <netcdf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "any_unit.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "root_folder.h"
#include "store/ncseal.h"
#include "store/store.h"

static void a_cut_or_changed_file_is_refused(void **state)
{
    struct unit unit = any_unit(2, 6, 1), read;
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;
    size_t size;

    (void)state;
    assert_int_equal(store_write(root_folder(), &unit, &err), 0);
    unit_clear(&unit);
    char *bytes = file_read(path, SIZE_MAX / 2, &size, &err);
    for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
        assert_int_equal(output_write(path, bytes, cut, &err), 0);
        assert_false(store_has(root_folder(), IDENTITY));
        assert_int_equal(store_read(&read, path, &err), -1);
        assert_non_null(strstr(err.text, IDENTITY));
    }
    for (size_t at = 0; at < size; at += 1 + size / 97) {
        bytes[at] ^= 0x10;
        assert_int_equal(output_write(path, bytes, size, &err), 0);
        assert_int_equal(store_read(&read, path, &err), -1);
        bytes[at] ^= 0x10;
    }
    assert_int_equal(output_write(path, "x", 1, &err), 0);
    assert_int_equal(store_read(&read, path, &err), -1);
    assert_non_null(strstr(err.text, "not a NetCDF-4 file"));
    unlink(path);
    assert_int_equal(store_read(&read, path, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    assert_false(store_has(root_folder(), IDENTITY));
    free(bytes);
    free(path);
}

/* Sets one element of an int variable, or an int attribute, behind the program's back, and seals anew. */
static void falsify(const char *path, const char *variable, size_t index, int value)
{
    struct error err;
    int id, var, dims[4], n;

    assert_int_equal(nc_open(path, NC_WRITE, &id), 0);
    if (nc_inq_varid(id, variable, &var) != 0) {
        assert_int_equal(nc_put_att_int(id, NC_GLOBAL, variable, NC_INT, 1, &value), 0);
    } else {
        size_t start[4] = {index}, inner;
        assert_int_equal(nc_inq_varndims(id, var, &n), 0);
        assert_int_equal(nc_inq_vardimid(id, var, dims), 0);
        if (n == 2) {
            assert_int_equal(nc_inq_dimlen(id, dims[1], &inner), 0);
            start[0] = index / inner;
            start[1] = index % inner;
        }
        assert_int_equal(nc_put_var1_int(id, var, start, &value), 0);
    }
    assert_int_equal(nc_close(id), 0);
    assert_int_equal(ncseal_append(path, &err), 0);
}

static void what_a_file_claims_is_checked(void **state)
{
    static const struct {
        const char *variable;
        size_t index;
        int value;
        const char *text;
    } rows[] = {
        {"schema_version", 0, 99, "schema version 99"},
        {"n_layers", 0, 100000, "attribute n_layers: 100000"},
        {"layer_end", 0, 5, "measured range 0:5 of 4 layers"},
        {"n_heads", 0, 4, "3 heads (attribute: 4)"},
        {"token_count", 0, -1, "token_count: a count of -1"},
        {"token_count", 0, 5, "token_count: counts add up to 11 of 12"},
        {"record_count", 1, 4, "record_count: counts add up to 9 of 10"},
        {"row_count", 0, 2000000000, "row_count: counts add up to"},
        {"n_tokens", 0, 0, "sample 7: 0 tokens"},
        {"n_tokens", 1, 5, "sample 8: 5 tokens, 3 candidates, 6 recorded"},
        {"n_candidates", 0, 9, "9 candidates"},
        {"candidate_position", 1, 20, "sample 7: candidate 20 of 20 tokens"},
        {"record_layer", 1, 0, "sample 7: layer 0 after 0"},
        {"record_layer", 4, 5, "sample 7: layer 5 after 3"},
        {"token_position", 3, 4, "sample 7: token position 4 after 4"},
        {"token_position", 5, 20, "sample 7: token position 20 after 8 of 20"},
        {"position", 1, 3, "sample 7, layer 0: position 3 after 0"},
        {"position", 1, 0, "sample 7, layer 0: position 0 after 0"},
        {"hidden_norm_background", 0, 21, "background of 21 of 20 tokens"},
        {"hidden_norm_background", 8, -1, "background of -1 of 20 tokens"},
    };
    char *path = store_unit_path(root_folder(), IDENTITY);
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct unit unit = any_unit(2, 6, 1), read;
        assert_int_equal(store_write(root_folder(), &unit, &err), 0);
        unit_clear(&unit);
        falsify(path, rows[i].variable, rows[i].index, rows[i].value);
        assert_int_equal(store_read(&read, path, &err), -1);
        if (!strstr(err.text, rows[i].text))
            assert_string_equal(err.text, rows[i].text);
    }
    free(path);
}

static int count_files(const char *results_folder, const char *name)
{
    char *folder = xasprintf("%s/%s", results_folder, name);
    DIR *dir = opendir(folder);
    int n = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    free(folder);
    return n;
}

/* A limit on file sizes stands for a full disk, at every stage of the writing: the
 * write fails, nothing is left, the next one succeeds, and the program still ends well. */
static void a_full_disk_leaves_nothing(void **state)
{
    struct unit unit = any_unit(4, 9, 1), read;
    char *folder = xasprintf("%s/full", root_folder()), *path = store_unit_path(folder, IDENTITY);
    struct rlimit before, small;
    struct error err;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t limit = 0; limit < 60000; limit += 9973) {
        small = (struct rlimit){limit, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        int rc = store_write(folder, &unit, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(rc, -1);
        assert_non_null(strstr(err.text, "File too large"));
        assert_int_equal(count_files(folder, "units"), 0);
    }
    assert_int_equal(store_write(folder, &unit, &err), 0);
    assert_int_equal(store_read(&read, path, &err), 0);
    unit_clear(&unit);
    unit_clear(&read);
    free(folder);
    free(path);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct unit unit = any_unit(1, 2, 0);
    char *file = xasprintf("%s/a-file", root_folder());
    struct error err;

    (void)state;
    assert_int_equal(output_write(file, "", 0, &err), 0);
    assert_int_equal(store_write(file, &unit, &err), -1);
    assert_non_null(strstr(err.text, "a-file"));
    unit_clear(&unit);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_or_changed_file_is_refused),
        cmocka_unit_test(what_a_file_claims_is_checked),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
    };

    return cmocka_run_group_tests_name("store_damage", tests, make_root, remove_root);
}
