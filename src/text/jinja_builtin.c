/* Binding the arguments of builtins to their parameters. */
#include <stdlib.h>
#include <string.h>

#include "text/jinja_run.h"

struct jinja_value jinja_to_string(struct jinja_run *run, struct jinja_value value)
{
    struct bytes text = {0};

    if (value.kind == JINJA_STRING)
        return value;
    jinja_append_str(&text, value);
    return jinja_take(run->arena, &text);
}

const struct jinja_builtin *jinja_find_in(const struct jinja_builtin *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

/* Index of a parameter, -1 if the builtin has none of that name; *n: how many it has. */
static int find_parameter(const char *parameters, const char *name, size_t *n)
{
    int found = -1, i = 0;

    while (*parameters) {
        size_t length = strcspn(parameters, " ");
        if (name && strlen(name) == length && memcmp(parameters, name, length) == 0)
            found = i;
        parameters += length + (parameters[length] == ' ');
        i++;
    }
    *n = (size_t)i;
    return found;
}

int jinja_run_builtin(struct jinja_run *run, const struct jinja_builtin *builtin,
                      const struct jinja_arguments *arguments, struct jinja_value *result)
{
    const struct jinja_value *arg[JINJA_MAX_ARGUMENTS] = {NULL};
    const struct jinja_list *list = arguments->list.list;
    const struct jinja_dict *keywords = arguments->keywords.dict;
    size_t n;

    if (strcmp(builtin->parameters, "*") == 0) {
        arg[0] = &arguments->list;
        arg[1] = &arguments->keywords;
        return builtin->run(run, arguments->self, arg, result);
    }
    find_parameter(builtin->parameters, NULL, &n);
    if (list->n > n)
        return fail(run->err, "%s() takes %zu arguments, not %zu", builtin->name, n, list->n);
    for (size_t i = 0; i < list->n; i++)
        arg[i] = &list->items[i];
    for (size_t i = 0; i < keywords->n; i++) {
        const char *name = keywords->members[i].key.string->data;
        int at = find_parameter(builtin->parameters, name, &n);
        if (at < 0)
            return fail(run->err, "%s() has no argument \"%s\"", builtin->name, name);
        arg[at] = &keywords->members[i].value;
    }
    return builtin->run(run, arguments->self, arg, result);
}

int jinja_argument_int(struct jinja_run *run, const struct jinja_value *arg, int64_t standard, int64_t *value)
{
    *value = standard;
    if (!arg || arg->kind == JINJA_NONE)
        return 0;
    if (arg->kind != JINJA_INT && arg->kind != JINJA_BOOL)
        return fail(run->err, "an argument is of type %s, not an integer", jinja_type_name(*arg));
    *value = jinja_integer(*arg);
    return 0;
}

int jinja_argument_bool(const struct jinja_value *arg, bool standard)
{
    return arg ? jinja_true(*arg) : standard;
}

int jinja_argument_text(struct jinja_run *run, const struct jinja_value *arg, const struct jinja_string **text)
{
    *text = NULL;
    if (!arg || arg->kind == JINJA_NONE)
        return 0;
    if (arg->kind != JINJA_STRING)
        return fail(run->err, "an argument is of type %s, not a string", jinja_type_name(*arg));
    *text = arg->string;
    return 0;
}
