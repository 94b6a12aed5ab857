#include "text/post.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "text/component.h"

int post_wrap(struct post *post, const int32_t *before, size_t n_before, const int32_t *after, size_t n_after,
              struct error *err)
{
    if (post->n_before + n_before > POST_MAX || post->n_after + n_after > POST_MAX)
        return fail(err, "the post-processor adds more than %d ids", POST_MAX);
    memmove(post->before + n_before, post->before, post->n_before * sizeof *before);
    memcpy(post->before, before, n_before * sizeof *before);
    memcpy(post->after + post->n_after, after, n_after * sizeof *after);
    post->n_before += n_before;
    post->n_after += n_after;
    return 0;
}

static int append_id(int32_t *ids, size_t *n, const json_t *value, struct error *err)
{
    json_int_t id = json_integer_value(value);

    if (!json_is_integer(value) || id < 0 || id > INT32_MAX)
        return fail(err, "post-processor: an id is not a token id");
    if (*n == POST_MAX)
        return fail(err, "the post-processor adds more than %d ids", POST_MAX);
    ids[(*n)++] = (int32_t)id;
    return 0;
}

/* The ids of a special token of a TemplateProcessing: {"id": name, "ids": [...]}. */
static int append_special(int32_t *ids, size_t *n, const json_t *component, const char *name, struct error *err)
{
    const json_t *special = json_object_get(json_object_get(component, "special_tokens"), name);
    const json_t *list = json_object_get(special, "ids");

    if (!json_is_array(list))
        return fail(err, "post-processor: special token \"%.40s\" has no ids", name);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (append_id(ids, n, json_array_get(list, i), err))
            return -1;
    return 0;
}

static int add_template(struct post *post, const json_t *component, struct error *err)
{
    const json_t *single = json_object_get(component, "single");
    int32_t before[POST_MAX] = {0}, after[POST_MAX] = {0};
    size_t n_before = 0, n_after = 0;
    bool behind = false;

    if (!json_is_array(single))
        return fail(err, "post-processor: no \"single\" template");
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *item = json_array_get(single, i);
        const char *name = json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));
        if (!name && (behind || !json_object_get(item, "Sequence")))
            return fail(err, "post-processor: the template is not one text between special tokens");
        if (!name)
            behind = true;
        else if (behind ? append_special(after, &n_after, component, name, err)
                        : append_special(before, &n_before, component, name, err))
            return -1;
    }
    if (!behind)
        return fail(err, "post-processor: the template has no text");
    return post_wrap(post, before, n_before, after, n_after, err);
}

/* Bert's and Roberta's: "cls": [text, id], "sep": [text, id]. */
static int add_pair(struct post *post, const json_t *component, struct error *err)
{
    int32_t before[1] = {0}, after[1] = {0};
    size_t n_before = 0, n_after = 0;

    if (append_id(before, &n_before, json_array_get(json_object_get(component, "cls"), 1), err) ||
        append_id(after, &n_after, json_array_get(json_object_get(component, "sep"), 1), err))
        return -1;
    return post_wrap(post, before, 1, after, 1, err);
}

static int add_nothing(struct post *post, const json_t *component, struct error *err)
{
    (void)post, (void)component, (void)err;
    return 0;
}

static const struct {
    const char *type;
    int (*add)(struct post *post, const json_t *component, struct error *err);
} kinds[] = {
    {"TemplateProcessing", add_template},
    {"ByteLevel", add_nothing}, /* trims offsets only */
    {"RobertaProcessing", add_pair},
    {"BertProcessing", add_pair},
};

static int add_one(void *context, const json_t *component, const char *type, struct error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].add(context, component, err);
    return fail(err, "post-processor \"%.40s\" is not supported", type);
}

int post_add(struct post *post, const json_t *component, struct error *err)
{
    return component_each(component, "processors", add_one, post, err);
}
