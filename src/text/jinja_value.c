#include "text/jinja_value.h"

#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

struct jinja_value jinja_undefined(const char *name)
{
    return (struct jinja_value){.kind = JINJA_UNDEFINED, .name = name};
}

struct jinja_value jinja_none(void)
{
    return (struct jinja_value){.kind = JINJA_NONE};
}

struct jinja_value jinja_bool(bool value)
{
    return (struct jinja_value){.kind = JINJA_BOOL, .boolean = value};
}

struct jinja_value jinja_int(int64_t value)
{
    return (struct jinja_value){.kind = JINJA_INT, .integer = value};
}

struct jinja_value jinja_float(double value)
{
    return (struct jinja_value){.kind = JINJA_FLOAT, .number = value};
}

struct jinja_value jinja_string(struct arena *arena, const char *data, size_t n)
{
    struct jinja_string *string = arena_alloc(arena, 1, sizeof *string);

    string->data = arena_copy(arena, data, n);
    string->n = n;
    return (struct jinja_value){.kind = JINJA_STRING, .string = string};
}

struct jinja_value jinja_text(struct arena *arena, const char *text)
{
    return jinja_string(arena, text, strlen(text));
}

struct jinja_value jinja_take(struct arena *arena, struct bytes *bytes)
{
    struct jinja_value value = jinja_string(arena, bytes->data, bytes->n);

    bytes_clear(bytes);
    return value;
}

struct jinja_value jinja_list(struct arena *arena, enum jinja_kind kind)
{
    return (struct jinja_value){.kind = kind, .list = arena_alloc(arena, 1, sizeof(struct jinja_list))};
}

struct jinja_value jinja_dict(struct arena *arena, enum jinja_kind kind)
{
    return (struct jinja_value){.kind = kind, .dict = arena_alloc(arena, 1, sizeof(struct jinja_dict))};
}

/* Room for one more of n items: doubles, leaving the old ones to the arena. */
static void *grow(struct arena *arena, void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 4;
    void *bigger = arena_alloc(arena, *capacity, size);
    if (n > 0)
        memcpy(bigger, items, n * size);
    return bigger;
}

void jinja_append(struct arena *arena, struct jinja_value list, struct jinja_value item)
{
    struct jinja_list *l = list.list;

    l->items = grow(arena, l->items, l->n, &l->capacity, sizeof *l->items);
    l->items[l->n++] = item;
    int nesting = jinja_nesting(item) + 1;
    l->nesting = nesting > l->nesting ? nesting : l->nesting;
}

void jinja_set(struct arena *arena, struct jinja_value dict, struct jinja_value key, struct jinja_value value)
{
    struct jinja_dict *d = dict.dict;
    struct jinja_value *known = (struct jinja_value *)jinja_find(d, key);
    int nesting = jinja_nesting(value) + 1;

    d->nesting = nesting > d->nesting ? nesting : d->nesting;
    if (known) {
        *known = value;
        return;
    }
    d->members = grow(arena, d->members, d->n, &d->capacity, sizeof *d->members);
    d->members[d->n++] = (struct jinja_member){key, value};
}

void jinja_set_text(struct arena *arena, struct jinja_value dict, const char *key, struct jinja_value value)
{
    jinja_set(arena, dict, jinja_text(arena, key), value);
}

/* jansson bounds the depth of what it parses (JSON_PARSER_MAX_DEPTH, 2048). */
struct jinja_value jinja_from_json(struct arena *arena, const json_t *json)
{
    struct jinja_value value;
    const char *key;
    json_t *member;
    size_t length;

    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_TRUE:
    case JSON_FALSE:
        return jinja_bool(json_is_true(json));
    case JSON_INTEGER:
        return jinja_int(json_integer_value(json));
    case JSON_REAL:
        return jinja_float(json_real_value(json));
    case JSON_STRING:
        return jinja_string(arena, json_string_value(json), json_string_length(json));
    case JSON_ARRAY:
        value = jinja_list(arena, JINJA_LIST);
        for (size_t i = 0; i < json_array_size(json); i++)
            jinja_append(arena, value, jinja_from_json(arena, json_array_get(json, i)));
        return value;
    case JSON_OBJECT:
        value = jinja_dict(arena, JINJA_DICT);
        json_object_keylen_foreach((json_t *)json, key, length, member)
            jinja_set(arena, value, jinja_string(arena, key, length), jinja_from_json(arena, member));
        return value;
    default:
        return jinja_none();
    }
}

