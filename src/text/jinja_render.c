/* Statements. */
#include <string.h>

#include "text/jinja_run.h"

int jinja_enter_node(struct jinja_run *run, const struct jinja_node *node)
{
    int rc = 0;

    run->depth++;
    if (++run->steps > JINJA_MAX_STEPS)
        rc = fail(run->err, "the template takes more than %d steps", JINJA_MAX_STEPS);
    else if (run->arena->used > JINJA_MAX_MEMORY || run->out->n > JINJA_MAX_TEXT)
        rc = fail(run->err, "the template makes more than it may (%d MiB of text)", JINJA_MAX_TEXT >> 20);
    else if (run->depth > JINJA_MAX_DEPTH)
        rc = fail(run->err, "the template nests too deeply");
    return rc ? jinja_leave_node(run, node, rc) : 0;
}

int jinja_leave_node(struct jinja_run *run, const struct jinja_node *node, int rc)
{
    run->depth--;
    if (rc && !run->located) {
        fail_prefix(run->err, "%d", node->line);
        run->located = true;
    }
    return rc;
}

/* ---- variables ---- */

void jinja_assign_name(struct jinja_run *run, const char *name, struct jinja_value value)
{
    struct jinja_scope *scope = run->scope;

    for (size_t i = 0; i < scope->n; i++)
        if (strcmp(scope->items[i].name, name) == 0) {
            scope->items[i].value = value;
            return;
        }
    if (scope->n == scope->capacity) {
        scope->capacity = scope->capacity ? 2 * scope->capacity : 8;
        struct jinja_variable *bigger = arena_alloc(run->arena, scope->capacity, sizeof *bigger);
        if (scope->n > 0)
            memcpy(bigger, scope->items, scope->n * sizeof *bigger);
        scope->items = bigger;
    }
    scope->items[scope->n++] = (struct jinja_variable){name, value};
}

static int assign_attribute(struct jinja_run *run, const struct jinja_node *target, struct jinja_value value)
{
    struct jinja_value object;

    if (jinja_eval(run, target->a, &object))
        return -1;
    if (object.kind != JINJA_NAMESPACE)
        return fail(run->err, "\"%s\" is no namespace: only a namespace's members can be set", target->a->name);
    jinja_set_text(run->arena, object, target->name, value);
    return 0;
}

static int assign_tuple(struct jinja_run *run, const struct jinja_node *target, struct jinja_value value)
{
    struct jinja_value items;

    if (jinja_iterate(run->arena, value, &items, run->err))
        return -1;
    if (items.list->n != target->list.n)
        return fail(run->err, "%zu values for %zu names", items.list->n, target->list.n);
    for (size_t i = 0; i < target->list.n; i++)
        jinja_assign_name(run, target->list.items[i]->name, items.list->items[i]);
    return 0;
}

static int assign(struct jinja_run *run, const struct jinja_node *target, struct jinja_value value)
{
    if (target->kind == NODE_TUPLE)
        return assign_tuple(run, target, value);
    if (target->kind == NODE_ATTRIBUTE)
        return assign_attribute(run, target, value);
    jinja_assign_name(run, target->name, value);
    return 0;
}

static struct jinja_scope *push_scope(struct jinja_run *run, struct jinja_scope *parent)
{
    struct jinja_scope *scope = arena_alloc(run->arena, 1, sizeof *scope);

    scope->parent = parent;
    run->scope = scope;
    return scope;
}

/* ---- for ---- */

static struct jinja_value loop_object(struct jinja_run *run, const struct jinja_list *items, size_t i)
{
    struct jinja_value loop = jinja_dict(run->arena, JINJA_LOOP);
    int64_t at = (int64_t)i, n = (int64_t)items->n;

