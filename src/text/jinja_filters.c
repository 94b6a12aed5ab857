/* Filters of single values; those of lists are in jinja_list_filters.c. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/jinja_filters.h"
#include "text/jinja_strings.h"
#include "text/utf8.h"

static int run_trim(JINJA_PARAMETERS)
{
    const struct jinja_string *chars;

    if (jinja_argument_text(run, arg[0], &chars))
        return -1;
    *result = jinja_strip(run, jinja_to_string(run, self).string, chars, SIDE_BOTH);
    return 0;
}

static int run_length(JINJA_PARAMETERS)
{
    size_t n;

    (void)arg;
    if (jinja_length(self, &n, run->err))
        return -1;
    *result = jinja_int((int64_t)n);
    return 0;
}

static int run_upper(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, jinja_to_string(run, self).string, CASE_UPPER);
    return 0;
}

static int run_lower(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, jinja_to_string(run, self).string, CASE_LOWER);
    return 0;
}

static int run_title(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, jinja_to_string(run, self).string, CASE_WORDS);
    return 0;
}

static int run_capitalize(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_change_case(run, jinja_to_string(run, self).string, CASE_CAPITALIZE);
    return 0;
}

static int run_string(JINJA_PARAMETERS)
{
    (void)arg;
    *result = jinja_to_string(run, self);
    return 0;
}

/* Escaping is off in the reference's environment, so that text is safe as it is. */
static int run_safe(JINJA_PARAMETERS)
{
    (void)run, (void)arg;
    *result = self;
    return 0;
}

