#include "text/component.h"

#include <string.h>

#include "base/json.h"

enum { MAX_NESTING = 8 };

static int walk(const json_t *component, const char *list, int depth,
                int (*each)(void *, const json_t *, const char *, struct error *), void *context, struct error *err)
{
    const char *type = NULL;

    if (!component || json_is_null(component))
        return 0;
    if (!json_is_object(component))
        return fail(err, "a component is not an object");
    if (json_get_string(component, "type", &type, err))
        return -1;
    if (!type)
        return fail(err, "a component has no \"type\"");
    if (strcmp(type, "Sequence") != 0)
        return each(context, component, type, err);
    const json_t *members = json_object_get(component, list);
    if (!json_is_array(members) || depth == MAX_NESTING)
        return fail(err, "a Sequence without \"%s\", or nested too deeply", list);
    for (size_t i = 0; i < json_array_size(members); i++)
        if (walk(json_array_get(members, i), list, depth + 1, each, context, err))
            return -1;
    return 0;
}

int component_each(const json_t *component, const char *list,
                   int (*each)(void *, const json_t *, const char *, struct error *), void *context, struct error *err)
{
    return walk(component, list, 0, each, context, err);
}

int component_read_matcher(const json_t *component, struct matcher *matcher, struct error *err)
{
    const json_t *pattern = json_object_get(component, "pattern");
    const json_t *regex = json_object_get(pattern, "Regex"), *literal = json_object_get(pattern, "String");

    if (json_is_string(pattern))
        literal = pattern;
    if (json_is_string(literal)) {
        bytes_append(&matcher->literal, json_string_value(literal), json_string_length(literal));
        return 0;
    }
    if (!json_is_string(regex))
        return fail(err, "\"pattern\" is neither {\"String\": ...} nor {\"Regex\": ...}");
    matcher->pattern = pattern_open(json_string_value(regex), json_string_length(regex), err);
    return matcher->pattern ? 0 : -1;
}

int component_read_behavior(const json_t *component, const char *name, enum split_behavior *behavior, struct error *err)
{
    static const char *const names[] = {
        [SPLIT_REMOVED] = "Removed",
        [SPLIT_ISOLATED] = "Isolated",
        [SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
        [SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
        [SPLIT_CONTIGUOUS] = "Contiguous",
    };
    const char *value = NULL;

    if (json_get_string(component, name, &value, err))
        return -1;
    if (!value)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], value) == 0) {
            *behavior = (enum split_behavior)i;
            return 0;
        }
    return fail(err, "\"%s\" is \"%.40s\", which is no behavior", name, value);
}
