#include "grid/experiment_lists.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment_table.h"
#include "grid/sweep.h"

enum { MAX_ENTRIES = 1 << 20 }; /* models or prompt sets, arms counted */

/* ---- models and prompt sets ---- */

/* Appends a zeroed entry; growth by doubling, the length being the capacity's witness. */
static void *append(void *items, int n, size_t size)
{
    bool is_full = n == 0 || (n & (n - 1)) == 0;
    void *grown = is_full ? xrealloc(items, n ? 2 * (size_t)n : 1, size) : items;

    memset((char *)grown + (size_t)n * size, 0, size);
    return grown;
}

static char *make_label(const char *name, const char *arm)
{
    return *arm ? xasprintf("%s[%s]", name, arm) : xstrdup(name);
}

static char *make_where(const config_setting_t *group, const struct setting_source *source)
{
    char where[WHERE_SIZE];

    setting_where(group, source, where);
    return xstrdup(where);
}

/* The arm's name: of the sweep, or as a resolved copy states it. */
static void name_arm(char **arm, char *swept)
{
    if (*swept) {
        free(*arm);
        *arm = swept;
    } else {
        free(swept);
    }
}

static int store_model(struct experiment *experiment, const config_setting_t *group,
                       const struct setting_values *values, char *arm, const struct setting_source *source,
                       struct error *err)
{
    experiment->models = append(experiment->models, experiment->n_models, sizeof *experiment->models);
    struct experiment_model *model = &experiment->models[experiment->n_models++];

    model->precision = experiment->precision;
    int rc = settings_store(model_rows, values, source, model, err);
    name_arm(&model->arm, arm);
    if (rc != 0)
        return -1;
    if (!model->family)
        model->family = xstrdup(model->name);
    model->label = make_label(model->name, model->arm);
    model->where = make_where(group, source);
    return 0;
}

static int store_prompt_set(struct experiment *experiment, const config_setting_t *group,
                            const struct setting_values *values, char *arm, const struct setting_source *source,
                            struct error *err)
{
    experiment->prompt_sets =
        append(experiment->prompt_sets, experiment->n_prompt_sets, sizeof *experiment->prompt_sets);
    struct experiment_prompt_set *set = &experiment->prompt_sets[experiment->n_prompt_sets++];

    int rc = settings_store(prompt_set_rows, values, source, set, err);
    name_arm(&set->arm, arm);
    if (rc != 0)
        return -1;
    set->label = make_label(set->name, set->arm);
    set->where = make_where(group, source);
    return 0;
}

typedef int store_arm(struct experiment *, const config_setting_t *, const struct setting_values *, char *,
                      const struct setting_source *, struct error *);

/* One group of `models` or `prompt_sets`: every arm of it. */
static int read_entry(const struct setting_row *row, const config_setting_t *group, const struct setting_source *source,
                      struct experiment *experiment, store_arm *store, struct error *err)
{
    struct setting_values values, chosen;
    int n_arms, rc = 0;

    if (settings_collect(row->members, group, source, &values, err) != 0)
        return -1;
    n_arms = sweep_count(row->members, &values, source, err);
    if (n_arms < 0)
        return -1;
    if (experiment->n_models + experiment->n_prompt_sets + n_arms > MAX_ENTRIES) {
        fail(err, "more than %d entries", MAX_ENTRIES);
        return setting_fail_at(group, source, err);
    }
    for (int i = 0; i < n_arms && rc == 0; i++) {
        char *arm = sweep_arm(row->members, &values, i, &chosen);
        rc = store(experiment, group, &chosen, arm, source, err);
    }
    return rc;
}

static int fail_list(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                     struct error *err)
{
    fail(err, "\"%s\": %s where a list of groups ( { }, { } ) is expected", row->name, setting_kind(from));
    return setting_fail_at(from, source, err);
}

static int read_entries(const struct setting_row *row, const config_setting_t *from,
                        const struct setting_source *source, struct experiment *experiment, store_arm *store,
                        struct error *err)
{
    if (!config_setting_is_list(from))
        return fail_list(row, from, source, err);
    if (config_setting_length(from) == 0) {
        fail(err, "\"%s\" is empty", row->name);
        return setting_fail_at(from, source, err);
    }
    for (int i = 0; i < config_setting_length(from); i++)
        if (read_entry(row, config_setting_get_elem(from, (unsigned)i), source, experiment, store, err) != 0)
            return -1;
    return 0;
}

static int read_models(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                       void *field, struct error *err)
{
    return read_entries(row, from, source, field, store_model, err);
}

