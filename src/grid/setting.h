/* Settings as tables: a row says a key's name, type, default, range and where its
 * value goes; reading, errors, the resolved copy and the help text follow from the
 * same rows. Knows libconfig; callers know their structs. */
#ifndef SINKGRID_GRID_SETTING_H
#define SINKGRID_GRID_SETTING_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum { MAX_SETTINGS = 24, WHERE_SIZE = 160 };

/* Where the text comes from. */
struct setting_source {
    const char *file;   /* stands in errors */
    const char *folder; /* absolute; relative paths of the file start there */
};

struct setting_row;

struct setting_type {
    const char *name; /* "an integer" */
    /* Stores the value in `field`. The error says what is wrong with it; place and
     * key are put before it, unless `nested`: then read has named them itself. */
    int (*read)(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                void *field, struct error *err);
    /* The value as libconfig text. */
    void (*write)(const struct setting_row *row, const void *field, FILE *out);
    void (*clear)(const struct setting_row *row, void *field); /* NULL: nothing is owned */
    bool nested;
};

enum setting_flag {
    SETTING_REQUIRED = 1,
    SETTING_SWEEP = 2,  /* may be a list of values: one arm each */
    SETTING_HIDDEN = 4, /* of resolved copies; not in the help text */
};

struct setting_row {
    const char *name; /* NULL ends a table */
    const struct setting_type *type;
    size_t offset;
    const char *fallback;              /* default, as libconfig text; NULL: the field is left as it is */
    double least, greatest;            /* of numbers; both 0: no limits */
    const char *const *choices;        /* of type_choice; NULL-terminated, in the order of the enum */
    const struct setting_row *members; /* of type_group */
    unsigned flags;
    const char *meaning;
};

/* The settings of a group in the order of its table, NULL where absent. */
struct setting_values {
    const config_setting_t *from[MAX_SETTINGS];
};

/* Field types: char *, char * (no control characters, no brackets), char *
 * (absolute), int, uint64_t, double, bool, an enum, struct string_list, a struct. */
extern const struct setting_type type_text, type_name, type_path, type_integer, type_integer64, type_number,
    type_switch, type_choice, type_texts, type_group;

/* Finds the members of `group`. Fails on a key that is in no row (naming the
 * nearest), on a missing one that is required, and where `group` is no group. */
int settings_collect(const struct setting_row *rows, const config_setting_t *group, const struct setting_source *source,
                     struct setting_values *values, struct error *err);

/* Stores the values, or the defaults, in `object`. After a failure settings_clear
 * still frees all that is owned: `object` was zeroed by the caller. */
int settings_store(const struct setting_row *rows, const struct setting_values *values,
                   const struct setting_source *source, void *object, struct error *err);
void settings_clear(const struct setting_row *rows, void *object);

/* "key = value;" lines, `indent` spaces before each. */
void settings_write(const struct setting_row *rows, const void *object, int indent, FILE *out);

/* "file:line" of a setting, or the --set text that put it there. */
void setting_where(const config_setting_t *setting, const struct setting_source *source, char where[WHERE_SIZE]);

/* Puts the place before err's text; returns -1. */
int setting_fail_at(const config_setting_t *setting, const struct setting_source *source, struct error *err);

/* "an integer", "a list ( )": what the file holds, for errors. */
const char *setting_kind(const config_setting_t *setting);

/* The integers of an array or list; a single integer is a list of one. *items is
 * the caller's to free. The row's limits hold for each. */
int setting_read_integers(const struct setting_row *row, const config_setting_t *from, int **items, int *n,
                          struct error *err);

/* A string with quotes and escapes, as libconfig reads it. */
void setting_write_quoted(const char *text, FILE *out);

#endif
