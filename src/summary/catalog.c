#include "summary/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "grid/manifest.h"
#include "summary/sinks.h"

static void unit_clear_entry(struct catalog_unit *unit)
{
    free(unit->path);
    free(unit->counts);
    unit_header_clear(&unit->header);
}

void catalog_clear(struct catalog *catalog)
{
    for (int i = 0; i < catalog->n_units; i++)
        unit_clear_entry(&catalog->units[i]);
    free(catalog->units);
    *catalog = (struct catalog){0};
}

/* ---- orders ---- */

static int compare_models(const struct unit_info *a, const struct unit_info *b)
{
    int by_family = strcmp(a->family, b->family);

    if (by_family)
        return by_family;
    if (a->n_params != b->n_params)
        return a->n_params < b->n_params ? -1 : 1;
    return strcmp(a->model, b->model);
}

static int compare_sets(const struct catalog_unit *a, const struct catalog_unit *b)
{
    int by_model = compare_models(&a->header.info, &b->header.info);

    return by_model ? by_model : strcmp(a->header.info.prompt_set, b->header.info.prompt_set);
}

static int compare_times(struct timespec a, struct timespec b)
{
    if (a.tv_sec != b.tv_sec)
        return a.tv_sec < b.tv_sec ? -1 : 1;
    return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

/* Within a prompt set of a model: whose samples count first. */
static int compare_precedence(const void *a, const void *b)
{
    const struct catalog_unit *x = a, *y = b;
    int by_set = compare_sets(x, y);
    bool x_whole = unit_is_complete(&x->header.info), y_whole = unit_is_complete(&y->header.info);

    if (by_set)
        return by_set;
    if (x_whole != y_whole)
        return x_whole ? -1 : 1;
    if (x->listed != y->listed)
        return x->listed ? -1 : 1;
    int by_time = compare_times(y->written, x->written);
    return by_time ? by_time : strcmp(x->path, y->path);
}

static int first_sample(const struct catalog_unit *unit)
{
    int least = INT32_MAX;

    for (int i = 0; i < unit->header.n_samples; i++)
        if (unit->counts[i] && unit->header.samples[i] < least)
            least = unit->header.samples[i];
    return least;
}

static int compare_final(const void *a, const void *b)
{
    const struct catalog_unit *x = a, *y = b;
    int by_set = compare_sets(x, y), first_x, first_y;

    if (by_set)
        return by_set;
    first_x = first_sample(x);
    first_y = first_sample(y);
    if (first_x != first_y)
        return first_x < first_y ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* ---- which samples count ---- */

struct claim {
    int sample, layer_begin, layer_end;
};

static int compare_claims(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    return (x->sample > y->sample) - (x->sample < y->sample);
}

/* Claims the samples of units [begin, end), one prompt set of one model in order of precedence. */
static void claim_samples(struct catalog *catalog, int begin, int end)
{
    struct claim *taken = NULL;
    size_t n = 0, capacity = 0;

    for (int u = begin; u < end; u++) {
        struct catalog_unit *unit = &catalog->units[u];
        const struct unit_info *info = &unit->header.info;
        size_t before = n;
        for (int i = 0; i < unit->header.n_samples; i++) {
            struct claim claim = {unit->header.samples[i], info->layer_begin, info->layer_end};
            const struct claim *other = before ? bsearch(&claim, taken, before, sizeof claim, compare_claims) : NULL;
            unit->counts[i] = !other;
            catalog->n_repeated +=
                other && other->layer_begin == claim.layer_begin && other->layer_end == claim.layer_end;
            if (other)
                continue;
            taken = array_grow(taken, n, &capacity, sizeof *taken);
            taken[n++] = claim;
        }
        if (n)
            qsort(taken, n, sizeof *taken, compare_claims);
    }
    free(taken);
}

static void claim_all(struct catalog *catalog)
{
    struct catalog_unit *units = catalog->units;
    int n = catalog->n_units;

    if (n)
        qsort(units, (size_t)n, sizeof *units, compare_precedence);
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && compare_sets(&units[begin], &units[end]) == 0; end++)
            ;
        claim_samples(catalog, begin, end);
    }
    if (n)
        qsort(units, (size_t)n, sizeof *units, compare_final);
}

/* ---- reading ---- */

static int check_models(const struct catalog *catalog, struct error *err)
{
    for (int i = 1; i < catalog->n_units; i++) {
        const struct unit_info *a = &catalog->units[i - 1].header.info, *b = &catalog->units[i].header.info;
        if (strcmp(a->model, b->model) == 0 && strcmp(a->family, b->family) == 0 &&
            (a->n_layers != b->n_layers || a->n_heads != b->n_heads || a->n_params != b->n_params))
            return fail(err, "%s: model %s has %d layers, %d heads here, %d and %d in %s", catalog->units[i].path,
                        b->model, b->n_layers, b->n_heads, a->n_layers, a->n_heads, catalog->units[i - 1].path);
    }
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct manifest_entry *x = a, *y = b;

    return strcmp(x->identity, y->identity);
}

static bool is_listed(const struct manifest *manifest, const char *identity)
{
    struct manifest_entry key;

    memcpy(key.identity, identity, sizeof key.identity);
    return manifest->n_entries &&
           bsearch(&key, manifest->entries, (size_t)manifest->n_entries, sizeof *manifest->entries, compare_entries);
}

/* A folder without a readable list lists nothing: every unit is as good as another. */
static void read_list(struct manifest *manifest, const char *results)
{
    *manifest = (struct manifest){0};
    if (manifest_read(manifest, results, NULL) != 0)
        *manifest = (struct manifest){0};
    manifest->n_entries += manifest->n_earlier; /* of other models and prompt sets: as good */
    manifest->n_earlier = 0;
    if (manifest->n_entries)
        qsort(manifest->entries, (size_t)manifest->n_entries, sizeof *manifest->entries, compare_entries);
}

static void read_unit(struct catalog *catalog, size_t *capacity, const struct manifest *manifest, const char *path,
                      bool (*selects)(const struct unit_info *, const void *), const void *context)
{
    struct catalog_unit unit = {0};
    struct stat status;
    struct error err;

    if (store_read_header(&unit.header, path, &err) != 0) {
        log_error("%s", err.text);
        catalog->n_damaged++;
        return;
    }
    if (selects && !selects(&unit.header.info, context)) {
        unit_header_clear(&unit.header);
        return;
    }
    unit.path = xstrdup(path);
    unit.written = stat(path, &status) == 0 ? status.st_mtim : (struct timespec){0};
    unit.listed = is_listed(manifest, unit.header.info.identity);
    unit.counts = xcalloc((size_t)unit.header.n_samples, sizeof *unit.counts);
    catalog->units = array_grow(catalog->units, (size_t)catalog->n_units, capacity, sizeof *catalog->units);
    catalog->units[catalog->n_units++] = unit;
}

int catalog_read(struct catalog *catalog, const char *results,
                 bool (*selects)(const struct unit_info *info, const void *context), const void *context,
                 struct error *err)
{
    struct manifest manifest;
    size_t capacity = 0;
    char **paths;
    int n;

    *catalog = (struct catalog){0};
    if (store_list(results, &paths, &n, err))
        return -1;
    read_list(&manifest, results);
    for (int i = 0; i < n; i++)
        read_unit(catalog, &capacity, &manifest, paths[i], selects, context);
    store_list_free(paths, n);
    manifest_clear(&manifest);
    claim_all(catalog);
    if (check_models(catalog, err) == 0)
        return 0;
    catalog_clear(catalog);
    return -1;
}
