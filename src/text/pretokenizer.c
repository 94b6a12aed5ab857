#include "text/pretokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "text/byte_level.h"
#include "text/component.h"
#include "text/utf8.h"

/* GPT-2's words (Radford et al. 2019, encoder.py), which ByteLevel cuts unless told otherwise. */
static const char GPT2_WORDS[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static struct pretokenizer_step *add_step(struct pretokenizer *p, enum pretokenizer_step_kind kind)
{
    p->steps = array_grow(p->steps, p->n, &p->capacity, sizeof *p->steps);
    p->steps[p->n] = (struct pretokenizer_step){.kind = kind, .behavior = SPLIT_ISOLATED};
    return &p->steps[p->n++];
}

static int add_pattern(struct pretokenizer *p, const char *source, enum split_behavior behavior, bool invert,
                       struct error *err)
{
    struct pretokenizer_step *step = add_step(p, STEP_SPLIT);

    step->behavior = behavior;
    step->invert = invert;
    step->matcher.pattern = pattern_open(source, strlen(source), err);
    return step->matcher.pattern ? 0 : -1;
}

static void add_class(struct pretokenizer *p, bool (*is_class)(uint32_t), enum split_behavior behavior)
{
    struct pretokenizer_step *step = add_step(p, STEP_SPLIT);

    step->behavior = behavior;
    step->matcher.is_class = is_class;
}

void pretokenizer_add_digits(struct pretokenizer *pretokenizer, bool individual)
{
    add_class(pretokenizer, utf8_is_numeric, individual ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS);
}

int pretokenizer_add_byte_level(struct pretokenizer *pretokenizer, const char *words, struct error *err)
{
    if (add_pattern(pretokenizer, words ? words : GPT2_WORDS, SPLIT_ISOLATED, false, err))
        return -1;
    add_step(pretokenizer, STEP_BYTE_LEVEL);
    return 0;
}

static int read_split(struct pretokenizer *p, const json_t *component, struct error *err)
{
    struct pretokenizer_step *step = add_step(p, STEP_SPLIT);

    if (component_read_behavior(component, "behavior", &step->behavior, err) ||
        json_get_bool(component, "invert", &step->invert, err))
        return -1;
    return component_read_matcher(component, &step->matcher, err);
}

static int read_byte_level(struct pretokenizer *p, const json_t *component, struct error *err)
{
    bool add_prefix_space = true, use_regex = true;

    if (json_get_bool(component, "add_prefix_space", &add_prefix_space, err) ||
        json_get_bool(component, "use_regex", &use_regex, err))
        return -1;
    if (add_prefix_space)
        add_step(p, STEP_PREFIX);
    if (use_regex)
        return pretokenizer_add_byte_level(p, NULL, err);
    add_step(p, STEP_BYTE_LEVEL);
    return 0;
}

static int read_digits(struct pretokenizer *p, const json_t *component, struct error *err)
{
    bool individual = false;

    if (json_get_bool(component, "individual_digits", &individual, err))
        return -1;
    pretokenizer_add_digits(p, individual);
    return 0;
}

/* Files older than "prepend_scheme" say "add_prefix_space". */
static int read_scheme(const json_t *component, enum prepend_scheme *scheme, struct error *err)
{
    static const char *const names[] = {
        [PREPEND_ALWAYS] = "always", [PREPEND_FIRST] = "first", [PREPEND_NEVER] = "never"};
    bool add_prefix_space = true;
    const char *name = NULL;

    if (json_get_bool(component, "add_prefix_space", &add_prefix_space, err) ||
        json_get_string(component, "prepend_scheme", &name, err))
        return -1;
    *scheme = add_prefix_space ? PREPEND_ALWAYS : PREPEND_NEVER;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *scheme = (enum prepend_scheme)i;
            return 0;
        }
    return name ? fail(err, "\"prepend_scheme\" is \"%.40s\"", name) : 0;
}

static int read_metaspace(struct pretokenizer *p, const json_t *component, struct error *err)
{
    struct pretokenizer_step *step = add_step(p, STEP_METASPACE);
    const char *replacement = "\xe2\x96\x81";
    bool split = true;

    if (json_get_string(component, "replacement", &replacement, err) ||
        json_get_bool(component, "split", &split, err) || read_scheme(component, &step->scheme, err))
        return -1;
    step->replacement = xstrdup(replacement);
    if (split) {
        step = add_step(p, STEP_SPLIT);
        step->behavior = SPLIT_MERGED_WITH_NEXT;
        bytes_append_text(&step->matcher.literal, replacement);
    }
    return 0;
}

static int read_whitespace(struct pretokenizer *p, const json_t *component, struct error *err)
{
    (void)component;
    /* The reference cuts these with another engine, whose words have joiners. */
    return add_pattern(p, "[\\w\\x{200c}\\x{200d}]+|[^\\w\\x{200c}\\x{200d}\\s]+", SPLIT_REMOVED, true, err);
}

