#include "text/jinja_strings.h"

#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"

bool jinja_is_space(uint32_t c)
{
    return utf8_is_space(c) || (c >= 0x1c && c <= 0x1f);
}

/* The character at data is one of `chars`, or white space. */
static bool strips(const char *data, size_t length, const struct jinja_string *chars)
{
    uint32_t codepoint;

    if (chars)
        return memmem(chars->data, chars->n, data, length) != NULL;
    utf8_decode(data, &codepoint);
    return jinja_is_space(codepoint);
}

struct jinja_value jinja_strip(struct jinja_run *run, const struct jinja_string *text, const struct jinja_string *chars,
                               enum jinja_sides sides)
{
    const char *begin = text->data, *end = begin + text->n;

    while ((sides & SIDE_LEFT) && begin < end && strips(begin, utf8_length(*begin), chars))
        begin += utf8_length(*begin);
    while ((sides & SIDE_RIGHT) && begin < end) {
        const char *last = end - 1;
        while (last > begin && ((unsigned char)*last & 0xc0) == 0x80)
            last--;
        if (!strips(last, (size_t)(end - last), chars))
            break;
        end = last;
    }
    return jinja_string(run->arena, begin, (size_t)(end - begin));
}

/* An empty `old` is found before every character and at the end. */
int jinja_replace(struct jinja_run *run, const struct jinja_string *text, const struct jinja_string *old,
                  const struct jinja_string *new, int64_t count, struct jinja_value *result)
{
    const char *at = text->data, *end = at + text->n;
    struct bytes out = {0};
    int rc = 0;

    while (!rc && at <= end && count != 0) {
        const char *found = old->n ? memmem(at, (size_t)(end - at), old->data, old->n) : at;
        if (!found)
            break;
        bytes_append(&out, at, (size_t)(found - at));
        bytes_append(&out, new->data, new->n);
        at = found + old->n;
        if (!old->n && at < end)
            bytes_append(&out, at, utf8_length(*at));
        at += old->n ? 0 : at < end ? utf8_length(*at) : 1;
        count -= count > 0;
        rc = jinja_too_long(run, out.n);
    }
    if (at < end)
        bytes_append(&out, at, (size_t)(end - at));
    *result = jinja_take(run->arena, &out);
    return rc;
}

static void append_upper(struct bytes *out, uint32_t c, bool title)
{
    if (c == 0xdf) /* the common letter whose capital is two */
        bytes_append_text(out, title ? "Ss" : "SS");
    else
        bytes_append_codepoint(
            out, (uint32_t)(title ? utf8proc_totitle((utf8proc_int32_t)c) : utf8proc_toupper((utf8proc_int32_t)c)));
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LM;
}

static bool separates_words(uint32_t c)
{
    return jinja_is_space(c) || (c && c < 0x80 && strchr("-({[<", (int)c));
}

struct jinja_value jinja_change_case(struct jinja_run *run, const struct jinja_string *text, enum jinja_case how)
{
    bool starts = true; /* a word, or the string */
    struct bytes out = {0};
    uint32_t c;

    for (size_t i = 0; i < text->n;) {
        i += utf8_decode(text->data + i, &c);
        if (how == CASE_UPPER || (starts && how != CASE_LOWER))
            append_upper(&out, c, how != CASE_UPPER);
        else
            bytes_append_codepoint(&out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
        starts = (how == CASE_TITLE && !is_letter(c)) || (how == CASE_WORDS && separates_words(c));
    }
    return jinja_take(run->arena, &out);
}

int jinja_join(struct jinja_run *run, struct jinja_value items, const struct jinja_string *separator,
               struct jinja_value *result)
{
    struct jinja_value list;
    struct bytes out = {0};
    int rc = 0;

    if (jinja_iterate(run->arena, items, &list, run->err))
        return -1;
    for (size_t i = 0; i < list.list->n && !rc; i++) {
        if (i > 0 && separator)
            bytes_append(&out, separator->data, separator->n);
        jinja_append_str(&out, list.list->items[i]);
        rc = jinja_too_long(run, out.n);
    }
    *result = jinja_take(run->arena, &out);
    return rc;
}

static bool ends_line(uint32_t c)
{
    return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

struct jinja_value jinja_split_lines(struct jinja_run *run, const struct jinja_string *text, bool keep_ends)
{
    struct jinja_value lines = jinja_list(run->arena, JINJA_LIST);
    size_t begin = 0;
    uint32_t c;

    for (size_t i = 0; i < text->n;) {
        size_t end = i;
        i += utf8_decode(text->data + i, &c);
        if (!ends_line(c))
            continue;
        i += c == '\r' && i < text->n && text->data[i] == '\n';
        jinja_append(run->arena, lines, jinja_string(run->arena, text->data + begin, (keep_ends ? i : end) - begin));
        begin = i;
    }
    if (begin < text->n)
        jinja_append(run->arena, lines, jinja_string(run->arena, text->data + begin, text->n - begin));
    return lines;
}
