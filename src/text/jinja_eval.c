/* Expressions. */
#include <string.h>

#include "text/jinja_run.h"

static int eval_name(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    for (const struct jinja_scope *scope = run->scope; scope; scope = scope->parent)
        for (size_t i = 0; i < scope->n; i++)
            if (strcmp(scope->items[i].name, node->name) == 0) {
                *result = scope->items[i].value;
                return 0;
            }
    const struct jinja_builtin *builtin = jinja_find_global(node->name);
    *result = jinja_undefined(node->name);
    if (builtin) {
        struct jinja_function *function = arena_alloc(run->arena, 1, sizeof *function);
        function->builtin = builtin;
        *result = (struct jinja_value){.kind = JINJA_FUNCTION, .function = function};
    }
    return 0;
}

static int eval_constant(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    (void)run;
    *result = node->value;
    return 0;
}

static int eval_elements(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value item;

    *result = jinja_list(run->arena, node->kind == NODE_TUPLE ? JINJA_TUPLE : JINJA_LIST);
    for (size_t i = 0; i < node->list.n; i++) {
        if (jinja_eval(run, node->list.items[i], &item))
            return -1;
        jinja_append(run->arena, *result, item);
    }
    return 0;
}

static int eval_dict(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value key, value;

    *result = jinja_dict(run->arena, JINJA_DICT);
    for (size_t i = 0; i < node->list.n; i += 2) {
        if (jinja_eval(run, node->list.items[i], &key) || jinja_eval(run, node->list.items[i + 1], &value))
            return -1;
        jinja_set(run->arena, *result, key, value);
    }
    return 0;
}

static int eval_attribute(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value object;

    return jinja_eval(run, node->a, &object) || jinja_get_attribute(run, object, node->name, result) ? -1 : 0;
}

static int eval_item(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value object, key;

    return jinja_eval(run, node->a, &object) || jinja_eval(run, node->b, &key) ||
                   jinja_get_item(run, object, key, result)
               ? -1
               : 0;
}

static int eval_slice(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value object, bounds[3] = {jinja_none(), jinja_none(), jinja_none()};

    if (jinja_eval(run, node->a, &object))
        return -1;
    for (int i = 0; i < 3; i++)
        if (node->list.items[i] && jinja_eval(run, node->list.items[i], &bounds[i]))
            return -1;
    return jinja_get_slice(run, object, bounds, result);
}

static int eval_arguments(struct jinja_run *run, const struct jinja_node *node, struct jinja_arguments *arguments)
{
    struct jinja_value value;

    if (eval_elements(run, node, &arguments->list))
        return -1;
    arguments->list.kind = JINJA_LIST;
    arguments->keywords = jinja_dict(run->arena, JINJA_DICT);
    for (size_t i = 0; i < node->n_keywords; i++) {
        if (jinja_eval(run, node->keywords[i].value, &value))
            return -1;
        jinja_set_text(run->arena, arguments->keywords, node->keywords[i].name, value);
    }
    return 0;
}

int jinja_call(struct jinja_run *run, struct jinja_value callee, struct jinja_arguments *arguments,
               struct jinja_value *result)
{
    if (callee.kind == JINJA_MACRO)
        return jinja_call_macro(run, callee.macro, arguments, result);
    if (callee.kind == JINJA_FUNCTION) {
        arguments->self = callee.function->self;
        return jinja_run_builtin(run, callee.function->builtin, arguments, result);
    }
    if (callee.kind == JINJA_UNDEFINED)
        return fail(run->err, "\"%s\" is not defined, or not supported", callee.name ? callee.name : "this");
    return fail(run->err, "a value of type %s cannot be called", jinja_type_name(callee));
}

static int eval_call(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_arguments arguments = {0};
    struct jinja_value callee;

    if (jinja_eval(run, node->a, &callee) || eval_arguments(run, node, &arguments))
        return -1;
    return jinja_call(run, callee, &arguments, result);
}

static int eval_builtin(struct jinja_run *run, const struct jinja_node *node, const struct jinja_builtin *builtin,
                        const char *what, struct jinja_value *result)
{
    struct jinja_arguments arguments = {0};

    if (!builtin)
        return fail(run->err, "%s \"%s\" is not supported", what, node->name);
    if (jinja_eval(run, node->a, &arguments.self) || eval_arguments(run, node, &arguments))
        return -1;
    return jinja_run_builtin(run, builtin, &arguments, result);
}

