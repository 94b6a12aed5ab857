/* The statements of the template language. */
#include "text/jinja_parser.h"

#include <string.h>

enum { MAX_DEPTH = 64 };

static int parse_body(struct jinja_parser *p, struct jinja_nodes *body, const char *const *ends);

struct jinja_node *jinja_node(struct jinja_parser *p, enum jinja_node_kind kind)
{
    struct jinja_node *node = arena_alloc(p->arena, 1, sizeof *node);

    node->kind = kind;
    node->line = p->at->line;
    return node;
}

void jinja_nodes_append(struct arena *arena, struct jinja_nodes *nodes, struct jinja_node *node)
{
    if (nodes->n == nodes->capacity) {
        nodes->capacity = nodes->capacity ? 2 * nodes->capacity : 4;
        struct jinja_node **bigger = arena_alloc(arena, nodes->capacity, sizeof(struct jinja_node *));
        if (nodes->n > 0)
            memcpy(bigger, nodes->items, nodes->n * sizeof(struct jinja_node *));
        nodes->items = bigger;
    }
    nodes->items[nodes->n++] = node;
}

void jinja_add_keyword(struct jinja_parser *p, struct jinja_node *node, const char *name, struct jinja_node *value)
{
    if (node->n_keywords == node->keywords_capacity) {
        node->keywords_capacity = node->keywords_capacity ? 2 * node->keywords_capacity : 4;
        struct jinja_keyword *bigger = arena_alloc(p->arena, node->keywords_capacity, sizeof *bigger);
        if (node->n_keywords > 0)
            memcpy(bigger, node->keywords, node->n_keywords * sizeof *bigger);
        node->keywords = bigger;
    }
    node->keywords[node->n_keywords++] = (struct jinja_keyword){name, value};
}

int jinja_parse_error(struct jinja_parser *p, const char *what)
{
    if (p->at->kind == TOKEN_NAME || p->at->kind == TOKEN_OPERATOR)
        return fail(p->err, "%d: %s, at \"%.*s\"", p->at->line, what, (int)(p->at->n < 40 ? p->at->n : 40),
                    p->at->text);
    return fail(p->err, "%d: %s", p->at->line, what);
}

struct jinja_node *jinja_parse_failed(struct jinja_parser *p, const char *what)
{
    jinja_parse_error(p, what);
    return NULL;
}

const char *jinja_token_text(struct jinja_parser *p)
{
    return arena_copy(p->arena, p->at->text, p->at->n);
}

bool jinja_at(const struct jinja_parser *p, const char *text)
{
    return (p->at->kind == TOKEN_NAME || p->at->kind == TOKEN_OPERATOR) && strlen(text) == p->at->n &&
           memcmp(text, p->at->text, p->at->n) == 0;
}

bool jinja_accept(struct jinja_parser *p, const char *text)
{
    bool here = jinja_at(p, text);

    p->at += here;
    return here;
}

int jinja_expect(struct jinja_parser *p, const char *text)
{
    char what[40] = "expected ";

    if (jinja_accept(p, text))
        return 0;
    strncat(what, text, sizeof what - strlen(what) - 1);
    return jinja_parse_error(p, what);
}

int jinja_enter(struct jinja_parser *p)
{
    return ++p->depth > MAX_DEPTH ? jinja_parse_error(p, "nested too deeply") : 0;
}

/* ---- blocks ---- */

static int end_tag(struct jinja_parser *p)
{
    if (p->at->kind != TOKEN_BLOCK_END)
        return jinja_parse_error(p, "expected the end of the tag");
    p->at++;
    return 0;
}

/* Body up to {% name %}, which is taken whole. */
static int parse_block(struct jinja_parser *p, struct jinja_nodes *body, const char *name)
{
    const char *const ends[] = {name, NULL};

    if (end_tag(p) || parse_body(p, body, ends))
        return -1;
    p->at++; /* the name */
    if (strcmp(name, "endmacro") == 0 && p->at->kind == TOKEN_NAME)
        p->at++;
    return end_tag(p);
}

/* What is assigned to: a name, ns.attribute, or a tuple of names. */
static struct jinja_node *parse_target(struct jinja_parser *p)
{
    struct jinja_node *target = jinja_parse_tuple(p, jinja_parse_primary);

