#include "summary/imported.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/output.h"
#include "summary/detection_record.h"
#include "summary/sinks_csv.h"

static void set_clear(struct imported_set *set)
{
    free(set->path);
    free(set->family);
    free(set->model);
    free(set->prompt_set);
}

void imported_list_clear(struct imported_list *list)
{
    for (int i = 0; i < list->n; i++)
        set_clear(&list->sets[i]);
    free(list->sets);
    *list = (struct imported_list){0};
}

/* ---- the first line ---- */

static int check_layers(long n_layers, struct error *err)
{
    if (n_layers < 1 || n_layers > MAX_LAYERS)
        return fail(err, "%ld layers; a model has 1 to %d", n_layers, MAX_LAYERS);
    return 0;
}

static int read_about(json_t *line, size_t number, void *context, struct error *err)
{
    struct imported_set *set = context;
    const char *family = NULL, *model = NULL, *prompt_set = NULL;
    long n_layers = 0, n_params = 0;

    if (number > 1)
        return 0;
    if (json_get_string(line, "imported.family", &family, err) ||
        json_get_string(line, "imported.model", &model, err) ||
        json_get_string(line, "imported.prompt_set", &prompt_set, err) ||
        json_get_long(line, "imported.n_layers", &n_layers, err) ||
        json_get_long(line, "imported.n_params", &n_params, err) || check_layers(n_layers, err))
        return -1;
    if (!family || !model || !prompt_set || n_params < 0)
        return fail(err, "not a file of imported records");
    set->family = xstrdup(family);
    set->model = xstrdup(model);
    set->prompt_set = xstrdup(prompt_set);
    set->n_layers = (int)n_layers;
    set->n_params = (uint64_t)n_params;
    return 0;
}

static int compare_sets(const void *a, const void *b)
{
    const struct imported_set *x = a, *y = b;
    int by_family = strcmp(x->family, y->family), by_model = strcmp(x->model, y->model);

    if (by_family)
        return by_family;
    if (x->n_params != y->n_params)
        return x->n_params < y->n_params ? -1 : 1;
    return by_model ? by_model : strcmp(x->prompt_set, y->prompt_set);
}

static int add_set(struct imported_list *list, size_t *capacity, const struct summary_settings *settings, char *path,
                   struct error *err)
{
    struct imported_set set = {.path = path};

    int rc = json_each_line(path, read_about, &set, err);

    if (rc == 0 && !set.model)
        rc = fail(err, "%s: empty", path);
    if (rc) {
        set_clear(&set);
        return -1;
    }
    if (settings->selects && !settings->selects(set.model, set.prompt_set, true, settings->context)) {
        set_clear(&set);
        return 0;
    }
    list->sets = array_grow(list->sets, (size_t)list->n, capacity, sizeof *list->sets);
    list->sets[list->n++] = set;
    return 0;
}

static bool is_set_name(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > 6 && strcmp(name + n - 6, ".jsonl") == 0;
}

int imported_list(struct imported_list *list, const struct summary_settings *settings, struct error *err)
{
    char *folder = xasprintf("%s/imported", settings->results);
    DIR *dir = opendir(folder);
    size_t capacity = 0;
    int rc = 0;

    *list = (struct imported_list){0};
    for (struct dirent *entry; rc == 0 && dir && (entry = readdir(dir));)
        if (is_set_name(entry->d_name))
            rc = add_set(list, &capacity, settings, xasprintf("%s/%s", folder, entry->d_name), err);
    if (dir)
        closedir(dir);
    free(folder);
    if (list->n)
        qsort(list->sets, (size_t)list->n, sizeof *list->sets, compare_sets);
    if (rc)
        imported_list_clear(list);
    return rc;
}

/* ---- the samples ---- */

struct gathering {
    struct summary *summary;
    struct csv *csv;
    const struct imported_set *set;
    struct tally *tally;
    int n_records;
};

static const struct sink_label missing_label = {SINK_MISSING, -1, -1, 0, NAN, NAN, NAN, NAN};

static void put_row(const struct gathering *g, int sample, const struct record_sink *sink)
{
    struct sink_label labels[N_RULES] = {{SINK_NONE, -1, -1, 0, NAN, NAN, NAN, NAN}, missing_label};
    struct sink_row row = {.family = g->set->family,
                           .model = g->set->model,
                           .prompt_set = g->set->prompt_set,
                           .sample = sample,
                           .position = sink ? sink->position : -1,
                           .token_id = sink ? sink->token_id : -1,
                           .label = labels,
                           .rule = RULE_PAPER};

    if (sink)
        labels[RULE_PAPER] = sink->label;
    sinks_csv_put(g->csv, &row);
}

