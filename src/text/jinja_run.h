/* One rendering: what the evaluator's files share. Functions that return int fill
 * run->err and return -1; jinja_eval and jinja_execute put the line before it. */
#ifndef SINKGRID_TEXT_JINJA_RUN_H
#define SINKGRID_TEXT_JINJA_RUN_H

#include "text/jinja_ast.h"

enum {
    JINJA_MAX_STEPS = 20000000,   /* nodes evaluated */
    JINJA_MAX_MEMORY = 256 << 20, /* bytes in the arena */
    JINJA_MAX_TEXT = 64 << 20,    /* bytes in one string, so that one step stays bounded */
    JINJA_MAX_DEPTH = 400,        /* nested evaluations, macros' calls included */
    JINJA_MAX_ARGUMENTS = 5,      /* of a builtin */
};

struct jinja_variable {
    const char *name;
    struct jinja_value value;
};

struct jinja_scope {
    struct jinja_scope *parent; /* NULL: the template's own variables */
    struct jinja_variable *items;
    size_t n, capacity;
};

enum jinja_flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

struct jinja_run {
    struct arena *arena;
    struct error *err;
    struct bytes *out;
    struct jinja_scope *scope;
    enum jinja_flow flow;
    struct jinja_value block_text; /* of NODE_BODY */
    const char *date;              /* YYYY-MM-DD */
    size_t steps;
    int depth;
    bool located; /* the error names its line already */
};

struct jinja_macro {
    const struct jinja_node *node;
    struct jinja_scope *scope; /* where it was defined */
};

/* Arguments as given; methods and filters have their object in `self`. */
struct jinja_arguments {
    struct jinja_value self;
    struct jinja_value list;     /* positional */
    struct jinja_value keywords; /* a dict */
};

/* A filter, test, method or global function. `parameters` names the arguments,
 * separated by spaces: run finds each in arg[], NULL where it is absent. "*": any
 * arguments, arg[0] their list, arg[1] the keywords' dict. */
struct jinja_builtin {
    const char *name, *parameters;
    int (*run)(struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg,
               struct jinja_value *result);
};

/* Of every builtin's run function. */
#define JINJA_PARAMETERS                                                                                               \
    struct jinja_run *run, struct jinja_value self, const struct jinja_value *const *arg, struct jinja_value *result

struct jinja_function {
    const struct jinja_builtin *builtin;
    struct jinja_value self;
};

/* jinja_render.c */
int jinja_execute(struct jinja_run *run, const struct jinja_nodes *body);
int jinja_call_macro(struct jinja_run *run, const struct jinja_macro *macro, const struct jinja_arguments *arguments,
                     struct jinja_value *result);
void jinja_assign_name(struct jinja_run *run, const char *name, struct jinja_value value);
int jinja_enter_node(struct jinja_run *run, const struct jinja_node *node); /* counts steps, memory, depth */
int jinja_leave_node(struct jinja_run *run, const struct jinja_node *node, int rc);

/* jinja_eval.c */
int jinja_eval(struct jinja_run *run, const struct jinja_node *node, struct jinja_value *result);
int jinja_call(struct jinja_run *run, struct jinja_value callee, struct jinja_arguments *arguments,
               struct jinja_value *result);

/* jinja_lookup.c: undefined where there is none */
int jinja_get_attribute(struct jinja_run *run, struct jinja_value object, const char *name, struct jinja_value *result);
int jinja_get_item(struct jinja_run *run, struct jinja_value object, struct jinja_value key,
                   struct jinja_value *result);
int jinja_get_slice(struct jinja_run *run, struct jinja_value object, const struct jinja_value bounds[3],
                    struct jinja_value *result);
/* "a.b.0", as filters take it. */
int jinja_get_path(struct jinja_run *run, struct jinja_value object, struct jinja_value path,
                   struct jinja_value *result);

/* jinja_arithmetic.c */
int jinja_binary(struct jinja_run *run, const char *operator, struct jinja_value a, struct jinja_value b,
                 struct jinja_value *result);
int jinja_format(struct jinja_run *run, struct jinja_value format, struct jinja_value arguments,
                 struct jinja_value *result); /* format % arguments */

/* The tables; NULL if there is none of that name. */
const struct jinja_builtin *jinja_find_filter(const char *name);
const struct jinja_builtin *jinja_find_test(const char *name);
const struct jinja_builtin *jinja_find_global(const char *name);
const struct jinja_builtin *jinja_find_method(struct jinja_value object, const char *name);
const struct jinja_builtin *jinja_find_in(const struct jinja_builtin *table, const char *name); /* ends with {0} */

/* jinja_builtin.c */
int jinja_run_builtin(struct jinja_run *run, const struct jinja_builtin *builtin,
                      const struct jinja_arguments *arguments, struct jinja_value *result);
/* Arguments of builtins: defaults where they are absent; errors name the parameter. */
int jinja_argument_int(struct jinja_run *run, const struct jinja_value *arg, int64_t standard, int64_t *value);
int jinja_argument_bool(const struct jinja_value *arg, bool standard);
int jinja_argument_text(struct jinja_run *run, const struct jinja_value *arg, const struct jinja_string **text);

/* str() of a value, as a string value. */
struct jinja_value jinja_to_string(struct jinja_run *run, struct jinja_value value);
int jinja_too_long(struct jinja_run *run, size_t n); /* -1 with an error if n exceeds JINJA_MAX_TEXT */

#endif
