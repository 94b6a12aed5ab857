/* object.name, object[key], object[a:b:c]. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/jinja_run.h"
#include "text/utf8.h"

static int refuse_undefined(struct jinja_run *run, struct jinja_value object, const char *name)
{
    return fail(run->err, "\"%s\" of \"%s\", which is not defined", name, object.name ? object.name : "a value");
}

static bool find_method(struct jinja_run *run, struct jinja_value object, const char *name, struct jinja_value *result)
{
    const struct jinja_builtin *builtin = jinja_find_method(object, name);

    if (!builtin)
        return false;
    struct jinja_function *function = arena_alloc(run->arena, 1, sizeof *function);
    *function = (struct jinja_function){builtin, object};
    *result = (struct jinja_value){.kind = JINJA_FUNCTION, .function = function};
    return true;
}

static bool find_member(struct jinja_value object, const char *name, struct jinja_value *result)
{
    const struct jinja_value *found = NULL;

    if (object.kind == JINJA_DICT || object.kind == JINJA_NAMESPACE || object.kind == JINJA_LOOP)
        found = jinja_find_text(object.dict, name);
    if (found)
        *result = *found;
    return found != NULL;
}

int jinja_get_attribute(struct jinja_run *run, struct jinja_value object, const char *name, struct jinja_value *result)
{
    *result = jinja_undefined(name);
    if (object.kind == JINJA_UNDEFINED)
        return refuse_undefined(run, object, name);
    if (!find_method(run, object, name, result))
        find_member(object, name, result);
    return 0;
}

/* The i-th character of a string; negative: from the end. */
static void get_character(struct jinja_run *run, struct jinja_value string, int64_t i, struct jinja_value *result)
{
    const char *at = string.string->data;
    size_t n = 0;

    jinja_length(string, &n, NULL);
    i += i < 0 ? (int64_t)n : 0;
    if (i < 0 || i >= (int64_t)n)
        return;
    for (; i > 0; i--)
        at += utf8_length(*at);
    *result = jinja_string(run->arena, at, utf8_length(*at));
}

int jinja_get_item(struct jinja_run *run, struct jinja_value object, struct jinja_value key, struct jinja_value *result)
{
    bool is_index = key.kind == JINJA_INT || key.kind == JINJA_BOOL;

    *result = jinja_undefined(key.kind == JINJA_STRING ? key.string->data : NULL);
    if (object.kind == JINJA_UNDEFINED)
        return refuse_undefined(run, object, key.kind == JINJA_STRING ? key.string->data : "an item");
    if (object.kind == JINJA_DICT) {
        const struct jinja_value *found = jinja_find(object.dict, key);
        if (found) {
            *result = *found;
            return 0;
        }
    } else if (is_index && jinja_is_sequence(object)) {
        int64_t n = (int64_t)object.list->n, i = jinja_integer(key);
        i += i < 0 ? n : 0;
        if (i >= 0 && i < n)
            *result = object.list->items[i];
    } else if (is_index && object.kind == JINJA_STRING)
        get_character(run, object, jinja_integer(key), result);
    if (key.kind == JINJA_STRING && !find_method(run, object, key.string->data, result))
        find_member(object, key.string->data, result);
    return 0;
}

/* ---- slices ---- */

static int read_bound(struct jinja_run *run, struct jinja_value bound, int64_t standard, int64_t *value)
{
    *value = standard;
    if (bound.kind == JINJA_NONE)
        return 0;
    if (bound.kind != JINJA_INT && bound.kind != JINJA_BOOL)
        return fail(run->err, "a slice wants integers, not %s", jinja_type_name(bound));
    *value = jinja_integer(bound);
    return 0;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Python's slice.indices(). */
static int slice_indices(struct jinja_run *run, const struct jinja_value bounds[3], int64_t n, int64_t *start,
                         int64_t *stop, int64_t *step)
{
    if (read_bound(run, bounds[2], 1, step))
        return -1;
    if (*step == 0 || *step == INT64_MIN)
        return fail(run->err, "a slice's step is zero");
    int64_t low = *step < 0 ? -1 : 0, high = *step < 0 ? n - 1 : n;
    if (read_bound(run, bounds[0], *step < 0 ? INT64_MAX : 0, start) ||
        read_bound(run, bounds[1], *step < 0 ? INT64_MIN : INT64_MAX, stop))
        return -1;
    *start = clamp(*start < 0 ? *start + n : *start, low, high);
    bool from_end = *stop < 0 && bounds[1].kind != JINJA_NONE;
    *stop = clamp(from_end ? *stop + n : *stop, low, high);
    return 0;
}

/* Where the characters of a string begin, and its end; the caller frees. */
static size_t *character_offsets(const struct jinja_string *string, size_t n)
{
    size_t *offsets = xcalloc(n + 1, sizeof *offsets);

    for (size_t i = 0; i < n; i++)
        offsets[i + 1] = offsets[i] + utf8_length(string->data[offsets[i]]);
    return offsets;
}

int jinja_get_slice(struct jinja_run *run, struct jinja_value object, const struct jinja_value bounds[3],
                    struct jinja_value *result)
{
    bool is_string = object.kind == JINJA_STRING;
    struct bytes text = {0};
    int64_t start = 0, stop = 0, step = 1;
    size_t n = 0;

    if (!jinja_is_sequence(object) && !is_string)
        return fail(run->err, "a slice of %s", jinja_type_name(object));
    if (jinja_length(object, &n, run->err) || slice_indices(run, bounds, (int64_t)n, &start, &stop, &step))
        return -1;
    size_t *offsets = is_string ? character_offsets(object.string, n) : NULL;
    *result = is_string ? object : jinja_list(run->arena, object.kind);
    for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
        if (is_string)
            bytes_append(&text, object.string->data + offsets[i], offsets[i + 1] - offsets[i]);
        else
            jinja_append(run->arena, *result, object.list->items[i]);
        if (step > 0 ? step > stop - i : step < stop - i) /* the next lies outside; the sum might overflow */
            break;
    }
    if (is_string)
        *result = jinja_take(run->arena, &text);
    free(offsets);
    return 0;
}

int jinja_get_path(struct jinja_run *run, struct jinja_value object, struct jinja_value path,
                   struct jinja_value *result)
{
    struct jinja_value key;

    *result = object;
    if (path.kind != JINJA_STRING)
        return jinja_get_item(run, object, path, result);
    for (const char *at = path.string->data; *at;) {
        size_t n = strcspn(at, ".");
        bool number = n > 0 && n < 10 && strspn(at, "0123456789") >= n;
        key = number ? jinja_int(strtol(at, NULL, 10)) : jinja_string(run->arena, at, n);
        if (result->kind == JINJA_UNDEFINED)
            return 0;
        object = *result;
        if (jinja_get_item(run, object, key, result))
            return -1;
        at += n + (at[n] == '.');
    }
    return 0;
}
