/* Methods of dicts, lists and `loop`, and whose methods are where. What would change
 * its object is not there, as in the sandbox that the reference renders in. */
#include "text/jinja_run.h"
#include "text/jinja_strings.h"

static int run_get(JINJA_PARAMETERS)
{
    const struct jinja_value *found = arg[0] ? jinja_find(self.dict, *arg[0]) : NULL;

    (void)run;
    *result = found ? *found : arg[1] ? *arg[1] : jinja_none();
    return 0;
}

static int run_keys(JINJA_PARAMETERS)
{
    (void)arg;
    return jinja_iterate(run->arena, self, result, run->err);
}

static int run_values(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < self.dict->n; i++)
        jinja_append(run->arena, *result, self.dict->members[i].value);
    return 0;
}

static int run_items(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < self.dict->n; i++) {
        struct jinja_value pair = jinja_list(run->arena, JINJA_TUPLE);
        jinja_append(run->arena, pair, self.dict->members[i].key);
        jinja_append(run->arena, pair, self.dict->members[i].value);
        jinja_append(run->arena, *result, pair);
    }
    return 0;
}

/* Nothing can change a value, so that it is its own copy. */
static int run_copy(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    *result = self;
    return 0;
}

static int run_list_index(JINJA_PARAMETERS)
{
    for (size_t i = 0; arg[0] && i < self.list->n; i++)
        if (jinja_equal(self.list->items[i], *arg[0])) {
            *result = jinja_int((int64_t)i);
            return 0;
        }
    return fail(run->err, "index(): the value is not in the list");
}

static int run_list_count(JINJA_PARAMETERS)
{
    int64_t n = 0;

    (void)run;
    for (size_t i = 0; arg[0] && i < self.list->n; i++)
        n += jinja_equal(self.list->items[i], *arg[0]);
    *result = jinja_int(n);
    return 0;
}

/* The argument whose turn it is. */
static int run_cycle(JINJA_PARAMETERS)
{
    const struct jinja_value *index = jinja_find_text(self.dict, "index0");
    size_t n = arg[0]->list->n;

    if (!index || n == 0)
        return fail(run->err, "loop.cycle() without values");
    *result = arg[0]->list->items[(size_t)index->integer % n];
    return 0;
}

static const struct jinja_builtin dict_methods[] = {
    {"get", "key default", run_get}, {"keys", "", run_keys}, {"values", "", run_values},
    {"items", "", run_items},        {"copy", "", run_copy}, {0},
};

static const struct jinja_builtin list_methods[] = {
    {"index", "value", run_list_index},
    {"count", "value", run_list_count},
    {"copy", "", run_copy},
    {0},
};

static const struct jinja_builtin loop_methods[] = {
    {"cycle", "*", run_cycle},
    {0},
};

const struct jinja_builtin *jinja_find_method(struct jinja_value object, const char *name)
{
    switch (object.kind) {
    case JINJA_STRING:
        return jinja_find_in(jinja_string_methods, name);
    case JINJA_DICT:
        return jinja_find_in(dict_methods, name);
    case JINJA_LIST:
    case JINJA_TUPLE:
        return jinja_find_in(list_methods, name);
    case JINJA_LOOP:
        return jinja_find_in(loop_methods, name);
    default:
        return NULL;
    }
}
