/* Filters of lists. */
#include <string.h>

#include "text/jinja_filters.h"
#include "text/jinja_strings.h"

static int list_of(struct jinja_run *run, struct jinja_value value, struct jinja_value *list)
{
    return jinja_iterate(run->arena, value, list, run->err);
}

static int run_list(JINJA_PARAMETERS)
{
    (void)arg;
    if (list_of(run, self, result))
        return -1;
    result->kind = JINJA_LIST;
    return 0;
}

static int run_first(JINJA_PARAMETERS)
{
    struct jinja_value list;

    (void)arg;
    if (list_of(run, self, &list))
        return -1;
    *result = list.list->n ? list.list->items[0] : jinja_undefined("first item");
    return 0;
}

static int run_last(JINJA_PARAMETERS)
{
    struct jinja_value list;

    (void)arg;
    if (list_of(run, self, &list))
        return -1;
    *result = list.list->n ? list.list->items[list.list->n - 1] : jinja_undefined("last item");
    return 0;
}

static int run_reverse(JINJA_PARAMETERS)
{
    struct jinja_value list, reversed = jinja_list(run->arena, JINJA_LIST);
    const struct jinja_string *nothing = NULL;

    (void)arg;
    if (list_of(run, self, &list))
        return -1;
    for (size_t i = list.list->n; i-- > 0;)
        jinja_append(run->arena, reversed, list.list->items[i]);
    *result = reversed;
    return self.kind == JINJA_STRING ? jinja_join(run, reversed, nothing, result) : 0;
}

/* The attribute of every item, where one is named. */
static int attributes_of(struct jinja_run *run, struct jinja_value items, const struct jinja_value *attribute,
                         struct jinja_value *list)
{
    struct jinja_value all, value;

    if (list_of(run, items, &all))
        return -1;
    *list = all;
    if (!attribute || attribute->kind == JINJA_NONE)
        return 0;
    *list = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < all.list->n; i++) {
        if (jinja_get_path(run, all.list->items[i], *attribute, &value))
            return -1;
        jinja_append(run->arena, *list, value);
    }
    return 0;
}

static int run_join(JINJA_PARAMETERS)
{
    struct jinja_value items, separator = jinja_text(run->arena, "");

    if (arg[0])
        separator = jinja_to_string(run, *arg[0]);
    if (attributes_of(run, self, arg[1], &items))
        return -1;
    return jinja_join(run, items, separator.string, result);
}

static int run_sum(JINJA_PARAMETERS)
{
    struct jinja_value items;

    if (attributes_of(run, self, arg[0], &items))
        return -1;
    *result = arg[1] ? *arg[1] : jinja_int(0);
    for (size_t i = 0; i < items.list->n; i++)
        if (jinja_binary(run, "+", *result, items.list->items[i], result))
            return -1;
    return 0;
}

/* ---- order ---- */

static int run_sort(JINJA_PARAMETERS)
{
    return jinja_sort(run, self, arg[2], jinja_argument_bool(arg[1], false), jinja_argument_bool(arg[0], false),
                      result);
}

static int extreme(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg, bool greatest,
                   struct jinja_value *result)
{
    struct jinja_value sorted;

    if (jinja_sort(run, self, arg[1], jinja_argument_bool(arg[0], false), greatest, &sorted))
        return -1;
    *result = sorted.list->n ? sorted.list->items[0] : jinja_undefined("item of an empty list");
    return 0;
}

static int run_min(JINJA_PARAMETERS)
{
    return extreme(run, self, arg, false, result);
}

static int run_max(JINJA_PARAMETERS)
{
    return extreme(run, self, arg, true, result);
}

/* dictsort(case_sensitive, by, reverse): the pairs of a dict. */
static int run_dictsort(JINJA_PARAMETERS)
{
    struct jinja_arguments none = {.self = self};
    struct jinja_value pairs, index = jinja_int(0);

    if (self.kind != JINJA_DICT)
        return fail(run->err, "dictsort() of %s", jinja_type_name(self));
    none.list = jinja_list(run->arena, JINJA_LIST);
    none.keywords = jinja_dict(run->arena, JINJA_DICT);
    if (jinja_run_builtin(run, jinja_find_method(self, "items"), &none, &pairs))
        return -1;
    if (arg[1] && jinja_string_is(*arg[1], "value"))
        index = jinja_int(1);
    return jinja_sort(run, pairs, &index, jinja_argument_bool(arg[0], false), jinja_argument_bool(arg[2], false),
                      result);
}

static int run_items(JINJA_PARAMETERS)
{
    const struct jinja_builtin *items = jinja_find_method(self, "items");

    (void)arg;
    *result = jinja_list(run->arena, JINJA_LIST);
    if (self.kind == JINJA_UNDEFINED)
        return 0;
    return items ? items->run(run, self, arg, result) : fail(run->err, "items() of %s", jinja_type_name(self));
}

/* The first of equal items, strings without regard to case unless asked for. */
static int run_unique(JINJA_PARAMETERS)
{
    struct jinja_value items, keys, seen = jinja_dict(run->arena, JINJA_DICT);

    if (list_of(run, self, &items) || attributes_of(run, self, arg[1], &keys))
        return -1;
    *result = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < items.list->n; i++) {
        struct jinja_value key = keys.list->items[i];
        if (key.kind == JINJA_STRING && !jinja_argument_bool(arg[0], false))
            key = jinja_change_case(run, key.string, CASE_LOWER);
        if (jinja_find(seen.dict, key))
            continue;
        jinja_set(run->arena, seen, key, jinja_none());
        jinja_append(run->arena, *result, items.list->items[i]);
    }
    return 0;
}

