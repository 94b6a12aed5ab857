#include "grid/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool is_swept(const struct setting_row *row, const config_setting_t *from)
{
    return (row->flags & SETTING_SWEEP) && from && (config_setting_is_list(from) || config_setting_is_array(from));
}

int sweep_count(const struct setting_row *rows, const struct setting_values *values,
                const struct setting_source *source, struct error *err)
{
    int n = 1;

    for (size_t i = 0; rows[i].name; i++) {
        const config_setting_t *from = values->from[i];
        if (!is_swept(&rows[i], from))
            continue;
        int length = config_setting_length(from);
        if (length == 0)
            fail(err, "\"%s\" sweeps over an empty list", rows[i].name);
        else if (length > MAX_ARMS / n)
            fail(err, "\"%s\": more than %d arms", rows[i].name, MAX_ARMS);
        else {
            n *= length;
            continue;
        }
        return setting_fail_at(from, source, err);
    }
    return n;
}

/* As the file has it, less the quotes. */
static void write_value(const config_setting_t *value, FILE *out)
{
    switch (config_setting_type(value)) {
    case CONFIG_TYPE_STRING:
        fputs(config_setting_get_string(value), out);
        break;
    case CONFIG_TYPE_BOOL:
        fputs(config_setting_get_bool(value) ? "true" : "false", out);
        break;
    case CONFIG_TYPE_FLOAT:
        fprintf(out, "%.12g", config_setting_get_float(value));
        break;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        fprintf(out, "%lld", config_setting_get_int64(value));
        break;
    default: /* a list within the list: the setting's type will refuse it */
        fputs(setting_kind(value), out);
    }
}

/* Replaces the swept lists by the elements that `index` selects, digits from the last key on. */
static void choose(const struct setting_row *rows, int index, struct setting_values *arm)
{
    size_t n = 0;

    while (rows[n].name)
        n++;
    for (size_t i = n; i-- > 0;) {
        const config_setting_t *from = arm->from[i];
        if (!is_swept(&rows[i], from))
            continue;
        int length = config_setting_length(from);
        arm->from[i] = config_setting_get_elem(from, (unsigned)(index % length));
        index /= length;
    }
}

char *sweep_arm(const struct setting_row *rows, const struct setting_values *values, int index,
                struct setting_values *arm)
{
    char *name = NULL;
    size_t size;
    FILE *out = open_memstream(&name, &size);
    const char *separator = "";

    *arm = *values;
    choose(rows, index, arm);
    if (!out)
        return xstrdup("");
    for (size_t i = 0; rows[i].name; i++) {
        if (arm->from[i] == values->from[i])
            continue;
        fprintf(out, "%s%s=", separator, rows[i].name);
        write_value(arm->from[i], out);
        separator = ",";
    }
    fclose(out);
    return name;
}
