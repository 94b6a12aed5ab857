#include "grid/setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"

/* ---- places ---- */

/* A hook holds the text of the --set that made the setting: see override.c. */
static const char *hook_of(const config_setting_t *setting)
{
    for (; setting; setting = config_setting_parent(setting))
        if (config_setting_get_hook(setting))
            return config_setting_get_hook(setting);
    return NULL;
}

void setting_where(const config_setting_t *setting, const struct setting_source *source, char where[WHERE_SIZE])
{
    const char *hook = hook_of(setting);
    const char *file = config_setting_source_file(setting); /* NULL in the main file */

    if (hook)
        snprintf(where, WHERE_SIZE, "--set %s", hook);
    else if (config_setting_is_root(setting))
        snprintf(where, WHERE_SIZE, "%s", source->file);
    else
        snprintf(where, WHERE_SIZE, "%s:%u", file ? file : source->file, config_setting_source_line(setting));
}

int setting_fail_at(const config_setting_t *setting, const struct setting_source *source, struct error *err)
{
    char where[WHERE_SIZE];

    setting_where(setting, source, where);
    return fail_prefix(err, "%s", where);
}

const char *setting_kind(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "an integer";
    case CONFIG_TYPE_FLOAT:
        return "a number";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    case CONFIG_TYPE_LIST:
        return "a list ( )";
    default:
        return "nothing";
    }
}

/* ---- members ---- */

static bool is_known(const struct setting_row *rows, const char *key)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, key) == 0)
            return true;
    return false;
}

static int fail_unknown(const struct setting_row *rows, const config_setting_t *member,
                        const struct setting_source *source, struct error *err)
{
    const char *names[MAX_SETTINGS], *key = config_setting_name(member);
    size_t n = 0;

    for (; rows[n].name; n++)
        names[n] = rows[n].name;
    const char *nearest = nearest_name(key, names, n);
    fail(err, "unknown key \"%s\"%s%s%s", key, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
         nearest ? "\"?" : "");
    return setting_fail_at(member, source, err);
}

int settings_collect(const struct setting_row *rows, const config_setting_t *group, const struct setting_source *source,
                     struct setting_values *values, struct error *err)
{
    if (!config_setting_is_group(group)) {
        fail(err, "%s where a group { } is expected", setting_kind(group));
        return setting_fail_at(group, source, err);
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        if (!is_known(rows, config_setting_name(member)))
            return fail_unknown(rows, member, source, err);
    }
    for (size_t i = 0; rows[i].name; i++) {
        values->from[i] = config_setting_get_member(group, rows[i].name);
        if (!values->from[i] && (rows[i].flags & SETTING_REQUIRED)) {
            fail(err, "\"%s\" is missing", rows[i].name);
            return setting_fail_at(group, source, err);
        }
    }
    return 0;
}

static int store_value(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                       void *object, struct error *err)
{
    if (row->type->read(row, from, source, (char *)object + row->offset, err) == 0)
        return 0;
    if (row->type->nested)
        return -1;
    fail_prefix(err, "\"%s\"", row->name);
    return setting_fail_at(from, source, err);
}

static int store_default(const struct setting_row *row, const struct setting_source *source, void *object,
                         struct error *err)
{
    config_t config;
    char text[256];
    int rc = -1;

    snprintf(text, sizeof text, "value = %s;", row->fallback);
    config_init(&config);
    if (config_read_string(&config, text))
        rc = store_value(row, config_lookup(&config, "value"), source, object, err);
    else
        fail(err, "default of \"%s\": %s", row->name, config_error_text(&config));
    config_destroy(&config);
    return rc;
}

int settings_store(const struct setting_row *rows, const struct setting_values *values,
                   const struct setting_source *source, void *object, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rows[i].name && rc == 0; i++) {
        if (values->from[i])
            rc = store_value(&rows[i], values->from[i], source, object, err);
        else if (rows[i].fallback)
            rc = store_default(&rows[i], source, object, err);
    }
    return rc;
}

void settings_clear(const struct setting_row *rows, void *object)
{
    for (; rows->name; rows++)
        if (rows->type->clear)
            rows->type->clear(rows, (char *)object + rows->offset);
}

void settings_write(const struct setting_row *rows, const void *object, int indent, FILE *out)
{
    for (; rows->name; rows++) {
        fprintf(out, "%*s%s = ", indent, "", rows->name);
        rows->type->write(rows, (const char *)object + rows->offset, out);
        fputs(";\n", out);
    }
}

/* ---- a group within a group ---- */

static int read_group(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                      void *field, struct error *err)
{
    struct setting_values values;

    if (settings_collect(row->members, from, source, &values, err) != 0)
        return -1;
    return settings_store(row->members, &values, source, field, err);
}

static void write_group(const struct setting_row *row, const void *field, FILE *out)
{
    fputs("{\n", out);
    settings_write(row->members, field, 2, out);
    fputc('}', out);
}

static void clear_group(const struct setting_row *row, void *field)
{
    settings_clear(row->members, field);
}

const struct setting_type type_group = {
    .name = "a group", .read = read_group, .write = write_group, .clear = clear_group, .nested = true};
