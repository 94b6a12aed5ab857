/* The binary operators, with Python's rules for numbers, strings and lists. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text/jinja_run.h"

static int wrong_types(struct jinja_run *run, const char *operator, struct jinja_value a, struct jinja_value b)
{
    if (a.kind == JINJA_UNDEFINED || b.kind == JINJA_UNDEFINED) {
        const char *name = a.kind == JINJA_UNDEFINED ? a.name : b.name;
        return fail(run->err, "\"%s\" is not defined", name ? name : "an operand");
    }
    return fail(run->err, "%s %s %s", jinja_type_name(a), operator, jinja_type_name(b));
}

int jinja_too_long(struct jinja_run *run, size_t n)
{
    return n > JINJA_MAX_TEXT ? fail(run->err, "a text or list of more than %d MiB", JINJA_MAX_TEXT >> 20) : 0;
}

/* ---- integers ---- */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* By repeated squaring; true if the result exceeds 64 bits. */
static bool power_overflows(int64_t base, int64_t exponent, int64_t *result)
{
    *result = 1;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1 && __builtin_mul_overflow(*result, base, result))
            return true;
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
            return true;
    }
    return false;
}

static int integer_operation(struct jinja_run *run, const char *operator, int64_t a, int64_t b,
                             struct jinja_value *result)
{
    bool division = *operator== '/' || * operator== '%', overflow = false;
    int64_t value = 0;

    if (division && b == 0)
        return fail(run->err, "division by zero");
    if (strcmp(operator, "/") == 0 || (strcmp(operator, "**") == 0 && b < 0)) {
        *result = jinja_float(*operator== '/' ? (double)a / (double)b : pow((double)a, (double)b));
        return 0;
    }
    if (division && b == -1) /* INT64_MIN / -1 overflows */
        overflow = *operator== '/' && __builtin_sub_overflow(0, a, &value);
    else if (*operator== '/')
        value = floor_divide(a, b);
    else if (*operator== '%')
        value = a - b * floor_divide(a, b);
    else if (*operator== '+')
        overflow = __builtin_add_overflow(a, b, &value);
    else if (*operator== '-')
        overflow = __builtin_sub_overflow(a, b, &value);
    else if (strcmp(operator, "*") == 0)
        overflow = __builtin_mul_overflow(a, b, &value);
    else
        overflow = power_overflows(a, b, &value);
    *result = jinja_int(value);
    return overflow ? fail(run->err, "an integer exceeds 64 bits") : 0;
}

static int float_operation(struct jinja_run *run, const char *operator, double a, double b, struct jinja_value *result)
{
    double value;

    if ((*operator== '/' || * operator== '%') && !(b < 0 || b > 0))
        return fail(run->err, "division by zero");
    if (strcmp(operator, "//") == 0)
        value = floor(a / b);
    else if (*operator== '%')
        value = a - b * floor(a / b);
    else if (strcmp(operator, "**") == 0)
        value = pow(a, b);
    else
        value = *operator== '+' ? a + b : * operator== '-' ? a - b : * operator== '*' ? a * b : a / b;
    *result = jinja_float(value);
    return 0;
}

static int number_operation(struct jinja_run *run, const char *operator, struct jinja_value a, struct jinja_value b,
                            struct jinja_value *result)
{
    if (a.kind == JINJA_FLOAT || b.kind == JINJA_FLOAT)
        return float_operation(run, operator, jinja_number(a), jinja_number(b), result);
    return integer_operation(run, operator, jinja_integer(a), jinja_integer(b), result);
}

/* ---- strings and lists ---- */

static int join_text(struct jinja_run *run, struct jinja_value a, struct jinja_value b, struct jinja_value *result)
{
    struct bytes text = {0};

    jinja_append_str(&text, a);
    jinja_append_str(&text, b);
    int rc = jinja_too_long(run, text.n);
    *result = jinja_take(run->arena, &text);
    return rc;
}

static int join_lists(struct jinja_run *run, struct jinja_value a, struct jinja_value b, struct jinja_value *result)
{
    *result = jinja_list(run->arena, a.kind);
    for (size_t i = 0; i < a.list->n; i++)
        jinja_append(run->arena, *result, a.list->items[i]);
    for (size_t i = 0; i < b.list->n; i++)
        jinja_append(run->arena, *result, b.list->items[i]);
    return 0;
}

static int repeat(struct jinja_run *run, struct jinja_value value, int64_t times, struct jinja_value *result)
{
    bool is_string = value.kind == JINJA_STRING;
    size_t n = is_string ? value.string->n : value.list->n * sizeof(struct jinja_value), total;
    struct bytes text = {0};

    times = times < 0 || n == 0 ? 0 : times;
    if (__builtin_mul_overflow(n, (size_t)times, &total) || jinja_too_long(run, total))
        return fail(run->err, "a text or list of more than %d MiB", JINJA_MAX_TEXT >> 20);
    *result = is_string ? value : jinja_list(run->arena, value.kind);
    for (int64_t k = 0; k < times; k++) {
        if (is_string)
            bytes_append(&text, value.string->data, value.string->n);
        for (size_t i = 0; !is_string && i < value.list->n; i++)
            jinja_append(run->arena, *result, value.list->items[i]);
    }
    if (is_string)
        *result = jinja_take(run->arena, &text);
    return 0;
}

static bool is_integer(struct jinja_value value)
{
    return value.kind == JINJA_INT || value.kind == JINJA_BOOL;
}

int jinja_binary(struct jinja_run *run, const char *operator, struct jinja_value a, struct jinja_value b,
                 struct jinja_value *result)
{
    bool a_repeats = a.kind == JINJA_STRING || jinja_is_sequence(a);
    bool b_repeats = b.kind == JINJA_STRING || jinja_is_sequence(b);

    if (*operator== '~')
        return join_text(run, a, b, result);
    if (jinja_is_number(a) && jinja_is_number(b))
        return number_operation(run, operator, a, b, result);
    if (*operator== '+' && a.kind == JINJA_STRING && b.kind == JINJA_STRING)
        return join_text(run, a, b, result);
    if (*operator== '+' && a.kind == b.kind && jinja_is_sequence(a))
        return join_lists(run, a, b, result);
    if (strcmp(operator, "*") == 0 && a_repeats && is_integer(b))
        return repeat(run, a, jinja_integer(b), result);
    if (strcmp(operator, "*") == 0 && b_repeats && is_integer(a))
        return repeat(run, b, jinja_integer(a), result);
    if (*operator== '%' && a.kind == JINJA_STRING)
        return jinja_format(run, a, b, result);
    return wrong_types(run, operator, a, b);
}
