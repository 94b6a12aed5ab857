/* The global functions. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "text/jinja_run.h"

static int run_range(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
                     struct jinja_value *result)
{
    enum { MOST = 1000000 };
    int64_t start, stop, step, n = 0;

    (void)self;
    if (jinja_argument_int(run, arg[0], 0, &start) || jinja_argument_int(run, arg[1], 0, &stop) ||
        jinja_argument_int(run, arg[2], 1, &step))
        return -1;
    if (!arg[1]) {
        stop = start;
        start = 0;
    }
    if (step == 0)
        return fail(run->err, "range() with a step of zero");
    *result = jinja_list(run->arena, JINJA_LIST);
    for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
        if (++n > MOST)
            return fail(run->err, "range() of more than %d numbers", MOST);
        jinja_append(run->arena, *result, jinja_int(i));
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    return 0;
}

/* dict(mapping, key=value, ...) and namespace() */
static int make_dict(struct jinja_run *run, enum jinja_kind kind, const struct jinja_value *const *arg,
                     struct jinja_value *result)
{
    const struct jinja_list *list = arg[0]->list;

    *result = jinja_dict(run->arena, kind);
    if (list->n > 1 || (list->n == 1 && list->items[0].kind != JINJA_DICT))
        return fail(run->err, "dict() or namespace() of something that is no dict");
    for (size_t part = list->n ? 0 : 1; part < 2; part++) {
        const struct jinja_dict *from = part == 0 ? list->items[0].dict : arg[1]->dict;
        for (size_t i = 0; i < from->n; i++)
            jinja_set(run->arena, *result, from->members[i].key, from->members[i].value);
    }
    return 0;
}

static int run_dict(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
                    struct jinja_value *result)
{
    (void)self;
    return make_dict(run, JINJA_DICT, arg, result);
}

static int run_namespace(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
                         struct jinja_value *result)
{
    (void)self;
    return make_dict(run, JINJA_NAMESPACE, arg, result);
}

static int run_raise(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
                     struct jinja_value *result)
{
    struct jinja_value text = jinja_to_string(run, arg[0] ? *arg[0] : jinja_undefined(NULL));

    (void)self;
    *result = jinja_none();
    return fail(run->err, "the template says: %.160s", text.string->data);
}

/* The date is the experiment's, not today's: a run gives the same ids next year. */
static int run_strftime(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
                        struct jinja_value *result)
{
    const struct jinja_string *format;
    struct tm tm = {.tm_isdst = -1};
    char text[256];

    (void)self;
    if (jinja_argument_text(run, arg[0], &format))
        return -1;
    if (!format)
        return fail(run->err, "strftime_now() without a format");
    if (!run->date || sscanf(run->date, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return fail(run->err, "strftime_now(): no date was given");
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    timegm(&tm);                                               /* the day of the week */
    size_t n = strftime(text, sizeof text, format->data, &tm); /* NOLINT: the template's format, bounded */
    *result = jinja_string(run->arena, text, n);
    return 0;
}

static const struct jinja_builtin globals[] = {
    {"range", "start stop step", run_range},  {"dict", "*", run_dict},
    {"namespace", "*", run_namespace},        {"raise_exception", "message", run_raise},
    {"strftime_now", "format", run_strftime}, {0},
};

const struct jinja_builtin *jinja_find_global(const char *name)
{
    return jinja_find_in(globals, name);
}