static int run_escape(JINJA_PARAMETERS)
{
    static const char *const escapes[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&#34;", ['\''] = "&#39;"};
    struct jinja_value text = jinja_to_string(run, self);
    struct bytes out = {0};

    (void)arg;
    for (size_t i = 0; i < text.string->n; i++) {
        unsigned char c = (unsigned char)text.string->data[i];
        if (c < 128 && escapes[c])
            bytes_append_text(&out, escapes[c]);
        else
            bytes_append_char(&out, (char)c);
    }
    *result = jinja_take(run->arena, &out);
    return 0;
}

static int run_replace(JINJA_PARAMETERS)
{
    const struct jinja_string *text = jinja_to_string(run, self).string;
    int64_t count;

    if (!arg[0] || !arg[1] || jinja_argument_int(run, arg[2], -1, &count))
        return fail(run->err, "replace() wants two strings");
    return jinja_replace(run, text, jinja_to_string(run, *arg[0]).string, jinja_to_string(run, *arg[1]).string, count,
                         result);
}

static int run_default(JINJA_PARAMETERS)
{
    bool missing = self.kind == JINJA_UNDEFINED || (jinja_argument_bool(arg[1], false) && !jinja_true(self));

    *result = !missing ? self : arg[0] ? *arg[0] : jinja_text(run->arena, "");
    return 0;
}

/* ---- numbers ---- */

/* A decimal number with white space around it, or 0 chars read. */
static bool read_float(struct jinja_value text, double *value)
{
    char *end;

    if (text.kind != JINJA_STRING || text.string->n == 0)
        return false;
    *value = strtod(text.string->data, &end);
    return end > text.string->data && end[strspn(end, " \t\r\n")] == '\0' &&
           !memchr(text.string->data, 'x', text.string->n);
}

static int run_int(JINJA_PARAMETERS)
{
    double value;
    char *end;

    if (self.kind == JINJA_INT || self.kind == JINJA_BOOL) {
        *result = jinja_int(jinja_integer(self));
        return 0;
    }
    errno = 0;
    long long exact = self.kind == JINJA_STRING ? strtoll(self.string->data, &end, 10) : 0;
    if (self.kind == JINJA_STRING && errno == 0 && end > self.string->data && end[strspn(end, " \t\r\n")] == '\0')
        *result = jinja_int(exact);
    else if (self.kind == JINJA_FLOAT && self.number > -9e18 && self.number < 9e18)
        *result = jinja_int((int64_t)self.number);
    else if (read_float(self, &value) && value > -9e18 && value < 9e18)
        *result = jinja_int((int64_t)value);
    else
        *result = arg[0] ? *arg[0] : jinja_int(0);
    (void)run;
    return 0;
}

static int run_float(JINJA_PARAMETERS)
{
    double value;

    (void)run;
    if (jinja_is_number(self))
        *result = jinja_float(jinja_number(self));
    else if (read_float(self, &value))
        *result = jinja_float(value);
    else
        *result = arg[0] ? *arg[0] : jinja_float(0);
    return 0;
}

static int run_abs(JINJA_PARAMETERS)
{
    (void)arg;
    if (!jinja_is_number(self))
        return fail(run->err, "abs() of %s", jinja_type_name(self));
    if (self.kind == JINJA_FLOAT)
        *result = jinja_float(fabs(self.number));
    else if (jinja_integer(self) < 0)
        return jinja_binary(run, "-", jinja_int(0), self, result);
    else
        *result = jinja_int(jinja_integer(self));
    return 0;
}

/* Halves go to the even neighbour, as in Python. */
static int run_round(JINJA_PARAMETERS)
{
    const struct jinja_string *method;
    int64_t digits;

    if (!jinja_is_number(self) || jinja_argument_int(run, arg[0], 0, &digits) ||
        jinja_argument_text(run, arg[1], &method))
        return fail(run->err, "round() wants numbers");
    if (self.kind != JINJA_FLOAT && !method && digits >= 0) { /* an integer stays one */
        *result = jinja_int(jinja_integer(self));
        return 0;
    }
    double scale = pow(10, (double)(digits > 30 ? 30 : digits < -30 ? -30 : digits)), x = jinja_number(self) * scale;
    if (method && strcmp(method->data, "ceil") == 0)
        x = ceil(x);
    else
        x = method && strcmp(method->data, "floor") == 0 ? floor(x) : nearbyint(x);
    *result = jinja_float(x / scale);
    return 0;
}

/* ---- texts of several lines ---- */

/* The first line stays, empty lines too, unless asked for. */
static int run_indent(JINJA_PARAMETERS)
{
    struct jinja_value text = jinja_to_string(run, self), prefix = jinja_text(run->arena, "    ");
    bool first = jinja_argument_bool(arg[1], false), blank = jinja_argument_bool(arg[2], false);
    struct bytes out = {0};

    if (arg[0] && arg[0]->kind == JINJA_STRING)
        prefix = *arg[0];
    else if (arg[0] && jinja_binary(run, "*", jinja_text(run->arena, " "), *arg[0], &prefix))
        return -1;
    struct jinja_value lines = jinja_split_lines(run, text.string, false);
    for (size_t i = 0; i < lines.list->n; i++) {
        struct jinja_value line = lines.list->items[i];
        bytes_append_text(&out, i ? "\n" : "");
        if (i == 0 ? first : blank || line.string->n > 0)
            bytes_append(&out, prefix.string->data, prefix.string->n);
        jinja_append_str(&out, line);
        if (jinja_too_long(run, out.n))
            break;
    }
    int rc = jinja_too_long(run, out.n);
    *result = jinja_take(run->arena, &out);
    return rc;
}

static int run_wordcount(JINJA_PARAMETERS)
{
    struct jinja_value text = jinja_to_string(run, self);
    bool in_word = false;
    int64_t n = 0;
    uint32_t c;

    (void)arg;
    for (size_t i = 0; i < text.string->n;) {
        i += utf8_decode(text.string->data + i, &c);
        n += utf8_is_word(c) && !in_word;
        in_word = utf8_is_word(c);
    }
    *result = jinja_int(n);
    return 0;
}

static int run_tojson(JINJA_PARAMETERS)
{
    struct bytes out = {0};
    int64_t indent;

    if (jinja_argument_int(run, arg[0], -1, &indent))
        return -1;
    if (indent > 100)
        return fail(run->err, "tojson() indented by more than 100");
    int rc =
        jinja_append_json(&out, self, (int)(indent < -1 ? 0 : indent), jinja_argument_bool(arg[1], false), run->err);
    *result = jinja_take(run->arena, &out);
    return rc;
}

static int run_format(JINJA_PARAMETERS)
{
    struct jinja_value values = *arg[0];

    values.kind = JINJA_TUPLE;
    return jinja_format(run, jinja_to_string(run, self), values, result);
}

static int run_attr(JINJA_PARAMETERS)
{
    const struct jinja_string *name;

    if (jinja_argument_text(run, arg[0], &name))
        return -1;
    if (!name)
        return fail(run->err, "attr() lacks its argument");
    if (self.kind == JINJA_DICT && !jinja_find_method(self, name->data)) { /* members are no attributes */
        *result = jinja_undefined(name->data);
        return 0;
    }
    return jinja_get_attribute(run, self, name->data, result);
}

static const struct jinja_builtin filters[] = {
    {"trim", "chars", run_trim},
    {"length", "", run_length},
    {"count", "", run_length},
    {"upper", "", run_upper},
    {"lower", "", run_lower},
    {"title", "", run_title},
    {"capitalize", "", run_capitalize},
    {"string", "", run_string},
    {"safe", "", run_safe},
    {"escape", "", run_escape},
    {"e", "", run_escape},
    {"forceescape", "", run_escape},
    {"replace", "old new count", run_replace},
    {"default", "default_value boolean", run_default},
    {"d", "default_value boolean", run_default},
    {"int", "default base", run_int},
    {"float", "default", run_float},
    {"abs", "", run_abs},
    {"round", "precision method", run_round},
    {"indent", "width first blank", run_indent},
    {"wordcount", "", run_wordcount},
    {"tojson", "indent sort_keys ensure_ascii", run_tojson},
    {"format", "*", run_format},
    {"attr", "name", run_attr},
    {0},
};

const struct jinja_builtin *jinja_find_filter(const char *name)
{
    const struct jinja_builtin *found = jinja_find_in(filters, name);

    return found ? found : jinja_find_in(jinja_list_filters, name);
}
