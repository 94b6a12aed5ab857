/* The operators of the template language, by precedence, as Jinja's parser has them. */
#include <string.h>

#include "text/jinja_parser.h"

static struct jinja_node *parse_unary(struct jinja_parser *p, bool with_filters);

static struct jinja_node *parse_signed(struct jinja_parser *p, enum jinja_node_kind kind)
{
    struct jinja_node *node = jinja_node(p, kind);

    p->at++;
    node->a = parse_unary(p, false);
    return node->a ? node : NULL;
}

static struct jinja_node *parse_unary(struct jinja_parser *p, bool with_filters)
{
    struct jinja_node *node;

    if (jinja_enter(p))
        return NULL;
    if (jinja_at(p, "-"))
        node = parse_signed(p, NODE_NEGATIVE);
    else if (jinja_at(p, "+"))
        node = parse_signed(p, NODE_POSITIVE);
    else
        node = jinja_parse_primary(p);
    node = jinja_parse_postfix(p, node);
    if (with_filters)
        node = jinja_parse_filters(p, node);
    p->depth--;
    return node;
}

static const char *const power[] = {"**", NULL}, *const product[] = {"*", "/", "//", "%", NULL},
                         *const joint[] = {"~", NULL}, *const sum[] = {"+", "-", NULL};

/* The binary operators, loosest first; all group to the left. */
static const char *const *const levels[] = {sum, joint, product, power};

static struct jinja_node *parse_binary(struct jinja_parser *p, size_t level)
{
    if (level == sizeof levels / sizeof *levels)
        return parse_unary(p, true);
    struct jinja_node *left = parse_binary(p, level + 1);
    for (size_t i = 0; left && levels[level][i];) {
        struct jinja_node *node = jinja_node(p, NODE_BINARY);
        if (!jinja_accept(p, levels[level][i])) {
            i++;
            continue;
        }
        node->name = levels[level][i];
        node->a = left;
        node->b = parse_binary(p, level + 1);
        left = node->b ? node : NULL;
        i = 0;
    }
    return left;
}

static const char *accept_comparison(struct jinja_parser *p)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "in"};

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (jinja_accept(p, operators[i]))
            return operators[i];
    if (jinja_at(p, "not") && p->at[1].kind == TOKEN_NAME && p->at[1].n == 2 && memcmp(p->at[1].text, "in", 2) == 0) {
        p->at += 2;
        return "not in";
    }
    return NULL;
}

static struct jinja_node *parse_compare(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_COMPARE);
    const char *operator;

    node->a = parse_binary(p, 0);
    while (node->a && (operator= accept_comparison(p))) {
        struct jinja_node *operand = jinja_node(p, NODE_OPERAND);
        operand->name = operator;
        operand->a = parse_binary(p, 0);
        if (!operand->a)
            return NULL;
        jinja_nodes_append(p->arena, &node->list, operand);
    }
    return node->list.n > 0 ? node : node->a;
}

static struct jinja_node *parse_not(struct jinja_parser *p)
{
    struct jinja_node *node, *inner;

    if (!jinja_at(p, "not"))
        return parse_compare(p);
    node = jinja_node(p, NODE_NOT);
    p->at++;
    if (jinja_enter(p))
        return NULL;
    inner = parse_not(p);
    p->depth--;
    node->a = inner;
    return inner ? node : NULL;
}

static struct jinja_node *parse_logic(struct jinja_parser *p, enum jinja_node_kind kind, const char *word,
                                      struct jinja_node *(*operand)(struct jinja_parser *))
{
    struct jinja_node *left = operand(p);

    while (left && jinja_at(p, word)) {
        struct jinja_node *node = jinja_node(p, kind);
        p->at++;
        node->a = left;
        node->b = operand(p);
        left = node->b ? node : NULL;
    }
    return left;
}

static struct jinja_node *parse_and(struct jinja_parser *p)
{
    return parse_logic(p, NODE_AND, "and", parse_not);
}

struct jinja_node *jinja_parse_or(struct jinja_parser *p)
{
    return parse_logic(p, NODE_OR, "or", parse_and);
}

struct jinja_node *jinja_parse_expression(struct jinja_parser *p)
{
    struct jinja_node *node;

    if (jinja_enter(p))
        return NULL;
    node = jinja_parse_or(p);
    while (node && jinja_at(p, "if")) {
        struct jinja_node *condition = jinja_node(p, NODE_CONDITION);
        p->at++;
        condition->a = node;
        condition->b = jinja_parse_or(p);
        if (!condition->b)
            return NULL;
        if (jinja_accept(p, "else") && !(condition->c = jinja_parse_expression(p)))
            return NULL;
        node = condition;
    }
    p->depth--;
    return node;
}

static bool at_tuple_end(const struct jinja_parser *p)
{
    return p->at->kind == TOKEN_BLOCK_END || p->at->kind == TOKEN_PRINT_END || jinja_at(p, ")") || jinja_at(p, "=") ||
           jinja_at(p, "in");
}

struct jinja_node *jinja_parse_tuple(struct jinja_parser *p, struct jinja_node *(*element)(struct jinja_parser *))
{
    struct jinja_node *first = element(p), *tuple;

    if (!first || !jinja_at(p, ","))
        return first;
    tuple = jinja_node(p, NODE_TUPLE);
    jinja_nodes_append(p->arena, &tuple->list, first);
    while (jinja_accept(p, ",") && !at_tuple_end(p)) {
        struct jinja_node *next = element(p);
        if (!next)
            return NULL;
        jinja_nodes_append(p->arena, &tuple->list, next);
    }
    return tuple;
}