/* Namespaces are no containers here: they may hold themselves, and nothing walks through them. */
int jinja_nesting(struct jinja_value value)
{
    if (jinja_is_sequence(value))
        return value.list->nesting ? value.list->nesting : 1;
    if (value.kind == JINJA_DICT)
        return value.dict->nesting ? value.dict->nesting : 1;
    return 0;
}

const char *jinja_type_name(struct jinja_value value)
{
    static const char *const names[] = {
        [JINJA_UNDEFINED] = "undefined", [JINJA_NONE] = "NoneType",
        [JINJA_BOOL] = "bool",           [JINJA_INT] = "int",
        [JINJA_FLOAT] = "float",         [JINJA_STRING] = "str",
        [JINJA_LIST] = "list",           [JINJA_TUPLE] = "tuple",
        [JINJA_DICT] = "dict",           [JINJA_NAMESPACE] = "Namespace",
        [JINJA_LOOP] = "LoopContext",    [JINJA_MACRO] = "Macro",
        [JINJA_FUNCTION] = "function",
    };

    return names[value.kind];
}

bool jinja_is_number(struct jinja_value value)
{
    return value.kind == JINJA_BOOL || value.kind == JINJA_INT || value.kind == JINJA_FLOAT;
}

bool jinja_is_sequence(struct jinja_value value)
{
    return value.kind == JINJA_LIST || value.kind == JINJA_TUPLE;
}

bool jinja_is_mapping(struct jinja_value value)
{
    return value.kind == JINJA_DICT;
}

int64_t jinja_integer(struct jinja_value value)
{
    return value.kind == JINJA_BOOL ? value.boolean : value.integer;
}

double jinja_number(struct jinja_value value)
{
    return value.kind == JINJA_FLOAT ? value.number : (double)jinja_integer(value);
}

bool jinja_true(struct jinja_value value)
{
    switch (value.kind) {
    case JINJA_UNDEFINED:
    case JINJA_NONE:
        return false;
    case JINJA_BOOL:
        return value.boolean;
    case JINJA_INT:
        return value.integer != 0;
    case JINJA_FLOAT:
        return value.number != 0;
    case JINJA_STRING:
        return value.string->n > 0;
    case JINJA_LIST:
    case JINJA_TUPLE:
        return value.list->n > 0;
    case JINJA_DICT:
        return value.dict->n > 0;
    default:
        return true;
    }
}

bool jinja_string_is(struct jinja_value value, const char *text)
{
    return value.kind == JINJA_STRING && strlen(text) == value.string->n &&
           memcmp(text, value.string->data, value.string->n) == 0;
}

const struct jinja_value *jinja_find(const struct jinja_dict *dict, struct jinja_value key)
{
    for (size_t i = 0; i < dict->n; i++)
        if (jinja_equal(dict->members[i].key, key))
            return &dict->members[i].value;
    return NULL;
}

const struct jinja_value *jinja_find_text(const struct jinja_dict *dict, const char *key)
{
    for (size_t i = 0; i < dict->n; i++)
        if (jinja_string_is(dict->members[i].key, key))
            return &dict->members[i].value;
    return NULL;
}

int jinja_length(struct jinja_value value, size_t *n, struct error *err)
{
    uint32_t codepoint;

    *n = 0;
    switch (value.kind) {
    case JINJA_UNDEFINED:
        return 0;
    case JINJA_STRING:
        for (size_t i = 0; i < value.string->n; ++*n)
            i += utf8_decode(value.string->data + i, &codepoint);
        return 0;
    case JINJA_LIST:
    case JINJA_TUPLE:
        *n = value.list->n;
        return 0;
    case JINJA_DICT:
        *n = value.dict->n;
        return 0;
    default:
        return fail(err, "a value of type %s has no length", jinja_type_name(value));
    }
}

int jinja_iterate(struct arena *arena, struct jinja_value value, struct jinja_value *list, struct error *err)
{
    if (jinja_is_sequence(value)) {
        *list = value;
        return 0;
    }
    *list = jinja_list(arena, JINJA_LIST);
    switch (value.kind) {
    case JINJA_UNDEFINED:
        return 0;
    case JINJA_STRING:
        for (size_t i = 0, length; i < value.string->n; i += length) {
            length = utf8_length(value.string->data[i]);
            jinja_append(arena, *list, jinja_string(arena, value.string->data + i, length));
        }
        return 0;
    case JINJA_DICT:
        for (size_t i = 0; i < value.dict->n; i++)
            jinja_append(arena, *list, value.dict->members[i].key);
        return 0;
    default:
        return fail(err, "a value of type %s cannot be iterated", jinja_type_name(value));
    }
}
