/* What the files of filters share. */
#ifndef SINKGRID_TEXT_JINJA_FILTERS_H
#define SINKGRID_TEXT_JINJA_FILTERS_H

#include "text/jinja_run.h"

extern const struct jinja_builtin jinja_list_filters[]; /* jinja_list_filters.c; ends with {0} */

/* Stable, by the values of an attribute (NULL: the items themselves); strings without
 * regard to case unless case_sensitive. */
int jinja_sort(struct jinja_run *run, struct jinja_value items, const struct jinja_value *attribute,
               bool case_sensitive, bool reverse, struct jinja_value *result);

#endif