static int read_whitespace_split(struct pretokenizer *p, const json_t *component, struct error *err)
{
    (void)component, (void)err;
    add_class(p, utf8_is_space, SPLIT_REMOVED);
    return 0;
}

static int read_punctuation(struct pretokenizer *p, const json_t *component, struct error *err)
{
    enum split_behavior behavior = SPLIT_ISOLATED;

    if (component_read_behavior(component, "behavior", &behavior, err))
        return -1;
    add_class(p, utf8_is_punctuation, behavior);
    return 0;
}

static const struct {
    const char *type;
    int (*read)(struct pretokenizer *p, const json_t *component, struct error *err);
} kinds[] = {
    {"Split", read_split},
    {"ByteLevel", read_byte_level},
    {"Digits", read_digits},
    {"Metaspace", read_metaspace},
    {"Whitespace", read_whitespace},
    {"WhitespaceSplit", read_whitespace_split},
    {"Punctuation", read_punctuation},
};

static int add_one(void *context, const json_t *component, const char *type, struct error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].read(context, component, err);
    return fail(err, "pre-tokenizer \"%.40s\" is not supported", type);
}

int pretokenizer_add(struct pretokenizer *pretokenizer, const json_t *component, struct error *err)
{
    return component_each(component, "pretokenizers", add_one, pretokenizer, err);
}

void pretokenizer_clear(struct pretokenizer *pretokenizer)
{
    for (size_t i = 0; i < pretokenizer->n; i++) {
        matcher_clear(&pretokenizer->steps[i].matcher);
        free(pretokenizer->steps[i].replacement);
    }
    free(pretokenizer->steps);
    *pretokenizer = (struct pretokenizer){0};
}

bool pretokenizer_is_byte_level(const struct pretokenizer *pretokenizer)
{
    for (size_t i = 0; i < pretokenizer->n; i++)
        if (pretokenizer->steps[i].kind == STEP_BYTE_LEVEL)
            return true;
    return false;
}

static bool begins_with(const char *text, size_t n, const char *prefix)
{
    size_t length = strlen(prefix);

    return n >= length && memcmp(text, prefix, length) == 0;
}

static void append_metaspace(const struct pretokenizer_step *step, const char *text, size_t n, bool first,
                             struct bytes *out)
{
    bool prepend = step->scheme == PREPEND_ALWAYS || (step->scheme == PREPEND_FIRST && first);
    const char *end = text + n, *space;

    if (prepend && *text != ' ' && !begins_with(text, n, step->replacement))
        bytes_append_text(out, step->replacement);
    while ((space = memchr(text, ' ', (size_t)(end - text)))) {
        bytes_append(out, text, (size_t)(space - text));
        bytes_append_text(out, step->replacement);
        text = space + 1;
    }
    bytes_append(out, text, (size_t)(end - text));
}

static void append_rewritten(const struct pretokenizer_step *step, const char *text, size_t n, bool first,
                             struct bytes *out)
{
    switch (step->kind) {
    case STEP_BYTE_LEVEL:
        byte_level_append(out, text, n);
        break;
    case STEP_METASPACE:
        append_metaspace(step, text, n, first, out);
        break;
    default:
        if (*text != ' ')
            bytes_append_char(out, ' ');
        bytes_append(out, text, n);
    }
}

static void rewrite_pieces(const struct pretokenizer_step *step, const struct pieces *in, struct pieces *out)
{
    out->text.n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const struct piece *piece = &in->items[i];
        size_t begin = out->text.n;
        append_rewritten(step, in->text.data + piece->begin, piece->end - piece->begin, piece->first, &out->text);
        pieces_append(out, begin, out->text.n, piece->first);
    }
}

static int split_pieces(const struct pretokenizer_step *step, struct pieces *in, struct pieces *out,
                        struct split_scratch *scratch, struct error *err)
{
    struct bytes text = out->text;

    out->text = in->text; /* cutting does not change the text: it moves over */
    in->text = text;
    for (size_t i = 0; i < in->n; i++)
        if (split_piece(&step->matcher, step->behavior, step->invert, in->items[i], scratch, out, err))
            return -1;
    return 0;
}

int pretokenizer_run(const struct pretokenizer *pretokenizer, struct pieces *pieces, struct pieces *spare,
                     struct split_scratch *scratch, struct error *err)
{
    for (size_t i = 0; i < pretokenizer->n; i++) {
        const struct pretokenizer_step *step = &pretokenizer->steps[i];
        spare->n = 0;
        if (step->kind != STEP_SPLIT)
            rewrite_pieces(step, pieces, spare);
        else if (split_pieces(step, pieces, spare, scratch, err))
            return -1;
        struct pieces result = *spare;
        *spare = *pieces;
        *pieces = result;
    }
    return 0;
}
