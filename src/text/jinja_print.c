/* Values as text: str(), repr() and json.dumps() of Python. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/jinja_value.h"
#include "text/utf8.h"

/* The shortest decimal that reads back as the same number. */
static void append_float(struct bytes *out, double value, const char *nan, const char *inf)
{
    char text[40];
    int digits = 1;

    if (isnan(value) || isinf(value)) {
        bytes_append_text(out, isnan(value) ? nan : value < 0 ? "-" : "");
        bytes_append_text(out, isnan(value) ? "" : inf);
        return;
    }
    do
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    int exponent = atoi(strchr(text, 'e') + 1);
    if (exponent >= -4 && exponent < 16)
        snprintf(text, sizeof text, "%.*f", digits - 1 > exponent ? digits - 1 - exponent : 1, value);
    bytes_append_text(out, text);
}

static void append_int(struct bytes *out, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    bytes_append_text(out, text);
}

static void append_format(struct bytes *out, const char *format, unsigned value)
{
    char text[16];

    snprintf(text, sizeof text, format, value); /* NOLINT: the formats are this file's */
    bytes_append_text(out, text);
}

static void append_repr_character(struct bytes *out, uint32_t c, char quote)
{
    static const char *const short_escapes[0x20] = {['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r"};

    if (c < 0x20 && short_escapes[c])
        bytes_append_text(out, short_escapes[c]);
    else if (c == (unsigned char)quote || c == '\\') {
        bytes_append_char(out, '\\');
        bytes_append_char(out, (char)c);
    } else if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad)
        append_format(out, "\\x%02x", c);
    else if (c != ' ' && utf8_is_space(c))
        append_format(out, "\\u%04x", c);
    else
        bytes_append_codepoint(out, c);
}

static void append_repr_string(struct bytes *out, const struct jinja_string *string)
{
    bool single = memchr(string->data, '\'', string->n) && !memchr(string->data, '"', string->n);
    char quote = single ? '"' : '\'';
    uint32_t c;

    bytes_append_char(out, quote);
    for (size_t i = 0; i < string->n;) {
        i += utf8_decode(string->data + i, &c);
        append_repr_character(out, c, quote);
    }
    bytes_append_char(out, quote);
}

static void append_repr_list(struct bytes *out, struct jinja_value value)
{
    bool tuple = value.kind == JINJA_TUPLE;

    bytes_append_char(out, tuple ? '(' : '[');
    for (size_t i = 0; i < value.list->n; i++) {
        bytes_append_text(out, i ? ", " : "");
        jinja_append_repr(out, value.list->items[i]);
    }
    bytes_append_text(out, tuple && value.list->n == 1 ? "," : "");
    bytes_append_char(out, tuple ? ')' : ']');
}

static void append_repr_dict(struct bytes *out, const struct jinja_dict *dict)
{
    bytes_append_char(out, '{');
    for (size_t i = 0; i < dict->n; i++) {
        bytes_append_text(out, i ? ", " : "");
        jinja_append_repr(out, dict->members[i].key);
        bytes_append_text(out, ": ");
        jinja_append_repr(out, dict->members[i].value);
    }
    bytes_append_char(out, '}');
}

void jinja_append_repr(struct bytes *out, struct jinja_value value)
{
    switch (value.kind) {
    case JINJA_UNDEFINED:
        bytes_append_text(out, "Undefined");
        break;
    case JINJA_NONE:
        bytes_append_text(out, "None");
        break;
    case JINJA_BOOL:
        bytes_append_text(out, value.boolean ? "True" : "False");
        break;
    case JINJA_INT:
        append_int(out, value.integer);
        break;
    case JINJA_FLOAT:
        append_float(out, value.number, "nan", "inf");
        break;
    case JINJA_STRING:
        append_repr_string(out, value.string);
        break;
    case JINJA_LIST:
    case JINJA_TUPLE:
        append_repr_list(out, value);
        break;
    case JINJA_DICT:
        append_repr_dict(out, value.dict);
        break;
    default:
        bytes_append_text(out, "<");
        bytes_append_text(out, jinja_type_name(value));
        bytes_append_text(out, ">");
    }
}

void jinja_append_str(struct bytes *out, struct jinja_value value)
{
    if (value.kind == JINJA_STRING)
        bytes_append(out, value.string->data, value.string->n);
    else if (value.kind != JINJA_UNDEFINED)
        jinja_append_repr(out, value);
}

/* ---- JSON ---- */

struct json_style {
    int indent; /* < 0: on one line */
    bool sort_keys;
};

static void append_json_string(struct bytes *out, const struct jinja_string *string)
{
    static const char *const escapes[128] = {['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r",
                                             ['\t'] = "\\t", ['\b'] = "\\b",  ['\f'] = "\\f"};

    bytes_append_char(out, '"');
    for (size_t i = 0; i < string->n; i++) {
        unsigned char c = (unsigned char)string->data[i];
        if (c < 128 && escapes[c])
            bytes_append_text(out, escapes[c]);
        else if (c < 0x20)
            append_format(out, "\\u%04x", c);
        else
            bytes_append_char(out, (char)c);
    }
    bytes_append_char(out, '"');
}

static void append_break(struct bytes *out, const struct json_style *style, int depth)
{
    if (style->indent < 0)
        return;
    bytes_append_char(out, '\n');
    for (int i = 0; i < style->indent * depth; i++)
        bytes_append_char(out, ' ');
}

static int append_json(struct bytes *out, struct jinja_value value, const struct json_style *style, int depth,
                       struct error *err);

static int append_json_list(struct bytes *out, const struct jinja_list *list, const struct json_style *style, int depth,
                            struct error *err)
{
    bytes_append_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        bytes_append_text(out, i == 0 ? "" : style->indent < 0 ? ", " : ",");
        append_break(out, style, depth + 1);
        if (append_json(out, list->items[i], style, depth + 1, err))
            return -1;
    }
    if (list->n > 0)
        append_break(out, style, depth);
    bytes_append_char(out, ']');
    return 0;
}

static int by_key(const void *a, const void *b)
{
    struct jinja_value x = (*(const struct jinja_member *const *)a)->key;
    struct jinja_value y = (*(const struct jinja_member *const *)b)->key;
    int order = 0;

    jinja_compare(x, y, &order, NULL);
    return order;
}

/* Keys that are not strings are written as strings, numbers and constants in JSON's spelling. */
static int append_json_key(struct bytes *out, struct jinja_value key, struct error *err)
{
    static const struct json_style line = {.indent = -1};
    bool quoted = key.kind != JINJA_STRING;

    if (quoted && !jinja_is_number(key) && key.kind != JINJA_NONE)
        return fail(err, "tojson: a key of type %s", jinja_type_name(key));
    bytes_append_text(out, quoted ? "\"" : "");
    append_json(out, key, &line, 0, err);
    bytes_append_text(out, quoted ? "\"" : "");
    return 0;
}

static int append_json_dict(struct bytes *out, const struct jinja_dict *dict, const struct json_style *style, int depth,
                            struct error *err)
{
    const struct jinja_member **order = xcalloc(dict->n, sizeof *order);
    int rc = 0;

    for (size_t i = 0; i < dict->n; i++)
        order[i] = &dict->members[i];
    if (style->sort_keys)
        qsort(order, dict->n, sizeof *order, by_key);
    bytes_append_char(out, '{');
    for (size_t i = 0; i < dict->n && !rc; i++) {
        bytes_append_text(out, i == 0 ? "" : style->indent < 0 ? ", " : ",");
        append_break(out, style, depth + 1);
        rc = append_json_key(out, order[i]->key, err);
        bytes_append_text(out, ": ");
        rc = rc ? rc : append_json(out, order[i]->value, style, depth + 1, err);
    }
    if (dict->n > 0)
        append_break(out, style, depth);
    bytes_append_char(out, '}');
    free(order);
    return rc;
}

static int append_json(struct bytes *out, struct jinja_value value, const struct json_style *style, int depth,
                       struct error *err)
{
    switch (value.kind) {
    case JINJA_NONE:
        bytes_append_text(out, "null");
        return 0;
    case JINJA_BOOL:
        bytes_append_text(out, value.boolean ? "true" : "false");
        return 0;
    case JINJA_FLOAT:
        append_float(out, value.number, "NaN", "Infinity");
        return 0;
    case JINJA_INT:
        append_int(out, value.integer);
        return 0;
    case JINJA_STRING:
        append_json_string(out, value.string);
        return 0;
    case JINJA_LIST:
    case JINJA_TUPLE:
        return append_json_list(out, value.list, style, depth, err);
    case JINJA_DICT:
        return append_json_dict(out, value.dict, style, depth, err);
    default:
        return fail(err, "tojson: a value of type %s", jinja_type_name(value));
    }
}

int jinja_append_json(struct bytes *out, struct jinja_value value, int indent, bool sort_keys, struct error *err)
{
    const struct json_style style = {indent, sort_keys};

    return append_json(out, value, &style, 0, err);
}