    jinja_set_text(run->arena, loop, "index", jinja_int(at + 1));
    jinja_set_text(run->arena, loop, "index0", jinja_int(at));
    jinja_set_text(run->arena, loop, "revindex", jinja_int(n - at));
    jinja_set_text(run->arena, loop, "revindex0", jinja_int(n - at - 1));
    jinja_set_text(run->arena, loop, "first", jinja_bool(i == 0));
    jinja_set_text(run->arena, loop, "last", jinja_bool(i + 1 == items->n));
    jinja_set_text(run->arena, loop, "length", jinja_int(n));
    if (i > 0)
        jinja_set_text(run->arena, loop, "previtem", items->items[i - 1]);
    if (i + 1 < items->n)
        jinja_set_text(run->arena, loop, "nextitem", items->items[i + 1]);
    return loop;
}

/* The items that pass the loop's own `if`. */
static int select_items(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *items)
{
    struct jinja_value all = *items, passes;
    struct jinja_scope *outer = run->scope;
    int rc = 0;

    *items = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < all.list->n && !rc; i++) {
        push_scope(run, outer);
        rc = assign(run, node->a, all.list->items[i]) || jinja_eval(run, node->c, &passes);
        if (!rc && jinja_true(passes))
            jinja_append(run->arena, *items, all.list->items[i]);
    }
    run->scope = outer;
    return rc ? -1 : 0;
}

static int execute_for(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_scope *outer = run->scope;
    struct jinja_value value, items;
    int rc = 0;

    if (jinja_eval(run, node->b, &value) || jinja_iterate(run->arena, value, &items, run->err))
        return -1;
    if (node->c && select_items(run, node, &items))
        return -1;
    if (items.list->n == 0)
        return jinja_execute(run, &node->other);
    for (size_t i = 0; i < items.list->n && !rc && run->flow != FLOW_BREAK; i++) {
        run->flow = FLOW_ON;
        push_scope(run, outer);
        jinja_assign_name(run, "loop", loop_object(run, items.list, i));
        rc = assign(run, node->a, items.list->items[i]) || jinja_execute(run, &node->body);
    }
    run->flow = FLOW_ON;
    run->scope = outer;
    return rc ? -1 : 0;
}

/* ---- blocks whose text is caught ---- */

static int execute_into(struct jinja_run *run, const struct jinja_nodes *body, struct jinja_value *text)
{
    struct bytes caught = {0}, *outer = run->out;

    run->out = &caught;
    int rc = jinja_execute(run, body);
    run->out = outer;
    *text = jinja_take(run->arena, &caught);
    return rc;
}

static int execute_filtered(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *value)
{
    struct jinja_value outer = run->block_text;
    struct jinja_scope *scope = run->scope;

    push_scope(run, scope);
    int rc = execute_into(run, &node->body, &run->block_text);
    run->scope = scope;
    rc = rc || jinja_eval(run, node->b, value);
    run->block_text = outer;
    return rc ? -1 : 0;
}

static int bind_parameters(struct jinja_run *run, const struct jinja_node *node,
                           const struct jinja_arguments *arguments)
{
    const struct jinja_list *list = arguments->list.list;
    const struct jinja_dict *keywords = arguments->keywords.dict;

    if (list->n > node->list.n)
        return fail(run->err, "macro \"%s\" takes %zu arguments, not %zu", node->name, node->list.n, list->n);
    for (size_t i = 0; i < keywords->n; i++) {
        size_t k = 0;
        while (k < node->list.n && !jinja_string_is(keywords->members[i].key, node->list.items[k]->name))
            k++;
        if (k == node->list.n)
            return fail(run->err, "macro \"%s\" has no parameter \"%s\"", node->name,
                        keywords->members[i].key.string->data);
    }
    for (size_t i = 0; i < node->list.n; i++) {
        const char *name = node->list.items[i]->name;
        const struct jinja_value *given = i < list->n ? &list->items[i] : jinja_find_text(keywords, name);
        struct jinja_value value = jinja_undefined(name);
        if (given)
            value = *given;
        else if (node->keywords[i].value && jinja_eval(run, node->keywords[i].value, &value))
            return -1;
        jinja_assign_name(run, name, value);
    }
    return 0;
}

