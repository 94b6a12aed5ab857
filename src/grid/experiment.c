#include "grid/experiment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/config_text.h"
#include "grid/experiment_check.h"
#include "grid/experiment_table.h"
#include "grid/override.h"
#include "grid/path.h"

enum { FILE_LIMIT = 1 << 24 }; /* bytes */

/* ---- parsing ---- */

static int fail_syntax(const config_t *config, const char *file, struct error *err)
{
    const char *included = config_error_file(config); /* NULL in the main file */

    return fail(err, "%s:%d: %s", included ? included : file, config_error_line(config), config_error_text(config));
}

static int parse_text(config_t *config, const struct setting_source *source, const char *text, size_t size,
                      struct error *err)
{
    if (config_text_check(text, size, source->file, source->folder, err) != 0)
        return -1;
    char *copy = xstrndup(text, size);
    int ok = config_read_string(config, copy);
    free(copy);
    return ok ? 0 : fail_syntax(config, source->file, err);
}

static int apply_overrides(config_t *config, const struct experiment_overrides *overrides, struct error *err)
{
    for (int i = 0; i < overrides->set.n; i++)
        if (override_apply(config, overrides->set.items[i], err) != 0)
            return -1;
    return 0;
}

static void copy_list(struct string_list *to, const struct string_list *from)
{
    to->items = xcalloc((size_t)from->n, sizeof *to->items);
    for (int i = 0; i < from->n; i++)
        to->items[to->n++] = xstrdup(from->items[i]);
}

static int set_results(struct experiment *experiment, struct error *err)
{
    char *folder = path_working_directory(err);

    if (!folder)
        return -1;
    experiment->results = xasprintf("%s/results/%s", folder, experiment->name);
    free(folder);
    return 0;
}

/* Whether there are layers for so many stages is known when the models are. */
static char *find_stages(config_t *config, const struct setting_source *source)
{
    const config_setting_t *setting = config_lookup(config, "pipeline.cuts");
    char where[WHERE_SIZE];

    if (!setting)
        setting = config_lookup(config, "pipeline.stages");
    if (!setting)
        return NULL;
    setting_where(setting, source, where);
    return xstrdup(where);
}

/* From a parsed configuration to the struct. */
static int read_config(struct experiment *experiment, config_t *config, const struct setting_source *source,
                       struct error *err)
{
    struct setting_values values;

    if (settings_collect(experiment_rows, config_root_setting(config), source, &values, err) != 0 ||
        settings_store(experiment_rows, &values, source, experiment, err) != 0)
        return -1;
    if (!experiment->results && set_results(experiment, err) != 0)
        return -1;
    experiment->stages_where = find_stages(config, source);
    return experiment_check_values(experiment, config, source, err);
}

static int fill(struct experiment *experiment, const struct setting_source *source, const char *text, size_t size,
                const struct experiment_overrides *overrides, struct error *err)
{
    config_t config;
    int rc = -1;

    config_init(&config);
    config_set_include_dir(&config, source->folder);
    if (overrides) {
        copy_list(&experiment->only_models, &overrides->models);
        copy_list(&experiment->only_prompt_sets, &overrides->prompt_sets);
        copy_list(&experiment->only_tags, &overrides->tags);
    }
    if (parse_text(&config, source, text, size, err) == 0 &&
        (!overrides || apply_overrides(&config, overrides, err) == 0))
        rc = read_config(experiment, &config, source, err);
    config_destroy(&config);
    return rc;
}

struct experiment *experiment_parse(const char *text, size_t size, const char *file,
                                    const struct experiment_overrides *overrides, struct error *err)
{
    char *folder = path_folder(file, err);
    struct setting_source source = {.file = file, .folder = folder};

    if (!folder)
        return NULL;
    struct experiment *experiment = xcalloc(1, sizeof *experiment);
    experiment->file = xstrdup(file);
    experiment->text = xstrndup(text, size);
    if (fill(experiment, &source, text, size, overrides, err) != 0) {
        experiment_destroy(experiment);
        experiment = NULL;
    }
    free(folder);
    return experiment;
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where the copy lies counts, not what it says: results may have been moved. */
static int move_results(struct experiment *experiment, const char *folder, struct error *err)
{
    char *here = path_working_directory(err);

    if (!here)
        return -1;
    free(experiment->results);
    experiment->results = *folder == '/' ? xstrdup(folder) : xasprintf("%s/%s", here, folder);
    free(here);
    return 0;
}

struct experiment *experiment_load(const char *path, const struct experiment_overrides *overrides, struct error *err)
{
    bool from_results = is_folder(path);
    char *file = from_results ? xasprintf("%s/experiment.cfg", path) : xstrdup(path);
    struct experiment *experiment = NULL;
    size_t size;
    char *text = file_read(file, FILE_LIMIT, &size, err);

    if (text)
        experiment = experiment_parse(text, size, file, overrides, err);
    if (experiment && from_results && move_results(experiment, path, err) != 0) {
        experiment_destroy(experiment);
        experiment = NULL;
    }
    free(text);
    free(file);
    return experiment;
}

void experiment_destroy(struct experiment *experiment)
{
    if (!experiment)
        return;
    settings_clear(experiment_rows, experiment);
    type_texts.clear(NULL, &experiment->only_models);
    type_texts.clear(NULL, &experiment->only_prompt_sets);
    type_texts.clear(NULL, &experiment->only_tags);
    free(experiment->stages_where);
    free(experiment->file);
    free(experiment->text);
    free(experiment);
}

/* ---- texts ---- */

char *experiment_resolved_text(const struct experiment *experiment)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return xstrdup("");
    settings_write(experiment_rows, experiment, 0, out);
    fclose(out);
    return text;
}

/* The default and, for numbers, the limits. */
static void describe(const struct setting_row *row, char *text, size_t size)
{
    const char *value = row->flags & SETTING_REQUIRED ? "required" : row->fallback ? row->fallback : "";

    if (row->greatest > row->least && row->greatest < 1e9)
        snprintf(text, size, "%s  (%g ... %g)", value, row->least, row->greatest);
    else
        snprintf(text, size, "%s", value);
}

static void list_setting(const struct setting_row *row, const char *key, FILE *out)
{
    char value[64];

    describe(row, value, sizeof value);
    fprintf(out, "  %-24s%c %-24s %s", key, row->flags & SETTING_SWEEP ? '*' : ' ', value, row->meaning);
    for (int i = 0; row->choices && row->choices[i]; i++)
        fprintf(out, "%s%s", i ? " | " : ": ", row->choices[i]);
    fputc('\n', out);
}

/* A table, the tables of its groups and lists after it. */
static void list_settings(const struct setting_row *rows, const char *prefix, FILE *out)
{
    char key[64];

    for (const struct setting_row *row = rows; row->name; row++) {
        if (row->flags & SETTING_HIDDEN)
            continue;
        snprintf(key, sizeof key, "%s%s", prefix, row->name);
        if (!row->members)
            list_setting(row, key, out);
    }
    for (const struct setting_row *row = rows; row->name; row++) {
        if (!row->members)
            continue;
        fprintf(out, "\n  %s: %s\n\n", row->name, row->meaning);
        snprintf(key, sizeof key, "%s.", row->name);
        list_settings(row->members, key, out);
    }
}

char *experiment_settings_text(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return xstrdup("");
    fputs("  key                      default  (limits)         meaning (*: may be a list of values, one arm each)\n\n",
          out);
    list_settings(experiment_rows, "", out);
    fclose(out);
    return text;
}
