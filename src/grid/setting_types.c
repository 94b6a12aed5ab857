/* The types of scalar settings and of lists of scalars. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "grid/experiment.h"
#include "grid/path.h"
#include "grid/setting.h"

static int fail_kind(const config_setting_t *from, const char *expected, struct error *err)
{
    return fail(err, "%s where %s is expected", setting_kind(from), expected);
}

/* ---- text ---- */

static int read_text(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                     void *field, struct error *err)
{
    (void)source;
    if (config_setting_type(from) != CONFIG_TYPE_STRING)
        return fail_kind(from, row->type->name, err);
    *(char **)field = xstrdup(config_setting_get_string(from));
    return 0;
}

void setting_write_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if ((unsigned char)*c < ' ' || *c == 127)
            fprintf(out, "\\x%02x", (unsigned)*c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void write_text(const struct setting_row *row, const void *field, FILE *out)
{
    const char *text = *(char *const *)field;

    (void)row;
    setting_write_quoted(text ? text : "", out);
}

static void clear_text(const struct setting_row *row, void *field)
{
    (void)row;
    free(*(char **)field);
    *(char **)field = NULL;
}

const struct setting_type type_text = {.name = "a string", .read = read_text, .write = write_text, .clear = clear_text};

/* Names stand in tables, labels "name[arm]" and file names' comments. */
static int read_name(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                     void *field, struct error *err)
{
    if (read_text(row, from, source, field, err) != 0)
        return -1;
    const char *name = *(char **)field;
    if (!*name)
        return fail(err, "an empty name");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127 || *c == '[' || *c == ']')
            return fail(err, "a name holds no brackets and no control characters");
    return 0;
}

const struct setting_type type_name = {.name = "a string", .read = read_name, .write = write_text, .clear = clear_text};

static int read_path(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                     void *field, struct error *err)
{
    if (config_setting_type(from) != CONFIG_TYPE_STRING)
        return fail_kind(from, row->type->name, err);
    char *path = path_resolve(source->folder, config_setting_get_string(from), err);
    *(char **)field = path;
    return path ? 0 : -1;
}

const struct setting_type type_path = {.name = "a path", .read = read_path, .write = write_text, .clear = clear_text};

/* ---- numbers ---- */

static int check_limits(const struct setting_row *row, double value, struct error *err)
{
    bool limited = row->least < 0 || row->least > 0 || row->greatest > 0 || row->greatest < 0;

    if (limited && !(value >= row->least && value <= row->greatest))
        return fail(err, "%.15g is not within %.15g and %.15g", value, row->least, row->greatest);
    return 0;
}

static bool is_integer(const config_setting_t *from)
{
    return config_setting_type(from) == CONFIG_TYPE_INT || config_setting_type(from) == CONFIG_TYPE_INT64;
}

static int read_int(const struct setting_row *row, const config_setting_t *from, int *value, struct error *err)
{
    if (!is_integer(from))
        return fail_kind(from, "an integer", err);
    long long number = config_setting_get_int64(from);
    if (check_limits(row, (double)number, err) != 0)
        return -1;
    if (number < INT32_MIN || number > INT32_MAX)
        return fail(err, "%lld exceeds 32 bits", number);
    *value = (int)number;
    return 0;
}

static int read_integer(const struct setting_row *row, const config_setting_t *from,
                        const struct setting_source *source, void *field, struct error *err)
{
    (void)source;
    return read_int(row, from, field, err);
}

static void write_integer(const struct setting_row *row, const void *field, FILE *out)
{
    (void)row;
    fprintf(out, "%d", *(const int *)field);
}

const struct setting_type type_integer = {.name = "an integer", .read = read_integer, .write = write_integer};

static int read_integer64(const struct setting_row *row, const config_setting_t *from,
                          const struct setting_source *source, void *field, struct error *err)
{
    (void)source;
    if (!is_integer(from))
        return fail_kind(from, row->type->name, err);
    long long number = config_setting_get_int64(from);
    if (number < 0)
        return fail(err, "%lld is negative", number);
    *(uint64_t *)field = (uint64_t)number;
    return 0;
}

static void write_integer64(const struct setting_row *row, const void *field, FILE *out)
{
    (void)row;
    fprintf(out, "%lluL", (unsigned long long)*(const uint64_t *)field);
}

const struct setting_type type_integer64 = {.name = "an integer", .read = read_integer64, .write = write_integer64};

static int read_number(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                       void *field, struct error *err)
{
    (void)source;
    if (!config_setting_is_number(from))
        return fail_kind(from, row->type->name, err);
    /* config_setting_get_float gives 0 for an integer unless the configuration converts. */
    *(double *)field = is_integer(from) ? (double)config_setting_get_int64(from) : config_setting_get_float(from);
    return check_limits(row, *(double *)field, err);
}

