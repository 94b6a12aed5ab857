#include "command/status_report.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/store.h"

const char *const pipeline_state_names[N_PIPELINE_STATES] = {"missing", "done", "running", "failed"};

/* ---- names in a folder ---- */

/* Identities of the files <identity><suffix> in a folder, sorted. */
struct identities {
    char (*items)[SHA256_HEX_SIZE];
    size_t n, capacity;
};

static int compare_identities(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_name(struct identities *list, const char *name, const char *suffix)
{
    if (strlen(name) != SHA256_HEX_SIZE - 1 + strlen(suffix) || strcmp(name + SHA256_HEX_SIZE - 1, suffix) != 0)
        return;
    list->items = array_grow(list->items, list->n, &list->capacity, sizeof *list->items);
    memcpy(list->items[list->n], name, SHA256_HEX_SIZE - 1);
    list->items[list->n++][SHA256_HEX_SIZE - 1] = '\0';
}

/* A folder that is not there holds nothing. */
static int list_folder(const char *results, const char *folder, const char *suffix, struct identities *list,
                       struct error *err)
{
    char *path = xasprintf("%s/%s", results, folder);
    DIR *dir = opendir(path);
    int rc = 0;

    if (!dir && errno != ENOENT)
        rc = fail(err, "%s: %s", path, strerror(errno));
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        add_name(list, entry->d_name, suffix);
    if (dir)
        closedir(dir);
    if (list->n > 0)
        qsort(list->items, list->n, sizeof *list->items, compare_identities);
    free(path);
    return rc;
}

static bool contains(const struct identities *list, const char *identity)
{
    return list->n > 0 && bsearch(identity, list->items, list->n, sizeof *list->items, compare_identities);
}

/* ---- states ---- */

static bool is_running(const struct status_report *report, const char *identity)
{
    for (int i = 0; report->is_alive && i < report->heartbeat.n_units; i++)
        if (strcmp(report->heartbeat.units[i].identity, identity) == 0)
            return true;
    return false;
}

static char *read_failure(const char *results, const char *identity)
{
    struct error err;
    char *text = store_read_failure(results, identity, &err);

    return text ? text : xstrdup(err.text);
}

static void set_state(struct status_report *report, int i, enum pipeline_state state)
{
    const struct manifest_entry *entry = &report->manifest.entries[i];

    report->states[i] = state;
    report->count[state]++;
    report->flop_total += entry->flop;
    if (state == PIPELINE_DONE)
        report->flop_done += entry->flop;
    if (state == PIPELINE_FAILED && report->count[state] <= STATUS_MAX_TEXTS)
        report->failures[i] = read_failure(report->results, entry->identity);
}

/* What is done counts before all else: a failure's text may outlive it by a moment. */
static void classify(struct status_report *report, const struct identities *units, const struct identities *failed)
{
    for (int i = 0; i < report->manifest.n_entries; i++) {
        const char *identity = report->manifest.entries[i].identity;
        if (contains(units, identity))
            set_state(report, i, PIPELINE_DONE);
        else if (is_running(report, identity))
            set_state(report, i, PIPELINE_RUNNING);
        else if (contains(failed, identity))
            set_state(report, i, PIPELINE_FAILED);
        else
            set_state(report, i, PIPELINE_MISSING);
    }
    report->n_foreign = (int)units->n - report->count[PIPELINE_DONE];
}

/* A heartbeat is a sign of life while it says so and is not much older than its interval. */
static void take_pulse(struct status_report *report)
{
    enum { MISSED_BEATS = 12 };
    const struct heartbeat *heartbeat = &report->heartbeat;

    report->seconds_left = -1;
    report->age = heartbeat_age(report->results);
    report->has_heartbeat = report->age >= 0 && heartbeat_read(report->results, &report->heartbeat, NULL) == 0;
    bool at_work = report->has_heartbeat &&
                   (strcmp(heartbeat->state, "running") == 0 || strcmp(heartbeat->state, "stopping") == 0);
    report->is_alive = at_work && report->age < MISSED_BEATS * HEARTBEAT_SECONDS && !heartbeat_is_orphaned(heartbeat);
    if (report->is_alive && heartbeat->seconds_left >= 0)
        report->seconds_left = heartbeat->seconds_left > report->age ? heartbeat->seconds_left - report->age : 0;
}

int status_report_init(struct status_report *report, const char *results, struct manifest *manifest, struct error *err)
{
    struct identities units = {0}, failed = {0};

    *report = (struct status_report){.results = xstrdup(results), .manifest = *manifest};
    *manifest = (struct manifest){0};
    report->states = xcalloc((size_t)report->manifest.n_entries, sizeof *report->states);
    report->failures = xcalloc((size_t)report->manifest.n_entries, sizeof *report->failures);
    int rc = list_folder(results, "units", ".nc", &units, err);
    if (rc == 0)
        rc = list_folder(results, "failed", ".txt", &failed, err);
    if (rc == 0) {
        take_pulse(report);
        classify(report, &units, &failed);
    } else {
        status_report_clear(report);
    }
    free(units.items);
    free(failed.items);
    return rc;
}

void status_report_clear(struct status_report *report)
{
    for (int i = 0; i < report->manifest.n_entries; i++)
        free(report->failures[i]);
    free(report->failures);
    free(report->states);
    manifest_clear(&report->manifest);
    free(report->results);
    *report = (struct status_report){0};
}