/* The primary's row comes first, as for measured samples; tables keep in step with samples. */
static void add_record(const struct gathering *g, const struct detection_record *record)
{
    struct tally *tally = g->tally;
    int primary = detection_record_primary(record);

    layer_table_grow(&tally->primary_score, tally->n_layers);
    layer_table_grow(&tally->secondary_score, tally->n_layers);
    layer_table_grow(&tally->background_median, tally->n_layers);
    layer_table_grow(&tally->background_q99, tally->n_layers);
    tally->why[primary < 0 ? NO_PRIMARY_RECORD : PRIMARY_FOUND]++;
    tally->kinds[RULE_PAPER][SINK_NONE] += primary < 0;
    put_row(g, record->sample, primary < 0 ? NULL : &record->sinks[primary]);
    for (int i = 0; i < record->n_sinks; i++) {
        const struct record_sink *sink = &record->sinks[i];
        tally->kinds[RULE_PAPER][sink->label.kind]++;
        if (i == primary)
            sink_list_grow(&tally->primaries, tally->n_samples, &sink->label);
        else
            put_row(g, record->sample, sink);
        if (sink->label.kind == SINK_SECONDARY)
            sink_list_grow(&tally->secondaries, tally->n_samples, &sink->label);
    }
    tally->n_samples++;
    tally->n_tokens += record->n_tokens;
}

static int gather_line(json_t *line, size_t number, void *context, struct error *err)
{
    struct gathering *g = context;
    struct detection_record record;

    if (number == 1)
        return 0;
    if (detection_record_read(&record, line, g->n_records++, g->set->n_layers, err))
        return -1;
    add_record(g, &record);
    detection_record_clear(&record);
    return 0;
}

int imported_gather(struct summary *summary, struct csv *csv, const struct imported_set *set, struct error *err)
{
    struct gathering g = {.summary = summary, .csv = csv, .set = set};

    g.tally = summary_open_model(summary, set->family, set->model, set->n_params, set->n_layers, 0, true);
    return json_each_line(set->path, gather_line, &g, err);
}

/* ---- import ---- */

struct storing {
    FILE *stream;
    const struct imported_set *set;
    int n_records;
};

static int store_line(json_t *line, size_t number, void *context, struct error *err)
{
    struct storing *s = context;
    struct detection_record record;

    (void)number;
    if (detection_record_read(&record, line, s->n_records++, s->set->n_layers, err))
        return -1;
    detection_record_clear(&record);
    json_dumpf(line, s->stream, JSON_COMPACT);
    fputc('\n', s->stream);
    return 0;
}

static int store_about(FILE *stream, const struct imported_set *set, struct error *err)
{
    json_t *about =
        json_pack("{s:{s:s,s:s,s:s,s:i,s:I}}", "imported", "family", set->family, "model", set->model, "prompt_set",
                  set->prompt_set, "n_layers", set->n_layers, "n_params", (json_int_t)set->n_params);

    if (!about)
        return fail(err, "a name of family, model or prompt set is not UTF-8");
    json_dumpf(about, stream, JSON_COMPACT);
    fputc('\n', stream);
    json_decref(about);
    return 0;
}

/* A file name of the two labels: other characters than these become "_". */
static char *set_path(const char *results, const struct imported_set *set)
{
    char *name = xasprintf("%s+%s", set->model, set->prompt_set);

    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("+-._", *p))
            *p = '_';
    char *path = xasprintf("%s/imported/%s%s.jsonl", results, name[0] == '.' ? "_" : "", name);
    free(name);
    return path;
}

int imported_store(const char *results, const struct imported_set *set, const char *records, struct error *err)
{
    char *folder = xasprintf("%s/imported", results), *path = set_path(results, set);
    struct output output;
    int rc = check_layers(set->n_layers, err) || folder_make(folder, err) || output_open(&output, path, err) ? -1 : 0;

    free(folder);
    free(path);
    if (rc)
        return -1;
    struct storing s = {.stream = output.stream, .set = set};
    rc = store_about(output.stream, set, err);
    if (rc == 0)
        rc = json_each_line(records, store_line, &s, err);
    if (rc == 0 && s.n_records == 0)
        rc = fail(err, "%s: no records", records);
    if (rc == 0)
        return output_commit(&output, err);
    output_discard(&output);
    return -1;
}
