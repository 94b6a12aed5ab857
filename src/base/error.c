#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_error(struct error *err, const char *format, va_list args)
{
    if (err)
        vsnprintf(err->text, sizeof err->text, format, args);
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
    if (n >= 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", rest);
    return -1;
}
