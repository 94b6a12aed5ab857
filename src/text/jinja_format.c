/* format % arguments: %s %r %d %i %f %e %g %x %o %%, with flags, width, precision. */
#include <stdio.h>
#include <string.h>

#include "text/jinja_run.h"

struct directive {
    char flags[8];
    int width, precision; /* -1: none */
    char letter;
};

static int read_int(const char **at)
{
    int value = 0;

    for (; **at >= '0' && **at <= '9'; ++*at)
        value = value < 10000 ? 10 * value + (**at - '0') : value;
    return value;
}

/* *at stands behind the percent sign. */
static struct directive read_directive(const char **at)
{
    struct directive d = {.width = -1, .precision = -1};
    size_t n = 0;

    for (; **at && strchr("-+ 0#", **at); ++*at)
        if (n + 1 < sizeof d.flags && !strchr(d.flags, **at))
            d.flags[n++] = **at;
    if (**at >= '1' && **at <= '9')
        d.width = read_int(at);
    if (**at == '.') {
        ++*at;
        d.precision = read_int(at);
    }
    d.letter = **at;
    *at += **at != '\0';
    return d;
}

static void append_padded(struct bytes *out, const struct directive *d, struct bytes *text)
{
    bool left = strchr(d->flags, '-') != NULL;
    struct jinja_string string = {text->data, text->n};
    struct jinja_value value = {.kind = JINJA_STRING};
    size_t n;

    value.string = &string;
    jinja_length(value, &n, NULL);
    size_t pad = d->width > 0 && (size_t)d->width > n ? (size_t)d->width - n : 0;
    for (size_t i = 0; i < pad && !left; i++)
        bytes_append_char(out, ' ');
    bytes_append(out, text->data, text->n);
    for (size_t i = 0; i < pad && left; i++)
        bytes_append_char(out, ' ');
}

static void append_number(struct bytes *out, const struct directive *d, struct jinja_value value)
{
    bool is_float = strchr("feEgGF", d->letter) != NULL;
    int width = d->width > 0 ? d->width : 0, precision = d->precision > 60 ? 60 : d->precision;
    char format[32], text[512];

    width = width > 400 ? 400 : width;
    snprintf(format, sizeof format, "%%%s*.*%s%c", d->flags, is_float ? "" : "ll",
             d->letter == 'i' || d->letter == 'u' ? 'd' : d->letter);
    if (is_float)
        snprintf(text, sizeof text, format, width, precision, jinja_number(value)); /* NOLINT: built above */
    else
        snprintf(text, sizeof text, format, width, precision, /* NOLINT */
                 (long long)(value.kind == JINJA_FLOAT ? (int64_t)value.number : jinja_integer(value)));
    bytes_append_text(out, text);
}

static int append_one(struct jinja_run *run, struct bytes *out, const struct directive *d, struct jinja_value value)
{
    struct bytes text = {0};

    if (d->letter == 's' || d->letter == 'r') {
        if (d->letter == 's')
            jinja_append_str(&text, value);
        else
            jinja_append_repr(&text, value);
        append_padded(out, d, &text);
        bytes_clear(&text);
        return 0;
    }
    if (!d->letter || !strchr("diufeEgGFxXo", d->letter))
        return fail(run->err, "a format of \"%%%c\" is not supported", d->letter ? d->letter : ' ');
    if (!jinja_is_number(value) || (value.kind == JINJA_FLOAT && !(value.number > -9e18 && value.number < 9e18)))
        return fail(run->err, "\"%%%c\" wants a number, not %s", d->letter, jinja_type_name(value));
    append_number(out, d, value);
    return 0;
}

int jinja_format(struct jinja_run *run, struct jinja_value format, struct jinja_value arguments,
                 struct jinja_value *result)
{
    const struct jinja_list single = {&arguments, 1, 1, 1};
    const struct jinja_list *list = arguments.kind == JINJA_TUPLE ? arguments.list : &single;
    struct bytes out = {0};
    size_t next = 0;
    int rc = 0;

    for (const char *at = format.string->data; *at && !rc;) {
        if (*at != '%') {
            bytes_append_char(&out, *at++);
            continue;
        }
        at++;
        struct directive d = read_directive(&at);
        if (d.letter == '%')
            bytes_append_char(&out, '%');
        else if (next == list->n)
            rc = fail(run->err, "too few values for a format");
        else
            rc = append_one(run, &out, &d, list->items[next++]);
    }
    if (!rc && next < list->n && arguments.kind != JINJA_DICT)
        rc = fail(run->err, "too many values for a format");
    *result = jinja_take(run->arena, &out);
    return rc;
}
