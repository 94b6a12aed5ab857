/* Numbers and quoted strings of the template language. */
#ifndef SINKGRID_TEXT_JINJA_LITERAL_H
#define SINKGRID_TEXT_JINJA_LITERAL_H

#include "base/error.h"
#include "text/arena.h"
#include "text/jinja_value.h"

/* *at stands on the quote; afterwards behind the closing one. Escapes are Python's. */
int jinja_read_string(struct arena *arena, const char **at, const char *end, struct jinja_value *value,
                      struct error *err);

/* *at stands on a digit. Integers (decimal, 0x, 0o, 0b, with "_") and floats. */
int jinja_read_number(const char **at, const char *end, struct jinja_value *value, struct error *err);

#endif
