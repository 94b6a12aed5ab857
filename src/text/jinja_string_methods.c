/* Methods of strings. */
#include <stdlib.h>
#include <string.h>

#include "text/jinja_run.h"
#include "text/jinja_strings.h"
#include "text/utf8.h"

static int want_text(struct jinja_run *run, const struct jinja_value *arg, const struct jinja_string **text)
{
    if (jinja_argument_text(run, arg, text))
        return -1;
    return *text ? 0 : fail(run->err, "a method lacks its argument");
}

static int strip_sides(struct jinja_run *run, struct jinja_value self, const struct jinja_value *arg,
                       enum jinja_sides sides, struct jinja_value *result)
{
    const struct jinja_string *chars;

    if (jinja_argument_text(run, arg, &chars))
        return -1;
    *result = jinja_strip(run, self.string, chars, sides);
    return 0;
}

static int run_strip(JINJA_PARAMETERS)
{
    return strip_sides(run, self, arg[0], SIDE_BOTH, result);
}

static int run_lstrip(JINJA_PARAMETERS)
{
    return strip_sides(run, self, arg[0], SIDE_LEFT, result);
}

static int run_rstrip(JINJA_PARAMETERS)
{
    return strip_sides(run, self, arg[0], SIDE_RIGHT, result);
}

static int run_upper(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, self.string, CASE_UPPER);
    return 0;
}

static int run_lower(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, self.string, CASE_LOWER);
    return 0;
}

static int run_title(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, self.string, CASE_TITLE);
    return 0;
}

static int run_capitalize(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, self.string, CASE_CAPITALIZE);
    return 0;
}

/* ---- splitting ---- */

static void append_part(struct jinja_run *run, struct jinja_value list, const char *begin, const char *end)
{
    jinja_append(run->arena, list, jinja_string(run->arena, begin, (size_t)(end - begin)));
}

static const char *skip_spaces(const char *at, const char *end, bool spaces)
{
    uint32_t codepoint;

    while (at < end) {
        size_t length = utf8_decode(at, &codepoint);
        if (jinja_is_space(codepoint) != spaces)
            break;
        at += length;
    }
    return at;
}

/* Runs of white space separate; those at the sides do not count. */
static void split_at_spaces(struct jinja_run *run, const struct jinja_string *text, int64_t most,
                            struct jinja_value list)
{
    const char *end = text->data + text->n, *at = skip_spaces(text->data, end, true);

    for (; at < end && most != 0; most -= most > 0) {
        const char *word_end = skip_spaces(at, end, false);
        append_part(run, list, at, word_end);
        at = skip_spaces(word_end, end, true);
    }
    if (at < end)
        append_part(run, list, at, end);
}

static void split_at(struct jinja_run *run, const struct jinja_string *text, const struct jinja_string *separator,
                     int64_t most, struct jinja_value list)
{
    const char *at = text->data, *end = at + text->n, *found;

    for (; most != 0 && (found = memmem(at, (size_t)(end - at), separator->data, separator->n)); most -= most > 0) {
        append_part(run, list, at, found);
        at = found + separator->n;
    }
    append_part(run, list, at, end);
}

static int run_split(JINJA_PARAMETERS)
{
    const struct jinja_string *separator;
    int64_t most;

    if (jinja_argument_text(run, arg[0], &separator) || jinja_argument_int(run, arg[1], -1, &most))
        return -1;
    if (separator && separator->n == 0)
        return fail(run->err, "split() by an empty separator");
    *result = jinja_list(run->arena, JINJA_LIST);
    if (separator)
        split_at(run, self.string, separator, most, *result);
    else
        split_at_spaces(run, self.string, most, *result);
    return 0;
}

static const char *find_last(const char *begin, const char *end, const struct jinja_string *text)
{
    for (size_t i = (size_t)(end - begin) - text->n + 1; i-- > 0;)
        if (memcmp(begin + i, text->data, text->n) == 0)
            return begin + i;
    return NULL;
}

static void reverse(struct jinja_list *list)
{
    for (size_t i = 0; i < list->n / 2; i++) {
        struct jinja_value item = list->items[i];
        list->items[i] = list->items[list->n - 1 - i];
        list->items[list->n - 1 - i] = item;
    }
}

