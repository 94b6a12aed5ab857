/* Names, constants, brackets, and what may follow them: attributes, items, calls,
 * filters, tests. */
#include <string.h>

#include "text/jinja_parser.h"

/* ---- primary expressions ---- */

static struct jinja_node *constant(struct jinja_parser *p, struct jinja_value value)
{
    struct jinja_node *node = jinja_node(p, NODE_CONSTANT);

    node->value = value;
    p->at++;
    return node;
}

static struct jinja_node *parse_name(struct jinja_parser *p)
{
    if (jinja_at(p, "true") || jinja_at(p, "True"))
        return constant(p, jinja_bool(true));
    if (jinja_at(p, "false") || jinja_at(p, "False"))
        return constant(p, jinja_bool(false));
    if (jinja_at(p, "none") || jinja_at(p, "None"))
        return constant(p, jinja_none());
    struct jinja_node *node = jinja_node(p, NODE_NAME);
    node->name = jinja_token_text(p);
    p->at++;
    return node;
}

/* Neighbouring strings are one. */
static struct jinja_node *parse_constant(struct jinja_parser *p)
{
    struct jinja_node *node = constant(p, p->at->value);
    struct bytes joined = {0};

    if (node->value.kind != JINJA_STRING || p->at->kind != TOKEN_CONSTANT)
        return node;
    jinja_append_str(&joined, node->value);
    for (; p->at->kind == TOKEN_CONSTANT && p->at->value.kind == JINJA_STRING; p->at++)
        jinja_append_str(&joined, p->at->value);
    node->value = jinja_take(p->arena, &joined);
    return node;
}

/* Elements up to `close`; for a dict each with its value. */
static struct jinja_node *parse_elements(struct jinja_parser *p, enum jinja_node_kind kind, const char *close)
{
    struct jinja_node *node = jinja_node(p, kind);

    p->at++;
    while (!jinja_accept(p, close)) {
        if (node->list.n > 0 && jinja_expect(p, ","))
            return NULL;
        if (jinja_accept(p, close))
            break;
        for (int part = 0; part < (kind == NODE_DICT ? 2 : 1); part++) {
            if (part == 1 && jinja_expect(p, ":"))
                return NULL;
            struct jinja_node *element = jinja_parse_expression(p);
            if (!element)
                return NULL;
            jinja_nodes_append(p->arena, &node->list, element);
        }
    }
    return node;
}

static struct jinja_node *parse_parenthesis(struct jinja_parser *p)
{
    p->at++;
    if (jinja_accept(p, ")"))
        return jinja_node(p, NODE_TUPLE);
    struct jinja_node *node = jinja_parse_tuple(p, jinja_parse_expression);
    return node && jinja_expect(p, ")") == 0 ? node : NULL;
}

struct jinja_node *jinja_parse_primary(struct jinja_parser *p)
{
    if (p->at->kind == TOKEN_CONSTANT)
        return parse_constant(p);
    if (p->at->kind == TOKEN_NAME)
        return parse_name(p);
    if (jinja_at(p, "("))
        return parse_parenthesis(p);
    if (jinja_at(p, "["))
        return parse_elements(p, NODE_LIST, "]");
    if (jinja_at(p, "{"))
        return parse_elements(p, NODE_DICT, "}");
    return jinja_parse_failed(p, "expected an expression");
}

/* ---- what follows a primary expression ---- */

/* Behind the opening parenthesis, up to the closing one. */
static int parse_arguments(struct jinja_parser *p, struct jinja_node *call)
{
    bool first = true;

    while (!jinja_accept(p, ")")) {
        if (!first && jinja_expect(p, ","))
            return -1;
        if (jinja_accept(p, ")"))
            break;
        first = false;
        const char *keyword = NULL;
        if (p->at->kind == TOKEN_NAME && p->at[1].kind == TOKEN_OPERATOR && p->at[1].n == 1 && *p->at[1].text == '=') {
            keyword = jinja_token_text(p);
            p->at += 2;
        }
        struct jinja_node *value = jinja_parse_expression(p);
        if (!value)
            return -1;
        if (keyword)
            jinja_add_keyword(p, call, keyword, value);
        else
            jinja_nodes_append(p->arena, &call->list, value);
    }
    return 0;
}