static int read_prompt_sets(const struct setting_row *row, const config_setting_t *from,
                            const struct setting_source *source, void *field, struct error *err)
{
    return read_entries(row, from, source, field, store_prompt_set, err);
}

static void write_groups(const struct setting_row *rows, const void *items, int n, size_t size, FILE *out)
{
    fputs(n ? "(\n" : "(", out);
    for (int i = 0; i < n; i++) {
        fputs("  {\n", out);
        settings_write(rows, (const char *)items + (size_t)i * size, 4, out);
        fputs(i + 1 < n ? "  },\n" : "  }\n", out);
    }
    fputc(')', out);
}

static void write_models(const struct setting_row *row, const void *field, FILE *out)
{
    const struct experiment *experiment = field;

    write_groups(row->members, experiment->models, experiment->n_models, sizeof *experiment->models, out);
}

static void write_prompt_sets(const struct setting_row *row, const void *field, FILE *out)
{
    const struct experiment *experiment = field;

    write_groups(row->members, experiment->prompt_sets, experiment->n_prompt_sets, sizeof *experiment->prompt_sets,
                 out);
}

static void clear_models(const struct setting_row *row, void *field)
{
    struct experiment *experiment = field;

    (void)row;
    for (int i = 0; i < experiment->n_models; i++) {
        settings_clear(model_rows, &experiment->models[i]);
        free(experiment->models[i].label);
        free(experiment->models[i].where);
    }
    free(experiment->models);
}

static void clear_prompt_sets(const struct setting_row *row, void *field)
{
    struct experiment *experiment = field;

    (void)row;
    for (int i = 0; i < experiment->n_prompt_sets; i++) {
        settings_clear(prompt_set_rows, &experiment->prompt_sets[i]);
        free(experiment->prompt_sets[i].label);
        free(experiment->prompt_sets[i].where);
    }
    free(experiment->prompt_sets);
}

const struct setting_type type_models = {
    .name = "a list", .read = read_models, .write = write_models, .clear = clear_models, .nested = true};
const struct setting_type type_prompt_sets = {
    .name = "a list", .read = read_prompt_sets, .write = write_prompt_sets, .clear = clear_prompt_sets, .nested = true};

/* ---- filters ---- */

static int read_filter(const struct setting_row *row, const config_setting_t *group,
                       const struct setting_source *source, struct experiment_filter *filter, struct error *err)
{
    struct setting_values values;

    if (settings_collect(filter_rows, group, source, &values, err) != 0)
        return -1;
    if (config_setting_length(group) == 0) {
        fail(err, "\"%s\": a filter without a key", row->name);
        return setting_fail_at(group, source, err);
    }
    return settings_store(filter_rows, &values, source, filter, err);
}

static int read_filters(const struct setting_row *row, const config_setting_t *from,
                        const struct setting_source *source, void *field, struct error *err)
{
    struct filter_list *list = field;
    int n = config_setting_length(from);

    if (!config_setting_is_list(from))
        return fail_list(row, from, source, err);
    list->items = xcalloc((size_t)n, sizeof *list->items);
    list->n = n;
    for (int i = 0; i < n; i++)
        if (read_filter(row, config_setting_get_elem(from, (unsigned)i), source, &list->items[i], err) != 0)
            return -1;
    return 0;
}

static void write_filter(const struct experiment_filter *filter, FILE *out)
{
    fputc('{', out);
    for (const struct setting_row *row = filter_rows; row->name; row++) {
        const char *text = *(char *const *)((const char *)filter + row->offset);
        if (!text)
            continue;
        fprintf(out, " %s = ", row->name);
        setting_write_quoted(text, out);
        fputc(';', out);
    }
    fputs(" }", out);
}

static void write_filters(const struct setting_row *row, const void *field, FILE *out)
{
    const struct filter_list *list = field;

    (void)row;
    fputc('(', out);
    for (int i = 0; i < list->n; i++) {
        fputs(i ? ",\n  " : "\n  ", out);
        write_filter(&list->items[i], out);
    }
    fputs(list->n ? "\n)" : ")", out);
}

static void clear_filters(const struct setting_row *row, void *field)
{
    struct filter_list *list = field;

    (void)row;
    for (int i = 0; i < list->n; i++)
        settings_clear(filter_rows, &list->items[i]);
    free(list->items);
    *list = (struct filter_list){0};
}

const struct setting_type type_filters = {
    .name = "a list", .read = read_filters, .write = write_filters, .clear = clear_filters, .nested = true};