static int run_rsplit(JINJA_PARAMETERS)
{
    const struct jinja_string *separator;
    const char *begin = self.string->data, *end = begin + self.string->n, *found;
    int64_t most;

    if (jinja_argument_text(run, arg[0], &separator) || jinja_argument_int(run, arg[1], -1, &most))
        return -1;
    if (!separator && most < 0)
        return run_split(run, self, arg, result);
    if (!separator || separator->n == 0)
        return fail(run->err, "rsplit() with a limit wants a separator");
    *result = jinja_list(run->arena, JINJA_LIST);
    for (; most != 0 && (size_t)(end - begin) >= separator->n && (found = find_last(begin, end, separator));
         most -= most > 0) {
        append_part(run, *result, found + separator->n, end);
        end = found;
    }
    append_part(run, *result, begin, end);
    reverse(result->list);
    return 0;
}

static int run_splitlines(JINJA_PARAMETERS)
{
    *result = jinja_split_lines(run, self.string, jinja_argument_bool(arg[0], false));
    return 0;
}

/* (before, separator, behind); the first or the last separator. */
static int partition(struct jinja_run *run, struct jinja_value self, const struct jinja_value *arg, bool last,
                     struct jinja_value *result)
{
    const struct jinja_string *separator;
    const char *begin = self.string->data, *end = begin + self.string->n, *found = NULL;

    if (want_text(run, arg, &separator))
        return -1;
    if (separator->n == 0)
        return fail(run->err, "partition() by an empty separator");
    if (self.string->n >= separator->n)
        found = last ? find_last(begin, end, separator) : memmem(begin, self.string->n, separator->data, separator->n);
    const char *left = found ? found : last ? begin : end, *right = found ? found + separator->n : left;
    *result = jinja_list(run->arena, JINJA_TUPLE);
    append_part(run, *result, begin, left);
    append_part(run, *result, left, right);
    append_part(run, *result, right, end);
    return 0;
}

static int run_partition(JINJA_PARAMETERS)
{
    return partition(run, self, arg[0], false, result);
}

static int run_rpartition(JINJA_PARAMETERS)
{
    return partition(run, self, arg[0], true, result);
}

/* ---- looking ---- */

static bool has_affix(const struct jinja_string *text, const struct jinja_string *affix, bool at_end)
{
    return affix->n <= text->n && memcmp(text->data + (at_end ? text->n - affix->n : 0), affix->data, affix->n) == 0;
}

/* The argument is a string or a tuple of them. */
static int look_for_affix(struct jinja_run *run, struct jinja_value self, const struct jinja_value *arg, bool at_end,
                          struct jinja_value *result)
{
    bool holds = false;

    if (!arg || (arg->kind != JINJA_STRING && arg->kind != JINJA_TUPLE))
        return fail(run->err, "startswith() or endswith() wants a string or a tuple of strings");
    if (arg->kind == JINJA_STRING)
        holds = has_affix(self.string, arg->string, at_end);
    for (size_t i = 0; arg->kind == JINJA_TUPLE && i < arg->list->n; i++)
        holds |= arg->list->items[i].kind == JINJA_STRING && has_affix(self.string, arg->list->items[i].string, at_end);
    *result = jinja_bool(holds);
    return 0;
}

static int run_startswith(JINJA_PARAMETERS)
{
    return look_for_affix(run, self, arg[0], false, result);
}

static int run_endswith(JINJA_PARAMETERS)
{
    return look_for_affix(run, self, arg[0], true, result);
}

static int remove_affix(struct jinja_run *run, struct jinja_value self, const struct jinja_value *arg, bool at_end,
                        struct jinja_value *result)
{
    const struct jinja_string *affix, *text = self.string;

    if (want_text(run, arg, &affix))
        return -1;
    size_t cut = has_affix(text, affix, at_end) ? affix->n : 0;
    *result = jinja_string(run->arena, text->data + (at_end ? 0 : cut), text->n - cut);
    return 0;
}

static int run_removeprefix(JINJA_PARAMETERS)
{
    return remove_affix(run, self, arg[0], false, result);
}

static int run_removesuffix(JINJA_PARAMETERS)
{
    return remove_affix(run, self, arg[0], true, result);
}

/* The index in characters, -1 if the text is not there. */
static int find_text(struct jinja_run *run, struct jinja_value self, const struct jinja_value *arg, bool last,
                     struct jinja_value *result)
{
    const struct jinja_string *text;
    const char *begin = self.string->data, *found = NULL;
    int64_t index = 0;

    if (want_text(run, arg, &text))
        return -1;
    if (text->n <= self.string->n)
        found =
            last ? find_last(begin, begin + self.string->n, text) : memmem(begin, self.string->n, text->data, text->n);
    for (const char *at = begin; found && at < found; at += utf8_length(*at))
        index++;
    *result = jinja_int(found ? index : -1);
    return 0;
}

