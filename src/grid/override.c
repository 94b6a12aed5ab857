#include "grid/override.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "grid/config_text.h"

enum { COPY_DEPTH = 8, MAX_NAMES = 256 };

/* ---- the value ---- */

/* Reads VALUE as one setting; a text that is no libconfig value becomes a string. */
static int read_value(config_t *config, const char *value, struct error *err)
{
    char *text = xasprintf("value = %s;", value);
    int rc = 0;

    if (config_read_string(config, text) && config_setting_length(config_root_setting(config)) == 1) {
        rc = config_text_check(text, strlen(text), "VALUE", "/", err);
    } else {
        config_destroy(config);
        config_init(config);
        config_setting_t *member = config_setting_add(config_root_setting(config), "value", CONFIG_TYPE_STRING);
        config_setting_set_string(member, value);
    }
    free(text);
    return rc;
}

static void copy_scalar(config_setting_t *to, const config_setting_t *from)
{
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_INT:
        config_setting_set_int(to, config_setting_get_int(from));
        break;
    case CONFIG_TYPE_INT64:
        config_setting_set_int64(to, config_setting_get_int64(from));
        break;
    case CONFIG_TYPE_FLOAT:
        config_setting_set_float(to, config_setting_get_float(from));
        break;
    case CONFIG_TYPE_BOOL:
        config_setting_set_bool(to, config_setting_get_bool(from));
        break;
    case CONFIG_TYPE_STRING:
        config_setting_set_string(to, config_setting_get_string(from));
        break;
    default:
        break;
    }
}

/* Copies `from` under `parent` as `name` (NULL in lists); the depth is bounded, the value being foreign. */
static int copy_setting(config_setting_t *parent, const char *name, const config_setting_t *from, int depth,
                        const char *assignment, struct error *err)
{
    config_setting_t *to = config_setting_add(parent, name, config_setting_type(from));

    if (!to || depth > COPY_DEPTH)
        return fail(err, "the value cannot be placed");
    config_setting_set_hook(to, (void *)assignment);
    if (!config_setting_is_aggregate(from)) {
        copy_scalar(to, from);
        return 0;
    }
    for (int i = 0; i < config_setting_length(from); i++) {
        const config_setting_t *element = config_setting_get_elem(from, (unsigned)i);
        if (copy_setting(to, config_setting_name(element), element, depth + 1, assignment, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- the key ---- */

static const char *element_name(const config_setting_t *list, int i)
{
    const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);
    const char *name = NULL;

    if (!config_setting_is_group(element) || !config_setting_lookup_string(element, "name", &name))
        return NULL;
    return name;
}

/* The element whose name, which may hold dots, and a dot begin `key`: the longest. *rest is what follows. */
static config_setting_t *find_element(config_setting_t *list, const char *key, const char **rest, struct error *err)
{
    config_setting_t *found = NULL;
    const char *names[MAX_NAMES];
    size_t longest = 0, n_names = 0;

    for (int i = 0; i < config_setting_length(list); i++) {
        const char *name = element_name(list, i);
        size_t length = name ? strlen(name) : 0;
        if (name && n_names < MAX_NAMES)
            names[n_names++] = name;
        if (length > longest && strncmp(key, name, length) == 0 && key[length] == '.') {
            longest = length;
            found = config_setting_get_elem(list, (unsigned)i);
        }
    }
    if (!found) {
        char *word = xstrndup(key, strcspn(key, "."));
        const char *nearest = nearest_name(word, names, n_names);
        fail(err, "%s has no \"%s\"%s%s%s", config_setting_name(list), word, nearest ? "; did you mean \"" : "",
             nearest ? nearest : "", nearest ? "\"?" : "");
        free(word);
        return NULL;
    }
    *rest = key + longest + 1;
    return found;
}

/* One step of a dotted key: the group or list of that name, made where there is none. */
static config_setting_t *step(config_setting_t *group, const char *name, const char *assignment, struct error *err)
{
    config_setting_t *member = config_setting_get_member(group, name);

    if (!member) {
        member = config_setting_add(group, name, CONFIG_TYPE_GROUP);
        if (member)
            config_setting_set_hook(member, (void *)assignment);
    }
    if (!member)
        return fail_null(err, "\"%s\" is no key", name);
    if (!config_setting_is_group(member) && !config_setting_is_list(member))
        return fail_null(err, "\"%s\" has no members", name);
    return member;
}

static int place(config_setting_t *group, const char *name, const config_setting_t *value, const char *assignment,
                 struct error *err)
{
    if (config_setting_get_member(group, name))
        config_setting_remove(group, name);
    return copy_setting(group, name, value, 0, assignment, err);
}

/* Walks the dotted key from the root, and puts the value at its end. */
static int put(config_setting_t *at, const char *key, const config_setting_t *value, const char *assignment,
               struct error *err)
{
    while (at) {
        if (config_setting_is_list(at)) {
            at = find_element(at, key, &key, err);
            continue;
        }
        size_t length = strcspn(key, ".");
        if (!key[length])
            return place(at, key, value, assignment, err);
        char *name = xstrndup(key, length);
        at = step(at, name, assignment, err);
        key += length + 1;
        free(name);
    }
    return -1;
}

int override_apply(config_t *config, const char *assignment, struct error *err)
{
    const char *equals = strchr(assignment, '=');
    config_t value;
    int rc = -1;

    if (!equals || equals == assignment)
        return fail(err, "--set %s: KEY=VALUE is expected", assignment);
    char *key = xstrndup(assignment, (size_t)(equals - assignment));
    config_init(&value);
    if (read_value(&value, equals + 1, err) == 0)
        rc = put(config_root_setting(config), key, config_lookup(&value, "value"), assignment, err);
    config_destroy(&value);
    free(key);
    return rc == 0 ? 0 : fail_prefix(err, "--set %s", assignment);
}
