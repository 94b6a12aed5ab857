/* The common form of tokenizer.json's components: objects with a "type", some of
 * which are Sequences of others. */
#ifndef SINKGRID_TEXT_COMPONENT_H
#define SINKGRID_TEXT_COMPONENT_H

#include <jansson.h>

#include "base/error.h"
#include "text/split.h"

/* Calls each(context, component, type) for a component, or for every member of a
 * Sequence (whose list is called `list`), nested ones included. NULL or null: none. */
int component_each(const json_t *component, const char *list,
                   int (*each)(void *context, const json_t *component, const char *type, struct error *err),
                   void *context, struct error *err);

/* Reads "pattern": {"String": ...} or {"Regex": ...}. */
int component_read_matcher(const json_t *component, struct matcher *matcher, struct error *err);

/* Reads the member `name` as one of the behaviors of split.h; absent: *behavior stands. */
int component_read_behavior(const json_t *component, const char *name, enum split_behavior *behavior,
                            struct error *err);

#endif
