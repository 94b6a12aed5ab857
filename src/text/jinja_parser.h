/* What the parser's files share: jinja_parser.c (statements), jinja_operators.c,
 * jinja_primary.c. Functions that return a node return NULL after an error. */
#ifndef SINKGRID_TEXT_JINJA_PARSER_H
#define SINKGRID_TEXT_JINJA_PARSER_H

#include "text/jinja_ast.h"

struct jinja_parser {
    struct arena *arena;
    const struct jinja_token *at;
    int depth;      /* of nested expressions and blocks */
    int loop_depth; /* break and continue want one */
    struct error *err;
};

/* jinja_operators.c */
struct jinja_node *jinja_parse_expression(struct jinja_parser *p);
struct jinja_node *jinja_parse_or(struct jinja_parser *p); /* without "a if b", for what a for iterates over */
/* One element, or a tuple where a comma follows. */
struct jinja_node *jinja_parse_tuple(struct jinja_parser *p, struct jinja_node *(*element)(struct jinja_parser *));

/* jinja_primary.c */
struct jinja_node *jinja_parse_primary(struct jinja_parser *p);
struct jinja_node *jinja_parse_postfix(struct jinja_parser *p, struct jinja_node *node);
struct jinja_node *jinja_parse_filters(struct jinja_parser *p, struct jinja_node *node); /* applied to `node` */

/* jinja_parser.c */
struct jinja_node *jinja_node(struct jinja_parser *p, enum jinja_node_kind kind);
const char *jinja_token_text(struct jinja_parser *p);          /* of the current name or operator, as a string */
bool jinja_at(const struct jinja_parser *p, const char *text); /* the current token is this name or operator */
bool jinja_accept(struct jinja_parser *p, const char *text);   /* ... and steps over it */
int jinja_expect(struct jinja_parser *p, const char *text);
int jinja_parse_error(struct jinja_parser *p, const char *what);
struct jinja_node *jinja_parse_failed(struct jinja_parser *p, const char *what); /* the same, NULL */
int jinja_enter(struct jinja_parser *p); /* counts the depth; -1 if it is too deep */
void jinja_add_keyword(struct jinja_parser *p, struct jinja_node *node, const char *name, struct jinja_node *value);

#endif
