/* A template as a tree, in the arena of its rendering. */
#ifndef SINKGRID_TEXT_JINJA_AST_H
#define SINKGRID_TEXT_JINJA_AST_H

#include "text/jinja_lexer.h"
#include "text/jinja_value.h"

/* Which members each kind uses stands behind it. */
enum jinja_node_kind {
    /* expressions */
    NODE_CONSTANT,  /* value */
    NODE_NAME,      /* name */
    NODE_LIST,      /* list */
    NODE_TUPLE,     /* list */
    NODE_DICT,      /* list: key, value, key, value ... */
    NODE_ATTRIBUTE, /* a.name */
    NODE_ITEM,      /* a[b] */
    NODE_SLICE,     /* a[list[0]:list[1]:list[2]], absent ones NULL */
    NODE_CALL,      /* a(list, keywords) */
    NODE_FILTER,    /* a | name(list, keywords) */
    NODE_TEST,      /* a is name(list) */
    NODE_NOT,       /* not a */
    NODE_NEGATIVE,  /* -a */
    NODE_POSITIVE,  /* +a */
    NODE_AND,       /* a and b */
    NODE_OR,        /* a or b */
    NODE_BINARY,    /* a name b, name: + - * / // % ** ~ */
    NODE_COMPARE,   /* a, then list of NODE_OPERAND */
    NODE_OPERAND,   /* name: == != < <= > >= in "not in", a */
    NODE_CONDITION, /* a if b else c (NULL: undefined) */
    /* statements */
    NODE_TEXT,         /* value */
    NODE_PRINT,        /* a */
    NODE_FOR,          /* for a (target) in b if c: body, else other */
    NODE_IF,           /* if a: body, else other */
    NODE_SET,          /* set a (target) = b */
    NODE_SET_BLOCK,    /* set a (target): body; b: filters over NODE_BODY, or NULL */
    NODE_MACRO,        /* macro name(list: NODE_NAMEs, defaults: body) */
    NODE_FILTER_BLOCK, /* b: filters over NODE_BODY, body */
    NODE_BODY,         /* in filters of a block: the text that the block made */
    NODE_WITH,         /* with list (target, value, target, value ...): body */
    NODE_GROUP,        /* body: {% generation %} */
    NODE_BREAK,
    NODE_CONTINUE,
};

struct jinja_nodes {
    struct jinja_node **items;
    size_t n, capacity;
};

struct jinja_keyword {
    const char *name;
    struct jinja_node *value;
};

struct jinja_node {
    enum jinja_node_kind kind;
    int line;
    const char *name;
    struct jinja_value value;
    struct jinja_node *a, *b, *c;
    struct jinja_nodes list, body, other;
    struct jinja_keyword *keywords; /* also a macro's defaults */
    size_t n_keywords, keywords_capacity;
};

void jinja_nodes_append(struct arena *arena, struct jinja_nodes *nodes, struct jinja_node *node);

/* A whole template; -1 with an error that begins with the line. */
int jinja_parse(struct arena *arena, const struct jinja_tokens *tokens, struct jinja_nodes *body, struct error *err);

#endif