static int run_find(JINJA_PARAMETERS)
{
    return find_text(run, self, arg[0], false, result);
}

static int run_rfind(JINJA_PARAMETERS)
{
    return find_text(run, self, arg[0], true, result);
}

static int run_index(JINJA_PARAMETERS)
{
    if (find_text(run, self, arg[0], false, result))
        return -1;
    return result->integer < 0 ? fail(run->err, "index(): substring not found") : 0;
}

static int run_count(JINJA_PARAMETERS)
{
    const struct jinja_string *text;
    const char *at = self.string->data, *end = at + self.string->n;
    int64_t n = 0;

    if (want_text(run, arg[0], &text))
        return -1;
    for (; text->n && (at = memmem(at, (size_t)(end - at), text->data, text->n)); at += text->n)
        n++;
    *result = jinja_int(n);
    return 0;
}

static int all_are(struct jinja_value self, bool (*is)(uint32_t), struct jinja_value *result)
{
    bool all = self.string->n > 0;
    uint32_t c;

    for (size_t i = 0; i < self.string->n && all;) {
        i += utf8_decode(self.string->data + i, &c);
        all = is(c);
    }
    *result = jinja_bool(all);
    return 0;
}

static bool is_ascii_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphabetic(uint32_t c)
{
    return utf8_is_word(c) && !utf8_is_numeric(c) && c != '_';
}

static int run_isdigit(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    return all_are(self, is_ascii_digit, result);
}

static int run_isalpha(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    return all_are(self, is_alphabetic, result);
}

static int run_isspace(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    return all_are(self, jinja_is_space, result);
}

/* ---- making ---- */

static int run_replace(JINJA_PARAMETERS)
{
    const struct jinja_string *old, *new;
    int64_t count;

    if (want_text(run, arg[0], &old) || want_text(run, arg[1], &new) || jinja_argument_int(run, arg[2], -1, &count))
        return -1;
    return jinja_replace(run, self.string, old, new, count, result);
}

static int run_join(JINJA_PARAMETERS)
{
    return jinja_join(run, arg[0] ? *arg[0] : jinja_undefined(NULL), self.string, result);
}

/* str.format with {} and {0} and {name}: no conversions. */
static int run_format(JINJA_PARAMETERS)
{
    const char *at = self.string->data;
    struct bytes out = {0};
    size_t next = 0;
    int rc = 0;

    while (*at && !rc) {
        size_t n = strcspn(at + 1, "{}");
        if ((*at != '{' && *at != '}') || at[1] == *at) {
            bytes_append_char(&out, *at);
            at += 1 + (*at == '{' || *at == '}');
            continue;
        }
        const char *name = arena_copy(run->arena, at + 1, n);
        bool number = n > 0 && n < 9 && strspn(name, "0123456789") == n;
        size_t i = number ? (size_t)strtol(name, NULL, 10) : n == 0 ? next++ : SIZE_MAX;
        const struct jinja_value *value =
            i < arg[0]->list->n ? &arg[0]->list->items[i] : jinja_find_text(arg[1]->dict, name);
        if (*at != '{' || at[1 + n] != '}' || !value)
            rc = fail(run->err, "format(): \"{%.40s}\" is not supported or has no value", name);
        else
            jinja_append_str(&out, *value);
        at += n + 2;
    }
    *result = jinja_take(run->arena, &out);
    return rc;
}

const struct jinja_builtin jinja_string_methods[] = {
    {"strip", "chars", run_strip},
    {"lstrip", "chars", run_lstrip},
    {"rstrip", "chars", run_rstrip},
    {"upper", "", run_upper},
    {"lower", "", run_lower},
    {"title", "", run_title},
    {"capitalize", "", run_capitalize},
    {"split", "sep maxsplit", run_split},
    {"rsplit", "sep maxsplit", run_rsplit},
    {"splitlines", "keepends", run_splitlines},
    {"partition", "sep", run_partition},
    {"rpartition", "sep", run_rpartition},
    {"startswith", "prefix", run_startswith},
    {"endswith", "suffix", run_endswith},
    {"removeprefix", "prefix", run_removeprefix},
    {"removesuffix", "suffix", run_removesuffix},
    {"find", "sub", run_find},
    {"rfind", "sub", run_rfind},
    {"index", "sub", run_index},
    {"count", "sub", run_count},
    {"isdigit", "", run_isdigit},
    {"isalpha", "", run_isalpha},
    {"isspace", "", run_isspace},
    {"replace", "old new count", run_replace},
    {"join", "iterable", run_join},
    {"format", "*", run_format},
    {0},
};
