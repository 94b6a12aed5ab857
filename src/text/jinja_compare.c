/* Equality, order and membership as Python has them. Lists nest no deeper than the
 * evaluator lets them be built. */
#include <string.h>

#include "text/jinja_value.h"

static bool equal_lists(const struct jinja_list *a, const struct jinja_list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!jinja_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool equal_dicts(const struct jinja_dict *a, const struct jinja_dict *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct jinja_value *other = jinja_find(b, a->members[i].key);
        if (!other || !jinja_equal(a->members[i].value, *other))
            return false;
    }
    return true;
}

static bool equal_numbers(struct jinja_value a, struct jinja_value b)
{
    if (a.kind != JINJA_FLOAT && b.kind != JINJA_FLOAT)
        return jinja_integer(a) == jinja_integer(b);
    double x = jinja_number(a), y = jinja_number(b);
    return x <= y && x >= y;
}

bool jinja_equal(struct jinja_value a, struct jinja_value b)
{
    if (jinja_is_number(a) && jinja_is_number(b))
        return equal_numbers(a, b);
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case JINJA_UNDEFINED:
    case JINJA_NONE:
        return true;
    case JINJA_STRING:
        return a.string->n == b.string->n && memcmp(a.string->data, b.string->data, a.string->n) == 0;
    case JINJA_LIST:
    case JINJA_TUPLE:
        return equal_lists(a.list, b.list);
    case JINJA_DICT:
        return equal_dicts(a.dict, b.dict);
    default:
        return a.dict == b.dict;
    }
}

/* By code point, which is the order of UTF-8's bytes. */
static int order_strings(const struct jinja_string *a, const struct jinja_string *b)
{
    size_t n = a->n < b->n ? a->n : b->n;
    int order = memcmp(a->data, b->data, n);

    return order ? order : (a->n > b->n) - (a->n < b->n);
}

static int order_lists(const struct jinja_list *a, const struct jinja_list *b, int *order, struct error *err)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (!jinja_equal(a->items[i], b->items[i]))
            return jinja_compare(a->items[i], b->items[i], order, err);
    *order = (a->n > b->n) - (a->n < b->n);
    return 0;
}

int jinja_compare(struct jinja_value a, struct jinja_value b, int *order, struct error *err)
{
    if (jinja_is_number(a) && jinja_is_number(b)) {
        bool real = a.kind == JINJA_FLOAT || b.kind == JINJA_FLOAT;
        double x = jinja_number(a), y = jinja_number(b);
        int64_t i = real ? 0 : jinja_integer(a), k = real ? 0 : jinja_integer(b);
        *order = real ? (x > y) - (x < y) : (i > k) - (i < k);
        return 0;
    }
    if (a.kind == JINJA_STRING && b.kind == JINJA_STRING) {
        *order = order_strings(a.string, b.string);
        return 0;
    }
    if (a.kind == b.kind && jinja_is_sequence(a))
        return order_lists(a.list, b.list, order, err);
    return fail(err, "values of type %s and %s have no order", jinja_type_name(a), jinja_type_name(b));
}

int jinja_contains(struct jinja_value container, struct jinja_value item, bool *result, struct error *err)
{
    *result = false;
    switch (container.kind) {
    case JINJA_UNDEFINED:
        return 0;
    case JINJA_STRING:
        if (item.kind != JINJA_STRING)
            return fail(err, "\"in\" a string wants a string, not %s", jinja_type_name(item));
        *result = memmem(container.string->data, container.string->n, item.string->data, item.string->n) != NULL;
        return 0;
    case JINJA_LIST:
    case JINJA_TUPLE:
        for (size_t i = 0; i < container.list->n && !*result; i++)
            *result = jinja_equal(container.list->items[i], item);
        return 0;
    case JINJA_DICT:
        *result = jinja_find(container.dict, item) != NULL;
        return 0;
    default:
        return fail(err, "\"in\" a value of type %s", jinja_type_name(container));
    }
}