    if (target && target->kind == NODE_NAME && jinja_at(p, "."))
        target = jinja_parse_postfix(p, target);
    if (!target)
        return NULL;
    bool good = target->kind == NODE_NAME || (target->kind == NODE_ATTRIBUTE && target->a->kind == NODE_NAME) ||
                target->kind == NODE_TUPLE;
    for (size_t i = 0; target->kind == NODE_TUPLE && i < target->list.n; i++)
        good &= target->list.items[i]->kind == NODE_NAME;
    return good ? target : jinja_parse_failed(p, "this cannot be assigned to");
}

static struct jinja_node *parse_for(struct jinja_parser *p)
{
    static const char *const ends[] = {"else", "endfor", NULL};
    struct jinja_node *node = jinja_node(p, NODE_FOR);

    if (!(node->a = parse_target(p)) || jinja_expect(p, "in") || !(node->b = jinja_parse_tuple(p, jinja_parse_or)))
        return NULL;
    if (jinja_accept(p, "if") && !(node->c = jinja_parse_expression(p)))
        return NULL;
    if (jinja_at(p, "recursive"))
        return jinja_parse_failed(p, "recursive loops are not supported");
    p->loop_depth++;
    if (end_tag(p) || parse_body(p, &node->body, ends))
        return NULL;
    p->loop_depth--;
    if (jinja_accept(p, "else"))
        return parse_block(p, &node->other, "endfor") ? NULL : node;
    p->at++;
    return end_tag(p) ? NULL : node;
}

/* Behind "if" or "elif". An elif is an if in the else. */
static struct jinja_node *parse_if(struct jinja_parser *p)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    struct jinja_node *first = jinja_node(p, NODE_IF), *node = first;

    for (;;) {
        if (!(node->a = jinja_parse_tuple(p, jinja_parse_expression)) || end_tag(p) || parse_body(p, &node->body, ends))
            return NULL;
        if (!jinja_accept(p, "elif"))
            break;
        struct jinja_node *next = jinja_node(p, NODE_IF);
        jinja_nodes_append(p->arena, &node->other, next);
        node = next;
    }
    if (jinja_accept(p, "else"))
        return parse_block(p, &node->other, "endif") ? NULL : first;
    p->at++;
    return end_tag(p) ? NULL : first;
}

static struct jinja_node *parse_set(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_SET);

    if (!(node->a = parse_target(p)))
        return NULL;
    if (jinja_accept(p, "=")) {
        node->b = jinja_parse_tuple(p, jinja_parse_expression);
        return node->b && end_tag(p) == 0 ? node : NULL;
    }
    node->kind = NODE_SET_BLOCK;
    node->b = jinja_parse_filters(p, jinja_node(p, NODE_BODY));
    return node->b && parse_block(p, &node->body, "endset") == 0 ? node : NULL;
}

static struct jinja_node *parse_macro(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_MACRO);
    int loop_depth = p->loop_depth;

    if (p->at->kind != TOKEN_NAME)
        return jinja_parse_failed(p, "expected the macro's name");
    node->name = jinja_token_text(p);
    p->at++;
    if (jinja_expect(p, "("))
        return NULL;
    while (!jinja_accept(p, ")")) {
        if (node->list.n > 0 && jinja_expect(p, ","))
            return NULL;
        if (p->at->kind != TOKEN_NAME)
            return jinja_parse_failed(p, "expected a parameter's name");
        struct jinja_node *parameter = jinja_node(p, NODE_NAME), *standard = NULL;
        parameter->name = jinja_token_text(p);
        p->at++;
        if (jinja_accept(p, "=") && !(standard = jinja_parse_expression(p)))
            return NULL;
        jinja_nodes_append(p->arena, &node->list, parameter);
        jinja_add_keyword(p, node, parameter->name, standard);
    }
    p->loop_depth = 0;
    int rc = parse_block(p, &node->body, "endmacro");
    p->loop_depth = loop_depth;
    return rc ? NULL : node;
}

static struct jinja_node *parse_filter_block(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_FILTER_BLOCK);
    struct jinja_token bar = {.kind = TOKEN_OPERATOR, .line = p->at->line, .text = "|", .n = 1};
    struct jinja_tokens rest = {0};

    /* "filter upper" is read as "| upper". */
    for (const struct jinja_token *t = p->at; t->kind != TOKEN_BLOCK_END && t->kind != TOKEN_END; t++)
        rest.n++;
    rest.items = arena_alloc(p->arena, rest.n + 2, sizeof *rest.items);
    rest.items[0] = bar;
    memcpy(rest.items + 1, p->at, (rest.n + 1) * sizeof *rest.items);
    const struct jinja_token *behind = p->at + rest.n;
    p->at = rest.items;
    node->b = jinja_parse_filters(p, jinja_node(p, NODE_BODY));
    if (!node->b || (p->at->kind != TOKEN_BLOCK_END && end_tag(p)))
        return NULL;
    p->at = behind;
    return parse_block(p, &node->body, "endfilter") ? NULL : node;
}

