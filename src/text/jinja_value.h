/* Values of the template language: those of Python that templates meet. They live
 * in the arena of one rendering. */
#ifndef SINKGRID_TEXT_JINJA_VALUE_H
#define SINKGRID_TEXT_JINJA_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/arena.h"
#include "text/bytes.h"

enum jinja_kind {
    JINJA_UNDEFINED,
    JINJA_NONE,
    JINJA_BOOL,
    JINJA_INT,
    JINJA_FLOAT,
    JINJA_STRING,
    JINJA_LIST,
    JINJA_TUPLE,
    JINJA_DICT,
    JINJA_NAMESPACE, /* a dict whose members may be set */
    JINJA_LOOP,      /* a dict, what `loop` is in a for */
    JINJA_MACRO,
    JINJA_FUNCTION, /* a global function, or a method with its object */
};

struct jinja_value {
    enum jinja_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct jinja_string *string;
        struct jinja_list *list; /* LIST, TUPLE */
        struct jinja_dict *dict; /* DICT, NAMESPACE, LOOP */
        struct jinja_macro *macro;
        struct jinja_function *function;
        const char *name; /* UNDEFINED: what was looked for, NULL: not known */
    };
};

struct jinja_string {
    const char *data; /* (n) well-formed UTF-8 with a terminating zero */
    size_t n;
};

/* How deep containers nest: the evaluator refuses more, so that walking a value may recurse. */
enum { JINJA_MAX_NESTING = 100 };

struct jinja_list {
    struct jinja_value *items;
    size_t n, capacity;
    int nesting; /* 1: no container within */
};

struct jinja_member {
    struct jinja_value key, value;
};

struct jinja_dict {
    struct jinja_member *members; /* in the order of insertion */
    size_t n, capacity;
    int nesting;
};

/* ---- making ---- */

struct jinja_value jinja_undefined(const char *name);
struct jinja_value jinja_none(void);
struct jinja_value jinja_bool(bool value);
struct jinja_value jinja_int(int64_t value);
struct jinja_value jinja_float(double value);
struct jinja_value jinja_string(struct arena *arena, const char *data, size_t n); /* copies */
struct jinja_value jinja_text(struct arena *arena, const char *text);
struct jinja_value jinja_take(struct arena *arena, struct bytes *bytes); /* copies and clears */
struct jinja_value jinja_list(struct arena *arena, enum jinja_kind kind);
struct jinja_value jinja_dict(struct arena *arena, enum jinja_kind kind);
struct jinja_value jinja_from_json(struct arena *arena, const json_t *json);

void jinja_append(struct arena *arena, struct jinja_value list, struct jinja_value item);
void jinja_set(struct arena *arena, struct jinja_value dict, struct jinja_value key, struct jinja_value value);
void jinja_set_text(struct arena *arena, struct jinja_value dict, const char *key, struct jinja_value value);

/* ---- asking ---- */

const char *jinja_type_name(struct jinja_value value); /* Python's: "str", "dict", ... */
bool jinja_true(struct jinja_value value);
bool jinja_is_number(struct jinja_value value);   /* bool, int, float */
bool jinja_is_sequence(struct jinja_value value); /* list, tuple */
bool jinja_is_mapping(struct jinja_value value);
int jinja_nesting(struct jinja_value value); /* 0: no container */
double jinja_number(struct jinja_value value);
int64_t jinja_integer(struct jinja_value value); /* of a bool or int */
bool jinja_string_is(struct jinja_value value, const char *text);

/* NULL if there is none. */
const struct jinja_value *jinja_find(const struct jinja_dict *dict, struct jinja_value key);
const struct jinja_value *jinja_find_text(const struct jinja_dict *dict, const char *key);

bool jinja_equal(struct jinja_value a, struct jinja_value b);
/* < 0, 0, > 0 in *order; fails for types that Python does not order. */
int jinja_compare(struct jinja_value a, struct jinja_value b, int *order, struct error *err);
/* `item in container` */
int jinja_contains(struct jinja_value container, struct jinja_value item, bool *result, struct error *err);

/* The items of anything that can be iterated, as a list; fails otherwise. */
int jinja_iterate(struct arena *arena, struct jinja_value value, struct jinja_value *list, struct error *err);
/* len(); fails for what has no length. */
int jinja_length(struct jinja_value value, size_t *n, struct error *err);

/* str(), repr() and json.dumps(ensure_ascii=False). indent < 0: on one line. */
void jinja_append_str(struct bytes *out, struct jinja_value value);
void jinja_append_repr(struct bytes *out, struct jinja_value value);
int jinja_append_json(struct bytes *out, struct jinja_value value, int indent, bool sort_keys, struct error *err);

#endif