/* The shortest form that reads back as the same number, with a point or exponent, so that it stays a float. */
static void write_number(const struct setting_row *row, const void *field, FILE *out)
{
    double value = *(const double *)field;
    char text[40];

    (void)row;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
            break;
    }
    fprintf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

const struct setting_type type_number = {.name = "a number", .read = read_number, .write = write_number};

/* ---- switches and choices ---- */

static int read_switch(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                       void *field, struct error *err)
{
    (void)source;
    if (config_setting_type(from) != CONFIG_TYPE_BOOL)
        return fail_kind(from, row->type->name, err);
    *(bool *)field = config_setting_get_bool(from) != 0;
    return 0;
}

static void write_switch(const struct setting_row *row, const void *field, FILE *out)
{
    (void)row;
    fputs(*(const bool *)field ? "true" : "false", out);
}

const struct setting_type type_switch = {.name = "true or false", .read = read_switch, .write = write_switch};

static int fail_choice(const struct setting_row *row, const char *word, struct error *err)
{
    char list[120] = "";
    size_t n = 0, used = 0;

    for (; row->choices[n] && used < sizeof list; n++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", n ? ", " : "", row->choices[n]);
    const char *nearest = nearest_name(word, row->choices, n);
    if (nearest)
        return fail(err, "\"%s\" is none of %s; did you mean \"%s\"?", word, list, nearest);
    return fail(err, "\"%s\" is none of %s", word, list);
}

/* Also takes true and false where they are among the choices. */
static int read_choice(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                       void *field, struct error *err)
{
    const char *word = NULL;

    (void)source;
    if (config_setting_type(from) == CONFIG_TYPE_STRING)
        word = config_setting_get_string(from);
    else if (config_setting_type(from) == CONFIG_TYPE_BOOL)
        word = config_setting_get_bool(from) ? "true" : "false";
    else
        return fail_kind(from, row->type->name, err);
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], word) == 0) {
            memcpy(field, &i, sizeof i); /* an enum: same size and values as int */
            return 0;
        }
    return fail_choice(row, word, err);
}

static void write_choice(const struct setting_row *row, const void *field, FILE *out)
{
    int i;

    memcpy(&i, field, sizeof i);
    fprintf(out, "\"%s\"", row->choices[i]);
}

const struct setting_type type_choice = {.name = "a word", .read = read_choice, .write = write_choice};

/* ---- lists ---- */

/* A scalar stands for a list of one. */
static int list_length(const config_setting_t *from)
{
    return config_setting_is_aggregate(from) ? config_setting_length(from) : 1;
}

static const config_setting_t *list_element(const config_setting_t *from, int i)
{
    return config_setting_is_aggregate(from) ? config_setting_get_elem(from, (unsigned)i) : from;
}

static int read_texts(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                      void *field, struct error *err)
{
    struct string_list *list = field;
    int n = list_length(from);

    (void)source;
    if (config_setting_is_group(from))
        return fail_kind(from, row->type->name, err);
    list->items = xcalloc((size_t)n, sizeof *list->items);
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = list_element(from, i);
        if (config_setting_type(element) != CONFIG_TYPE_STRING)
            return fail_kind(element, "a string", err);
        list->items[list->n++] = xstrdup(config_setting_get_string(element));
    }
    return 0;
}

static void write_texts(const struct setting_row *row, const void *field, FILE *out)
{
    const struct string_list *list = field;

    (void)row;
    fputc('(', out);
    for (int i = 0; i < list->n; i++) {
        fputs(i ? ", " : "", out);
        setting_write_quoted(list->items[i], out);
    }
    fputc(')', out);
}

static void clear_texts(const struct setting_row *row, void *field)
{
    struct string_list *list = field;

    (void)row;
    for (int i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}

const struct setting_type type_texts = {
    .name = "a list of strings", .read = read_texts, .write = write_texts, .clear = clear_texts};

int setting_read_integers(const struct setting_row *row, const config_setting_t *from, int **items, int *n,
                          struct error *err)
{
    int length = list_length(from);

    if (config_setting_is_group(from))
        return fail_kind(from, "a list of integers", err);
    *items = xcalloc((size_t)length, sizeof **items);
    for (int i = 0; i < length; i++)
        if (read_int(row, list_element(from, i), &(*items)[i], err) != 0) {
            free(*items);
            *items = NULL;
            return -1;
        }
    *n = length;
    return 0;
}