int jinja_call_macro(struct jinja_run *run, const struct jinja_macro *macro, const struct jinja_arguments *arguments,
                     struct jinja_value *result)
{
    struct jinja_scope *outer = run->scope;

    push_scope(run, macro->scope);
    int rc = bind_parameters(run, macro->node, arguments) || execute_into(run, &macro->node->body, result);
    run->scope = outer;
    return rc ? -1 : 0;
}

/* ---- the table of statements ---- */

static int execute_text(struct jinja_run *run, const struct jinja_node *node)
{
    jinja_append_str(run->out, node->value);
    return 0;
}

static int execute_print(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_value value;

    if (jinja_eval(run, node->a, &value))
        return -1;
    jinja_append_str(run->out, value);
    return 0;
}

static int execute_if(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_value condition;

    if (jinja_eval(run, node->a, &condition))
        return -1;
    return jinja_execute(run, jinja_true(condition) ? &node->body : &node->other);
}

static int execute_set(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_value value;

    return jinja_eval(run, node->b, &value) || assign(run, node->a, value) ? -1 : 0;
}

static int execute_set_block(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_value value;

    return execute_filtered(run, node, &value) || assign(run, node->a, value) ? -1 : 0;
}

static int execute_filter_block(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_value value;

    if (execute_filtered(run, node, &value))
        return -1;
    jinja_append_str(run->out, value);
    return 0;
}

static int execute_macro(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_macro *macro = arena_alloc(run->arena, 1, sizeof *macro);

    *macro = (struct jinja_macro){node, run->scope};
    jinja_assign_name(run, node->name, (struct jinja_value){.kind = JINJA_MACRO, .macro = macro});
    return 0;
}

/* Values are evaluated outside of the new scope. */
static int execute_with(struct jinja_run *run, const struct jinja_node *node)
{
    struct jinja_scope *outer = run->scope, *inner = push_scope(run, outer);
    struct jinja_value value;
    int rc = 0;

    for (size_t i = 0; i < node->list.n && !rc; i += 2) {
        run->scope = outer;
        rc = jinja_eval(run, node->list.items[i + 1], &value);
        run->scope = inner;
        rc = rc || assign(run, node->list.items[i], value);
    }
    rc = rc || jinja_execute(run, &node->body);
    run->scope = outer;
    return rc ? -1 : 0;
}

static int execute_group(struct jinja_run *run, const struct jinja_node *node)
{
    return jinja_execute(run, &node->body);
}

static int execute_jump(struct jinja_run *run, const struct jinja_node *node)
{
    run->flow = node->kind == NODE_BREAK ? FLOW_BREAK : FLOW_CONTINUE;
    return 0;
}

static int (*const executors[])(struct jinja_run *run, const struct jinja_node *node) = {
    [NODE_TEXT] = execute_text,   [NODE_PRINT] = execute_print,
    [NODE_FOR] = execute_for,     [NODE_IF] = execute_if,
    [NODE_SET] = execute_set,     [NODE_SET_BLOCK] = execute_set_block,
    [NODE_MACRO] = execute_macro, [NODE_FILTER_BLOCK] = execute_filter_block,
    [NODE_WITH] = execute_with,   [NODE_GROUP] = execute_group,
    [NODE_BREAK] = execute_jump,  [NODE_CONTINUE] = execute_jump,
};

int jinja_execute(struct jinja_run *run, const struct jinja_nodes *body)
{
    for (size_t i = 0; i < body->n && run->flow == FLOW_ON; i++) {
        const struct jinja_node *node = body->items[i];
        if (jinja_enter_node(run, node) || jinja_leave_node(run, node, executors[node->kind](run, node)))
            return -1;
    }
    return 0;
}
