/* What filters and methods of strings share. */
#ifndef SINKGRID_TEXT_JINJA_STRINGS_H
#define SINKGRID_TEXT_JINJA_STRINGS_H

#include "text/jinja_run.h"

enum jinja_sides { SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_BOTH = 3 };

/* Without the characters of `chars` (NULL: white space) at its sides. */
struct jinja_value jinja_strip(struct jinja_run *run, const struct jinja_string *text, const struct jinja_string *chars,
                               enum jinja_sides sides);

/* At most `count` replacements, all if it is negative. */
int jinja_replace(struct jinja_run *run, const struct jinja_string *text, const struct jinja_string *old,
                  const struct jinja_string *new, int64_t count, struct jinja_value *result);

/* CASE_TITLE: as the method does, after whatever is no letter; CASE_WORDS: as the
 * filter does, after white space and opening brackets and hyphens. */
enum jinja_case { CASE_LOWER, CASE_UPPER, CASE_TITLE, CASE_WORDS, CASE_CAPITALIZE };
struct jinja_value jinja_change_case(struct jinja_run *run, const struct jinja_string *text, enum jinja_case how);

/* str of each item of an iterable, with a separator between. */
int jinja_join(struct jinja_run *run, struct jinja_value items, const struct jinja_string *separator,
               struct jinja_value *result);

/* Lines without (or with) their ends. */
struct jinja_value jinja_split_lines(struct jinja_run *run, const struct jinja_string *text, bool keep_ends);

bool jinja_is_space(uint32_t codepoint); /* Python's str.isspace */

extern const struct jinja_builtin jinja_string_methods[]; /* jinja_string_methods.c; ends with {0} */

#endif
