#include "text/normalizer.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/json.h"
#include "base/memory.h"
#include "text/byte_level.h"
#include "text/component.h"
#include "text/normal_form.h"
#include "text/utf8.h"

struct step_input {
    const struct bytes *text;
    bool first;
    struct split_scratch *scratch;
};

/* One row a component: how it is read and how it appends its result to `out`. */
struct normalizer_kind {
    const char *type;
    int (*read)(struct normalizer_step *step, const json_t *component, struct error *err);
    int (*run)(const struct normalizer_step *step, const struct step_input *in, struct bytes *out, struct error *err);
};

/* ---- Unicode's forms ---- */

static int run_nfc(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                   struct error *err)
{
    (void)step;
    return normal_form_append(out, in->text->data, in->text->n, FORM_NFC, err);
}

static int run_nfd(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                   struct error *err)
{
    (void)step;
    return normal_form_append(out, in->text->data, in->text->n, FORM_NFD, err);
}

static int run_nfkc(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                    struct error *err)
{
    (void)step;
    return normal_form_append(out, in->text->data, in->text->n, FORM_NFKC, err);
}

static int run_nfkd(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                    struct error *err)
{
    (void)step;
    return normal_form_append(out, in->text->data, in->text->n, FORM_NFKD, err);
}

/* ---- single characters ---- */

static int run_lowercase(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                         struct error *err)
{
    uint32_t c;

    (void)step, (void)err;
    for (size_t i = 0; i < in->text->n;) {
        i += utf8_decode(in->text->data + i, &c);
        if (c == 0x130) /* the one capital letter whose lower case is two characters */
            bytes_append_text(out, "i\xcc\x87");
        else
            bytes_append_codepoint(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
    }
    return 0;
}

static int read_strip(struct normalizer_step *step, const json_t *component, struct error *err)
{
    step->left = step->right = true;
    if (json_get_bool(component, "strip_left", &step->left, err))
        return -1;
    return json_get_bool(component, "strip_right", &step->right, err);
}

static int run_strip(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                     struct error *err)
{
    const struct bytes *text = in->text;
    size_t begin = 0, end = 0, i = 0;
    uint32_t c;

    (void)err;
    for (bool leading = step->left; i < text->n;) {
        size_t length = utf8_decode(text->data + i, &c);
        bool space = utf8_is_space(c);
        leading = leading && space;
        i += length;
        if (leading)
            begin = i;
        if (!space || !step->right)
            end = i;
    }
    if (begin < end)
        bytes_append(out, text->data + begin, end - begin);
    return 0;
}

static int run_byte_level(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                          struct error *err)
{
    (void)step, (void)err;
    byte_level_append(out, in->text->data, in->text->n);
    return 0;
}

/* ---- strings ---- */

static int read_prepend(struct normalizer_step *step, const json_t *component, struct error *err)
{
    const char *content = "";

    if (json_get_string(component, "prepend", &content, err) ||
        json_get_bool(component, "first_only", &step->first_only, err))
        return -1;
    step->content = xstrdup(content);
    return 0;
}

static int run_prepend(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                       struct error *err)
{
    (void)err;
    if (in->text->n > 0 && (in->first || !step->first_only))
        bytes_append_text(out, step->content);
    bytes_append(out, in->text->data, in->text->n);
    return 0;
}

static int read_replace(struct normalizer_step *step, const json_t *component, struct error *err)
{
    const char *content = "";

    if (json_get_string(component, "content", &content, err))
        return -1;
    step->content = xstrdup(content);
    return component_read_matcher(component, &step->matcher, err);
}

static int run_replace(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                       struct error *err)
{
    if (split_find(&step->matcher, in->text->data, in->text->n, in->scratch, err))
        return -1;
    for (size_t i = 0; i < in->scratch->n; i++) {
        const struct range *range = &in->scratch->ranges[i];
        if (range->is_match)
            bytes_append_text(out, step->content);
        else
            bytes_append(out, in->text->data + range->begin, range->end - range->begin);
    }
    return 0;
}

static int read_precompiled(struct normalizer_step *step, const json_t *component, struct error *err)
{
    const json_t *text = json_object_get(component, "precompiled_charsmap");

    if (json_get_bool(component, "by_prefix", &step->by_prefix, err))
        return -1;
    if (!text || json_is_null(text) || (json_is_string(text) && json_string_length(text) == 0))
        return 0;
    if (!json_is_string(text))
        return fail(err, "\"precompiled_charsmap\" is not a string");
    step->charsmap = charsmap_open_base64(json_string_value(text), json_string_length(text), err);
    return step->charsmap ? 0 : -1;
}

static int run_precompiled(const struct normalizer_step *step, const struct step_input *in, struct bytes *out,
                           struct error *err)
{
    (void)err;
    if (!step->charsmap)
        bytes_append(out, in->text->data, in->text->n);
    else if (step->by_prefix)
        charsmap_append_by_prefix(step->charsmap, in->text->data, in->text->n, out);
    else
        charsmap_append_by_grapheme(step->charsmap, in->text->data, in->text->n, out);
    return 0;
}

static const struct normalizer_kind kinds[] = {
    {"NFC", NULL, run_nfc},
    {"NFD", NULL, run_nfd},
    {"NFKC", NULL, run_nfkc},
    {"NFKD", NULL, run_nfkd},
    {"Lowercase", NULL, run_lowercase},
    {"Strip", read_strip, run_strip},
    {"ByteLevel", NULL, run_byte_level},
    {"Prepend", read_prepend, run_prepend},
    {"Replace", read_replace, run_replace},
    {"Precompiled", read_precompiled, run_precompiled},
};

static int add_one(void *context, const json_t *component, const char *type, struct error *err)
{
    struct normalizer *normalizer = context;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) != 0)
            continue;
        normalizer->steps =
            array_grow(normalizer->steps, normalizer->n, &normalizer->capacity, sizeof *normalizer->steps);
        struct normalizer_step *step = &normalizer->steps[normalizer->n++];
        *step = (struct normalizer_step){.kind = &kinds[i]};
        return kinds[i].read ? kinds[i].read(step, component, err) : 0;
    }
    return fail(err, "normalizer \"%.40s\" is not supported", type);
}

int normalizer_add(struct normalizer *normalizer, const json_t *component, struct error *err)
{
    return component_each(component, "normalizers", add_one, normalizer, err);
}

void normalizer_clear(struct normalizer *normalizer)
{
    for (size_t i = 0; i < normalizer->n; i++) {
        matcher_clear(&normalizer->steps[i].matcher);
        free(normalizer->steps[i].content);
        charsmap_close(normalizer->steps[i].charsmap);
    }
    free(normalizer->steps);
    *normalizer = (struct normalizer){0};
}

bool normalizer_is_byte_level(const struct normalizer *normalizer)
{
    for (size_t i = 0; i < normalizer->n; i++)
        if (normalizer->steps[i].kind->run == run_byte_level)
            return true;
    return false;
}

int normalizer_run(const struct normalizer *normalizer, struct bytes *text, bool first, struct bytes *spare,
                   struct split_scratch *scratch, struct error *err)
{
    for (size_t i = 0; i < normalizer->n; i++) {
        const struct normalizer_step *step = &normalizer->steps[i];
        const struct step_input in = {text, first, scratch};
        spare->n = 0;
        if (step->kind->run(step, &in, spare, err))
            return -1;
        struct bytes result = *spare;
        *spare = *text;
        *text = result;
    }
    return 0;
}
