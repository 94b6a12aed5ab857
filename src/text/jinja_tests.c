/* The tests: x is name(argument). */
#include <string.h>

#include "text/jinja_run.h"

/* A test that only looks at the value. */
#define PLAIN(name, condition)                                                                                         \
    static int is_##name(JINJA_PARAMETERS)                                                                             \
    {                                                                                                                  \
        (void)run, (void)arg;                                                                                          \
        *result = jinja_bool(condition);                                                                               \
        return 0;                                                                                                      \
    }

static bool is_iterable_kind(struct jinja_value v)
{
    return jinja_is_sequence(v) || v.kind == JINJA_DICT || v.kind == JINJA_STRING || v.kind == JINJA_UNDEFINED;
}

PLAIN(defined, self.kind != JINJA_UNDEFINED)
PLAIN(undefined, self.kind == JINJA_UNDEFINED)
PLAIN(none, self.kind == JINJA_NONE)
PLAIN(boolean, self.kind == JINJA_BOOL)
PLAIN(true, self.kind == JINJA_BOOL && self.boolean)
PLAIN(false, self.kind == JINJA_BOOL && !self.boolean)
PLAIN(integer, self.kind == JINJA_INT)
PLAIN(float, self.kind == JINJA_FLOAT)
PLAIN(number, jinja_is_number(self))
PLAIN(string, self.kind == JINJA_STRING)
PLAIN(mapping, self.kind == JINJA_DICT)
PLAIN(sequence, is_iterable_kind(self))
PLAIN(iterable, is_iterable_kind(self))
PLAIN(callable, self.kind == JINJA_MACRO || self.kind == JINJA_FUNCTION)

static int want_argument(struct jinja_run *run, const struct jinja_value *const *arg)
{
    return arg[0] ? 0 : fail(run->err, "a test lacks its argument");
}

static int is_eq(JINJA_PARAMETERS)
{
    if (want_argument(run, arg))
        return -1;
    *result = jinja_bool(jinja_equal(self, *arg[0]));
    return 0;
}

static int is_ne(JINJA_PARAMETERS)
{
    if (want_argument(run, arg))
        return -1;
    *result = jinja_bool(!jinja_equal(self, *arg[0]));
    return 0;
}

/* Numbers, strings and constants are the same where they are equal and of one type. */
static int is_sameas(JINJA_PARAMETERS)
{
    if (want_argument(run, arg))
        return -1;
    bool container = jinja_is_sequence(self) || self.kind == JINJA_DICT;
    *result =
        jinja_bool(self.kind == arg[0]->kind && (container ? self.dict == arg[0]->dict : jinja_equal(self, *arg[0])));
    return 0;
}

static int is_in(JINJA_PARAMETERS)
{
    bool holds;

    if (want_argument(run, arg) || jinja_contains(*arg[0], self, &holds, run->err))
        return -1;
    *result = jinja_bool(holds);
    return 0;
}

/* Signs of the order that satisfy the test, as bits: 1 less, 2 equal, 4 greater. */
static int ordered(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg, int signs,
                   struct jinja_value *result)
{
    int order;

    if (want_argument(run, arg) || jinja_compare(self, *arg[0], &order, run->err))
        return -1;
    *result = jinja_bool(signs & (order < 0 ? 1 : order == 0 ? 2 : 4));
    return 0;
}

static int is_lt(JINJA_PARAMETERS)
{
    return ordered(run, self, arg, 1, result);
}

static int is_le(JINJA_PARAMETERS)
{
    return ordered(run, self, arg, 3, result);
}

static int is_gt(JINJA_PARAMETERS)
{
    return ordered(run, self, arg, 4, result);
}

static int is_ge(JINJA_PARAMETERS)
{
    return ordered(run, self, arg, 6, result);
}

static int remainder_is(struct jinja_run *run, struct jinja_value self, struct jinja_value divisor, int64_t wanted,
                        struct jinja_value *result)
{
    struct jinja_value rest;

    if (jinja_binary(run, "%", self, divisor, &rest))
        return -1;
    *result = jinja_bool(jinja_equal(rest, jinja_int(wanted)));
    return 0;
}

static int is_odd(JINJA_PARAMETERS)
{
    (void)arg;
    return remainder_is(run, self, jinja_int(2), 1, result);
}

static int is_even(JINJA_PARAMETERS)
{
    (void)arg;
    return remainder_is(run, self, jinja_int(2), 0, result);
}

static int is_divisibleby(JINJA_PARAMETERS)
{
    return want_argument(run, arg) ? -1 : remainder_is(run, self, *arg[0], 0, result);
}

static int same_after(struct jinja_run *run, const char *filter, struct jinja_value self, struct jinja_value *result)
{
    struct jinja_arguments arguments = {.self = self};
    struct jinja_value text = jinja_to_string(run, self), changed;

    arguments.list = jinja_list(run->arena, JINJA_LIST);
    arguments.keywords = jinja_dict(run->arena, JINJA_DICT);
    if (jinja_run_builtin(run, jinja_find_filter(filter), &arguments, &changed))
        return -1;
    *result = jinja_bool(text.string->n > 0 && jinja_equal(text, changed));
    return 0;
}

static int is_lower(JINJA_PARAMETERS)
{
    (void)arg;
    return same_after(run, "lower", self, result);
}

static int is_upper(JINJA_PARAMETERS)
{
    (void)arg;
    return same_after(run, "upper", self, result);
}

static int is_filter(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    *result = jinja_bool(self.kind == JINJA_STRING && jinja_find_filter(self.string->data));
    return 0;
}

static int is_test(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    *result = jinja_bool(self.kind == JINJA_STRING && jinja_find_test(self.string->data));
    return 0;
}

static const struct jinja_builtin tests[] = {
    {"defined", "", is_defined},
    {"undefined", "", is_undefined},
    {"none", "", is_none},
    {"boolean", "", is_boolean},
    {"true", "", is_true},
    {"false", "", is_false},
    {"integer", "", is_integer},
    {"float", "", is_float},
    {"number", "", is_number},
    {"string", "", is_string},
    {"mapping", "", is_mapping},
    {"sequence", "", is_sequence},
    {"iterable", "", is_iterable},
    {"callable", "", is_callable},
    {"eq", "other", is_eq},
    {"equalto", "other", is_eq},
    {"ne", "other", is_ne},
    {"sameas", "other", is_sameas},
    {"in", "seq", is_in},
    {"lt", "other", is_lt},
    {"lessthan", "other", is_lt},
    {"le", "other", is_le},
    {"gt", "other", is_gt},
    {"greaterthan", "other", is_gt},
    {"ge", "other", is_ge},
    {"odd", "", is_odd},
    {"even", "", is_even},
    {"divisibleby", "num", is_divisibleby},
    {"lower", "", is_lower},
    {"upper", "", is_upper},
    {"filter", "", is_filter},
    {"test", "", is_test},
    {0},
};

const struct jinja_builtin *jinja_find_test(const char *name)
{
    return jinja_find_in(tests, name);
}