static struct jinja_node *parse_call(struct jinja_parser *p, struct jinja_node *callee)
{
    struct jinja_node *node = jinja_node(p, NODE_CALL);

    p->at++;
    node->a = callee;
    return parse_arguments(p, node) ? NULL : node;
}

static struct jinja_node *parse_attribute(struct jinja_parser *p, struct jinja_node *object)
{
    struct jinja_node *node = jinja_node(p, NODE_ATTRIBUTE);

    p->at++;
    node->a = object;
    if (p->at->kind == TOKEN_NAME) {
        node->name = jinja_token_text(p);
        p->at++;
        return node;
    }
    if (p->at->kind != TOKEN_CONSTANT || p->at->value.kind != JINJA_INT)
        return jinja_parse_failed(p, "expected a name behind the dot");
    node->kind = NODE_ITEM;
    node->b = constant(p, p->at->value);
    return node;
}

static struct jinja_node *parse_item(struct jinja_parser *p, struct jinja_node *object)
{
    struct jinja_node *node = jinja_node(p, NODE_ITEM), *parts[3] = {NULL};
    int n = 0;

    p->at++;
    node->a = object;
    for (bool more = true; more; n += more) {
        if (!jinja_at(p, ":") && !jinja_at(p, "]") && !(parts[n] = jinja_parse_expression(p)))
            return NULL;
        more = n < 2 && jinja_accept(p, ":");
    }
    if (jinja_expect(p, "]"))
        return NULL;
    node->b = parts[0];
    if (n == 0)
        return node->b ? node : jinja_parse_failed(p, "expected an index");
    node->kind = NODE_SLICE;
    for (int i = 0; i < 3; i++)
        jinja_nodes_append(p->arena, &node->list, parts[i]);
    return node;
}

struct jinja_node *jinja_parse_postfix(struct jinja_parser *p, struct jinja_node *node)
{
    while (node) {
        if (jinja_at(p, "."))
            node = parse_attribute(p, node);
        else if (jinja_at(p, "["))
            node = parse_item(p, node);
        else if (jinja_at(p, "("))
            node = parse_call(p, node);
        else
            break;
    }
    return node;
}

static struct jinja_node *parse_filter(struct jinja_parser *p, struct jinja_node *object)
{
    struct jinja_node *node = jinja_node(p, NODE_FILTER);

    p->at++;
    if (p->at->kind != TOKEN_NAME)
        return jinja_parse_failed(p, "expected a filter's name");
    node->a = object;
    node->name = jinja_token_text(p);
    p->at++;
    if (jinja_accept(p, "(") && parse_arguments(p, node))
        return NULL;
    return node;
}

/* A test may have one argument without parentheses: "x is divisibleby 3". */
static bool at_bare_argument(const struct jinja_parser *p)
{
    if (p->at->kind == TOKEN_CONSTANT || jinja_at(p, "[") || jinja_at(p, "{"))
        return true;
    return p->at->kind == TOKEN_NAME && !jinja_at(p, "else") && !jinja_at(p, "or") && !jinja_at(p, "and") &&
           !jinja_at(p, "is") && !jinja_at(p, "if");
}

static struct jinja_node *parse_test(struct jinja_parser *p, struct jinja_node *object)
{
    struct jinja_node *node = jinja_node(p, NODE_TEST), *outer = node;

    p->at++;
    if (jinja_accept(p, "not")) {
        outer = jinja_node(p, NODE_NOT);
        outer->a = node;
    }
    if (p->at->kind != TOKEN_NAME)
        return jinja_parse_failed(p, "expected a test's name");
    node->a = object;
    node->name = jinja_token_text(p);
    p->at++;
    if (jinja_accept(p, "("))
        return parse_arguments(p, node) ? NULL : outer;
    if (!at_bare_argument(p))
        return outer;
    struct jinja_node *argument = jinja_parse_postfix(p, jinja_parse_primary(p));
    if (!argument)
        return NULL;
    jinja_nodes_append(p->arena, &node->list, argument);
    return outer;
}

struct jinja_node *jinja_parse_filters(struct jinja_parser *p, struct jinja_node *node)
{
    while (node) {
        if (jinja_at(p, "|"))
            node = parse_filter(p, node);
        else if (jinja_at(p, "is"))
            node = parse_test(p, node);
        else if (jinja_at(p, "("))
            node = parse_call(p, node);
        else
            break;
    }
    return node;
}
