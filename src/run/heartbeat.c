#include "run/heartbeat.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/output.h"

static char *path_of(const char *results)
{
    return xasprintf("%s/heartbeat.json", results);
}

/* A file server's clock may be ahead of ours. */
double heartbeat_age(const char *results)
{
    char *path = path_of(results);
    struct stat facts;
    double age = -1;

    if (stat(path, &facts) == 0)
        age = fmax(difftime(time(NULL), facts.st_mtime), 0);
    free(path);
    return age;
}

bool heartbeat_is_orphaned(const struct heartbeat *heartbeat)
{
    char here[HEARTBEAT_NAME_SIZE] = "";

    gethostname(here, sizeof here - 1);
    return strcmp(heartbeat->host, here) == 0 && kill((pid_t)heartbeat->pid, 0) != 0 && errno == ESRCH;
}

/* ---- writing ---- */

static json_t *unit_to_json(const struct heartbeat_unit *unit)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f}", "identity", unit->identity, "model", unit->model,
                     "prompt_set", unit->prompt_set, "sample_begin", unit->sample_begin, "sample_end", unit->sample_end,
                     "stages", unit->n_stages, "attempt", unit->attempt, "seconds", unit->seconds);
}

static json_t *to_json(const struct heartbeat *h)
{
    json_t *units = json_array();
    json_t *counts = json_pack("{s:i, s:i, s:i, s:i, s:i}", "total", h->total, "stored", h->stored, "running",
                               h->running, "failed", h->failed, "waiting", h->waiting);

    for (int i = 0; i < h->n_units; i++)
        json_array_append_new(units, unit_to_json(&h->units[i]));
    return json_pack("{s:s, s:s, s:I, s:f, s:f, s:i, s:o, s:f, s:f, s:f, s:f, s:o}", "state", h->state, "host", h->host,
                     "pid", (json_int_t)h->pid, "started", h->started, "updated", h->updated, "ranks", h->n_ranks,
                     "units", counts, "tokens_done", h->tokens_done, "tokens_total", h->tokens_total,
                     "tokens_per_second", h->tokens_per_second, "seconds_left", h->seconds_left, "running", units);
}

/* Renamed into place without waiting for the disk, unlike base/output. */
static int replace(const char *path, const char *text, struct error *err)
{
    char *temporary = output_temporary(path);
    FILE *file = fopen(temporary, "we");
    int rc = file ? 0 : -1;

    if (file && fputs(text, file) < 0)
        rc = -1;
    if (file && fclose(file) != 0)
        rc = -1;
    if (rc == 0)
        rc = rename(temporary, path);
    if (rc != 0) {
        fail(err, "%s: %s", path, strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    return rc;
}

int heartbeat_write(const char *results, const struct heartbeat *heartbeat, struct error *err)
{
    json_t *root = to_json(heartbeat);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) : NULL, *path = path_of(results);
    int rc = text ? replace(path, text, err) : fail(err, "%s: not representable as JSON", path);

    json_decref(root);
    free(text);
    free(path);
    return rc;
}

/* ---- reading ---- */

static int get_int(const json_t *object, const char *name, int *value, struct error *err)
{
    long wide = 0;

    if (json_get_long(object, name, &wide, err) != 0)
        return -1;
    *value = (int)wide;
    return 0;
}

static int get_text(const json_t *object, const char *name, char *to, size_t size, struct error *err)
{
    const char *text = "";

    if (json_get_string(object, name, &text, err) != 0)
        return -1;
    snprintf(to, size, "%s", text);
    return 0;
}

static int unit_from_json(const json_t *from, struct heartbeat_unit *unit, struct error *err)
{
    return get_text(from, "identity", unit->identity, sizeof unit->identity, err) ||
           get_text(from, "model", unit->model, sizeof unit->model, err) ||
           get_text(from, "prompt_set", unit->prompt_set, sizeof unit->prompt_set, err) ||
           get_int(from, "sample_begin", &unit->sample_begin, err) ||
           get_int(from, "sample_end", &unit->sample_end, err) || get_int(from, "stages", &unit->n_stages, err) ||
           get_int(from, "attempt", &unit->attempt, err) || json_get_double(from, "seconds", &unit->seconds, err);
}

static int counts_from_json(const json_t *root, struct heartbeat *h, struct error *err)
{
    return get_int(root, "units.total", &h->total, err) || get_int(root, "units.stored", &h->stored, err) ||
           get_int(root, "units.running", &h->running, err) || get_int(root, "units.failed", &h->failed, err) ||
           get_int(root, "units.waiting", &h->waiting, err);
}

static int from_json(const json_t *root, struct heartbeat *h, struct error *err)
{
    const json_t *units = json_member(root, "running");
    const struct {
        const char *name;
        double *value;
    } numbers[] = {
        {"started", &h->started},
        {"updated", &h->updated},
        {"tokens_done", &h->tokens_done},
        {"tokens_total", &h->tokens_total},
        {"tokens_per_second", &h->tokens_per_second},
        {"seconds_left", &h->seconds_left},
    };

    if (get_text(root, "state", h->state, sizeof h->state, err) != 0 ||
        get_text(root, "host", h->host, sizeof h->host, err) != 0 || json_get_long(root, "pid", &h->pid, err) != 0 ||
        get_int(root, "ranks", &h->n_ranks, err) != 0 || counts_from_json(root, h, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (json_get_double(root, numbers[i].name, numbers[i].value, err) != 0)
            return -1;
    for (size_t i = 0; i < json_array_size(units) && h->n_units < HEARTBEAT_MAX_RUNNING; i++)
        if (unit_from_json(json_array_get(units, i), &h->units[h->n_units++], err) != 0)
            return -1;
    return 0;
}

int heartbeat_read(const char *results, struct heartbeat *heartbeat, struct error *err)
{
    char *path = path_of(results);
    json_t *root = json_read_file(path, err);
    int rc = -1;

    *heartbeat = (struct heartbeat){.tokens_per_second = -1, .seconds_left = -1};
    if (root && from_json(root, heartbeat, err) == 0)
        rc = 0;
    else if (root)
        fail_prefix(err, "%s", path);
    json_decref(root);
    free(path);
    return rc;
}