static int eval_filter(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    return eval_builtin(run, node, jinja_find_filter(node->name), "filter", result);
}

static int eval_test(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    return eval_builtin(run, node, jinja_find_test(node->name), "test", result);
}

static int eval_not(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value value;

    if (jinja_eval(run, node->a, &value))
        return -1;
    *result = jinja_bool(!jinja_true(value));
    return 0;
}

static int eval_sign(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value value;

    if (jinja_eval(run, node->a, &value))
        return -1;
    return jinja_binary(run, node->kind == NODE_NEGATIVE ? "-" : "+", jinja_int(0), value, result);
}

/* "and", "or" give one of their operands and look at the second only where they must. */
static int eval_logic(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    if (jinja_eval(run, node->a, result))
        return -1;
    return jinja_true(*result) == (node->kind == NODE_AND) ? jinja_eval(run, node->b, result) : 0;
}

static int eval_binary(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value a, b;

    return jinja_eval(run, node->a, &a) || jinja_eval(run, node->b, &b) || jinja_binary(run, node->name, a, b, result)
               ? -1
               : 0;
}

static int compare(struct jinja_run *run, const char *operator, struct jinja_value a, struct jinja_value b, bool *holds)
{
    int order = 0;

    if (strcmp(operator, "in") == 0)
        return jinja_contains(b, a, holds, run->err);
    if (strcmp(operator, "not in") == 0) {
        int rc = jinja_contains(b, a, holds, run->err);
        *holds = !*holds;
        return rc;
    }
    if (strcmp(operator, "==") == 0 || strcmp(operator, "!=") == 0) {
        *holds = jinja_equal(a, b) == (*operator== '=');
        return 0;
    }
    if (jinja_compare(a, b, &order, run->err))
        return -1;
    *holds = (*operator== '<' && order<0) || (*operator== '>' && order> 0) || (operator[1] == '=' && order == 0);
    return 0;
}

/* a < b < c: all neighbours must fit. */
static int eval_compare(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value left, right;
    bool holds = true;

    if (jinja_eval(run, node->a, &left))
        return -1;
    for (size_t i = 0; i < node->list.n && holds; i++, left = right)
        if (jinja_eval(run, node->list.items[i]->a, &right) ||
            compare(run, node->list.items[i]->name, left, right, &holds))
            return -1;
    *result = jinja_bool(holds);
    return 0;
}

static int eval_condition(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    struct jinja_value condition;

    if (jinja_eval(run, node->b, &condition))
        return -1;
    if (jinja_true(condition))
        return jinja_eval(run, node->a, result);
    *result = jinja_undefined(NULL);
    return node->c ? jinja_eval(run, node->c, result) : 0;
}

static int eval_body(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    (void)node;
    *result = run->block_text;
    return 0;
}

static int (*const evaluators[])(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result) = {
    [NODE_CONSTANT] = eval_constant,   [NODE_NAME] = eval_name,
    [NODE_LIST] = eval_elements,       [NODE_TUPLE] = eval_elements,
    [NODE_DICT] = eval_dict,           [NODE_ATTRIBUTE] = eval_attribute,
    [NODE_ITEM] = eval_item,           [NODE_SLICE] = eval_slice,
    [NODE_CALL] = eval_call,           [NODE_FILTER] = eval_filter,
    [NODE_TEST] = eval_test,           [NODE_NOT] = eval_not,
    [NODE_NEGATIVE] = eval_sign,       [NODE_POSITIVE] = eval_sign,
    [NODE_AND] = eval_logic,           [NODE_OR] = eval_logic,
    [NODE_BINARY] = eval_binary,       [NODE_COMPARE] = eval_compare,
    [NODE_CONDITION] = eval_condition, [NODE_BODY] = eval_body,
};

int jinja_eval(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result)
{
    if (jinja_enter_node(run, node))
        return -1;
    int rc = evaluators[node->kind](run, node, result);
    if (!rc && jinja_nesting(*result) > JINJA_MAX_NESTING)
        rc = fail(run->err, "lists or dicts nested more than %d deep", JINJA_MAX_NESTING);
    return jinja_leave_node(run, node, rc);
}
