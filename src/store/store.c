#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/search.h"
#include "store/ncfile.h"
#include "store/unit_info.h"

enum { MAX_FAILURE_BYTES = 1 << 16 }; /* of a record, when it is read */

char *store_unit_path(const char *results, const char *identity)
{
    return xasprintf("%s/units/%s.nc", results, identity);
}

bool store_has(const char *results, const char *identity)
{
    char *path = store_unit_path(results, identity);
    bool whole = ncfile_is_whole(path);

    free(path);
    return whole;
}

static bool is_unit_name(const char *name)
{
    size_t n = strlen(name);

    return n > 3 && strcmp(name + n - 3, ".nc") == 0 && name[0] != '.';
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int store_list(const char *results, char ***paths, int *n, struct error *err)
{
    char *folder = xasprintf("%s/units", results);
    DIR *dir = opendir(folder);
    size_t capacity = 0, count = 0;
    int rc = 0;

    *paths = NULL;
    *n = 0;
    if (!dir && errno != ENOENT)
        rc = fail(err, "%s: %s", folder, strerror(errno));
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!is_unit_name(entry->d_name))
            continue;
        *paths = array_grow(*paths, count, &capacity, sizeof **paths);
        (*paths)[count++] = xasprintf("%s/%s", folder, entry->d_name);
    }
    if (dir)
        closedir(dir);
    free(folder);
    *n = (int)count;
    if (count)
        qsort(*paths, count, sizeof **paths, compare_paths);
    return rc;
}

void store_list_free(char **paths, int n)
{
    for (int i = 0; i < n; i++)
        free(paths[i]);
    free(paths);
}

static char *failure_path(const char *results, const char *identity)
{
    return xasprintf("%s/failed/%s.txt", results, identity);
}

int store_write_failure(const char *results, const char *identity, const char *text, struct error *err)
{
    char *path = failure_path(results, identity), *folder = xasprintf("%s/failed", results);
    int rc = folder_make(folder, err);

    if (rc == 0)
        rc = output_write(path, text, strlen(text), err);
    free(folder);
    free(path);
    return rc;
}

bool store_has_failure(const char *results, const char *identity)
{
    char *path = failure_path(results, identity);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

char *store_read_failure(const char *results, const char *identity, struct error *err)
{
    char *path = failure_path(results, identity);
    size_t size;
    char *text = file_read(path, MAX_FAILURE_BYTES, &size, err);

    free(path);
    return text;
}

void store_clear_failure(const char *results, const char *identity)
{
    char *path = failure_path(results, identity);

    unlink(path);
    free(path);
}

static void unit_sample_clear(struct unit_sample *sample)
{
    for (int i = 0; sample->token_text && i < sample->n_tokens_recorded; i++)
        free(sample->token_text[i]);
    free(sample->token_text);
    free(sample->position);
    free(sample->token_id);
    free(sample->occurrences);
}

void unit_clear(struct unit *unit)
{
    for (int i = 0; unit->samples && i < unit->measurement.n_samples; i++)
        unit_sample_clear(&unit->samples[i]);
    free(unit->samples);
    measurement_clear(&unit->measurement);
    unit_info_clear(&unit->info);
    *unit = (struct unit){0};
}

int unit_sample_find(const struct unit_sample *sample, int32_t position)
{
    return search_i32(sample->position, sample->n_tokens_recorded, position);
}