/* Lists of n items; the last one filled up where `fill_with` is given. */
static int run_batch(JINJA_PARAMETERS)
{
    struct jinja_value items, part = {0};
    int64_t n;

    if (list_of(run, self, &items) || jinja_argument_int(run, arg[0], 0, &n))
        return -1;
    if (n <= 0)
        return fail(run->err, "batch() of %lld items", (long long)n);
    *result = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < items.list->n; i++) {
        if (i % (size_t)n == 0) {
            part = jinja_list(run->arena, JINJA_LIST);
            jinja_append(run->arena, *result, part);
        }
        jinja_append(run->arena, part, items.list->items[i]);
    }
    for (size_t i = items.list->n; arg[1] && i % (size_t)n != 0 && n < 10000; i++)
        jinja_append(run->arena, part, *arg[1]);
    return 0;
}

/* ---- select, reject, map ---- */

/* Runs a filter or test, named by list->items[skip], with what follows as arguments. */
static int run_named(struct jinja_run *run, const struct jinja_list *list, size_t skip, bool is_test,
                     struct jinja_value keywords, struct jinja_value self, struct jinja_value *result)
{
    struct jinja_value name = list->items[skip];
    struct jinja_arguments arguments = {.self = self, .keywords = keywords};
    const struct jinja_builtin *builtin = NULL;

    if (name.kind == JINJA_STRING)
        builtin = is_test ? jinja_find_test(name.string->data) : jinja_find_filter(name.string->data);
    if (!builtin)
        return fail(run->err, "%s \"%.40s\" is not supported", is_test ? "test" : "filter",
                    name.kind == JINJA_STRING ? name.string->data : jinja_type_name(name));
    arguments.list = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = skip + 1; i < list->n; i++)
        jinja_append(run->arena, arguments.list, list->items[i]);
    return jinja_run_builtin(run, builtin, &arguments, result);
}

/* Items that pass (wanted) or fail a test; of the item or, `skip` 1, of an attribute. */
static int pick(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg, size_t skip,
                bool wanted, struct jinja_value *result)
{
    const struct jinja_list *list = arg[0]->list;
    struct jinja_value items, value, passes;

    if (list->n < skip)
        return fail(run->err, "selectattr() or rejectattr() wants an attribute");
    *result = jinja_list(run->arena, JINJA_LIST);
    if (!jinja_true(self)) /* none, too, is nothing to pick from */
        return 0;
    if (list_of(run, self, &items))
        return -1;
    for (size_t i = 0; i < items.list->n; i++) {
        value = items.list->items[i];
        if (skip && jinja_get_path(run, value, list->items[0], &value))
            return -1;
        passes = value;
        if (list->n > skip && run_named(run, list, skip, true, *arg[1], value, &passes))
            return -1;
        if (jinja_true(passes) == wanted)
            jinja_append(run->arena, *result, items.list->items[i]);
    }
    return 0;
}

static int run_select(JINJA_PARAMETERS)
{
    return pick(run, self, arg, 0, true, result);
}

static int run_reject(JINJA_PARAMETERS)
{
    return pick(run, self, arg, 0, false, result);
}

static int run_selectattr(JINJA_PARAMETERS)
{
    return pick(run, self, arg, 1, true, result);
}

static int run_rejectattr(JINJA_PARAMETERS)
{
    return pick(run, self, arg, 1, false, result);
}

/* map("filter", arguments...) or map(attribute="a.b", default=value) */
static int run_map(JINJA_PARAMETERS)
{
    const struct jinja_list *list = arg[0]->list;
    const struct jinja_value *attribute = jinja_find_text(arg[1]->dict, "attribute");
    const struct jinja_value *standard = jinja_find_text(arg[1]->dict, "default");
    struct jinja_value items, value;

    if (list->n == 0 && !attribute)
        return fail(run->err, "map() wants a filter or attribute=");
    *result = jinja_list(run->arena, JINJA_LIST);
    if (!jinja_true(self))
        return 0;
    if (list_of(run, self, &items))
        return -1;
    for (size_t i = 0; i < items.list->n; i++) {
        int rc = list->n ? run_named(run, list, 0, false, *arg[1], items.list->items[i], &value)
                         : jinja_get_path(run, items.list->items[i], *attribute, &value);
        if (rc)
            return -1;
        if (value.kind == JINJA_UNDEFINED && list->n == 0 && standard)
            value = *standard;
        jinja_append(run->arena, *result, value);
    }
    return 0;
}

const struct jinja_builtin jinja_list_filters[] = {
    {"list", "", run_list},
    {"first", "", run_first},
    {"last", "", run_last},
    {"reverse", "", run_reverse},
    {"join", "d attribute", run_join},
    {"sum", "attribute start", run_sum},
    {"sort", "reverse case_sensitive attribute", run_sort},
    {"min", "case_sensitive attribute", run_min},
    {"max", "case_sensitive attribute", run_max},
    {"dictsort", "case_sensitive by reverse", run_dictsort},
    {"items", "", run_items},
    {"unique", "case_sensitive attribute", run_unique},
    {"batch", "linecount fill_with", run_batch},
    {"select", "*", run_select},
    {"reject", "*", run_reject},
    {"selectattr", "*", run_selectattr},
    {"rejectattr", "*", run_rejectattr},
    {"map", "*", run_map},
    {0},
};
