#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_read_file(const char *path, struct error *err)
{
    json_error_t why;
    FILE *file = fopen(path, "rb");

    if (!file)
        return fail_null(err, "%s: %s", path, strerror(errno));
    json_t *root = json_loadf(file, JSON_ALLOW_NUL, &why);
    if (!root)
        fail(err, "%s:%d: %s", path, why.line, why.text);
    fclose(file);
    return root;
}

static json_t *read_text(const char *text, size_t size, size_t flags, const char *name, struct error *err)
{
    json_error_t why;
    json_t *root = json_loadb(text, size, flags, &why);

    if (!root)
        fail(err, "%s:%d: %s", name, why.line, why.text);
    return root;
}

json_t *json_read_text(const char *text, size_t size, const char *name, struct error *err)
{
    return read_text(text, size, JSON_ALLOW_NUL, name, err);
}

json_t *json_read_text_unique(const char *text, size_t size, const char *name, struct error *err)
{
    return read_text(text, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, name, err);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

static int handle_line(const char *path, const char *line, size_t length, size_t number,
                       int (*each)(json_t *, size_t, void *, struct error *), void *context,
                       struct error *err)
{
    json_error_t why;
    json_t *value = json_loadb(line, length, JSON_ALLOW_NUL, &why);

    if (!value)
        return fail(err, "%s:%zu: %s", path, number, why.text);
    int rc = each(value, number, context, err);
    json_decref(value);
    return rc < 0 ? fail_prefix(err, "%s:%zu", path, number) : rc;
}

int json_each_line(const char *path, int (*each)(json_t *line, size_t number, void *context, struct error *err),
                   void *context, struct error *err)
{
    FILE *file = fopen(path, "rb");
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t length;
    int rc = 0;

    if (!file)
        return fail(err, "%s: %s", path, strerror(errno));
    while (!rc && (length = getline(&line, &capacity, file)) >= 0) {
        number++;
        if (!is_blank(line))
            rc = handle_line(path, line, (size_t)length, number, each, context, err);
    }
    if (!rc && ferror(file))
        rc = fail(err, "%s: read error: %s", path, strerror(errno));
    free(line);
    fclose(file);
    return rc < 0 ? -1 : 0;
}

const json_t *json_member(const json_t *object, const char *path)
{
    char key[128];

    while (object) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof key)
            return NULL;
        memcpy(key, path, n);
        key[n] = '\0';
        object = json_object_get(object, key);
        if (json_is_null(object))
            return NULL;
        if (path[n] == '\0')
            return object;
        path += n + 1;
    }
    return NULL;
}

int json_get_bool(const json_t *object, const char *path, bool *value, struct error *err)
{
    const json_t *member = json_member(object, path);

    if (!member)
        return 0;
    if (!json_is_boolean(member))
        return fail(err, "\"%s\" is not true or false", path);
    *value = json_is_true(member);
    return 0;
}

int json_get_long(const json_t *object, const char *path, long *value, struct error *err)
{
    const json_t *member = json_member(object, path);

    if (!member)
        return 0;
    if (!json_is_integer(member))
        return fail(err, "\"%s\" is not an integer", path);
    *value = (long)json_integer_value(member);
    return 0;
}

int json_get_double(const json_t *object, const char *path, double *value, struct error *err)
{
    const json_t *member = json_member(object, path);

    if (!member)
        return 0;
    if (!json_is_number(member))
        return fail(err, "\"%s\" is not a number", path);
    *value = json_number_value(member);
    return 0;
}

int json_get_string(const json_t *object, const char *path, const char **value, struct error *err)
{
    const json_t *member = json_member(object, path);

    if (!member)
        return 0;
    if (!json_is_string(member))
        return fail(err, "\"%s\" is not a string", path);
    *value = json_string_value(member);
    return 0;
}