static struct jinja_node *parse_with(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_WITH);

    while (p->at->kind != TOKEN_BLOCK_END) {
        if (node->list.n > 0 && jinja_expect(p, ","))
            return NULL;
        struct jinja_node *target = parse_target(p), *value = NULL;
        if (!target || jinja_expect(p, "=") || !(value = jinja_parse_expression(p)))
            return NULL;
        jinja_nodes_append(p->arena, &node->list, target);
        jinja_nodes_append(p->arena, &node->list, value);
    }
    return parse_block(p, &node->body, "endwith") ? NULL : node;
}

/* Marks what the assistant said, for training: nothing here. */
static struct jinja_node *parse_generation(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_GROUP);

    return parse_block(p, &node->body, "endgeneration") ? NULL : node;
}

static struct jinja_node *parse_jump(struct jinja_parser *p, enum jinja_node_kind kind)
{
    struct jinja_node *node = jinja_node(p, kind);

    if (p->loop_depth == 0)
        return jinja_parse_failed(p, "break or continue outside of a loop");
    return end_tag(p) ? NULL : node;
}

static struct jinja_node *parse_break(struct jinja_parser *p)
{
    return parse_jump(p, NODE_BREAK);
}

static struct jinja_node *parse_continue(struct jinja_parser *p)
{
    return parse_jump(p, NODE_CONTINUE);
}

static const struct {
    const char *word;
    struct jinja_node *(*parse)(struct jinja_parser *p);
} statements[] = {
    {"if", parse_if},
    {"for", parse_for},
    {"set", parse_set},
    {"macro", parse_macro},
    {"filter", parse_filter_block},
    {"with", parse_with},
    {"generation", parse_generation},
    {"break", parse_break},
    {"continue", parse_continue},
};

/* Behind {%. */
static struct jinja_node *parse_statement(struct jinja_parser *p)
{
    struct jinja_node *node = NULL;

    if (jinja_enter(p))
        return NULL;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (jinja_accept(p, statements[i].word)) {
            node = statements[i].parse(p);
            p->depth--;
            return node;
        }
    return jinja_parse_failed(p, "a statement that is not supported");
}

static struct jinja_node *parse_print(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_PRINT);

    node->a = jinja_parse_tuple(p, jinja_parse_expression);
    if (node->a && p->at->kind != TOKEN_PRINT_END)
        return jinja_parse_failed(p, "expected the end of the expression");
    p->at++;
    return node->a ? node : NULL;
}

static struct jinja_node *parse_text(struct jinja_parser *p)
{
    struct jinja_node *node = jinja_node(p, NODE_TEXT);

    node->value = jinja_string(p->arena, p->at->text, p->at->n);
    p->at++;
    return node;
}

static bool at_one_of(const struct jinja_parser *p, const char *const *words)
{
    for (; words && *words; words++)
        if (jinja_at(p, *words))
            return true;
    return false;
}

/* Up to the end of the template (ends NULL), or to a tag that begins with one of
 * `ends`: then the parser stands on that word. */
static int parse_body(struct jinja_parser *p, struct jinja_nodes *body, const char *const *ends)
{
    struct jinja_node *node;

    for (;; jinja_nodes_append(p->arena, body, node)) {
        switch (p->at->kind) {
        case TOKEN_TEXT:
            node = parse_text(p);
            break;
        case TOKEN_PRINT_BEGIN:
            p->at++;
            node = parse_print(p);
            break;
        case TOKEN_BLOCK_BEGIN:
            p->at++;
            if (at_one_of(p, ends))
                return 0;
            node = parse_statement(p);
            break;
        default:
            return ends ? jinja_parse_error(p, "the template ends within a block") : 0;
        }
        if (!node)
            return -1;
    }
}

int jinja_parse(struct arena *arena, const struct jinja_tokens *tokens, struct jinja_nodes *body, struct error *err)
{
    struct jinja_parser p = {.arena = arena, .at = tokens->items, .err = err};

    return parse_body(&p, body, NULL);
}
