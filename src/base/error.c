#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names from files may hold anything: an error stays one line, and does not steer the terminal. */
static void replace_controls(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void format_error(struct error *err, const char *format, va_list args)
{
    if (!err)
        return;
    vsnprintf(err->text, sizeof err->text, format, args);
    replace_controls(err->text);
}

int fail(struct error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    format_error(err, format, args);
    va_end(args);
    return -1;
}

void *fail_null(struct error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    format_error(err, format, args);
    va_end(args);
    return NULL;
}

int fail_prefix(struct error *err, const char *format, ...)
{
    char rest[ERROR_TEXT_SIZE];
    va_list args;

    if (!err)
        return -1;
    memcpy(rest, err->text, sizeof rest);
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    replace_controls(err->text);
    if (n >= 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", rest);
    return -1;
}
