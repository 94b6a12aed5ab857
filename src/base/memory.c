#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

enum {
    ALIGNMENT = 64,      /* a cache line; the widest vector register */
    HUGE_PAGE = 2 << 20, /* bytes; also of arm64 with pages of 4 KiB */
};

static void *checked(void *p, size_t n, size_t size)
{
    if (p)
        return p;
    log_error("out of memory: %zu objects of %zu bytes", n, size);
    abort();
}

void *xcalloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1), n, size);
}

void *xrealloc(void *old, size_t n, size_t size)
{
    size_t bytes;

    if (!size_mul(n, size, &bytes))
        return checked(NULL, n, size);
    return checked(realloc(old, bytes ? bytes : 1), n, size);
}

char *xstrndup(const char *text, size_t n)
{
    return checked(strndup(text, n), 1, n);
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return checked(n < 0 ? NULL : text, 1, 0);
}

/* A buffer beyond the caches is passed over again and again: with pages of 4 KiB every
 * line of it may want a walk of page tables, and under a hypervisor a walk of both. */
float *float_alloc(size_t n, const char *what, struct error *err)
{
    size_t bytes;
    void *buffer;

    if (!size_mul(n ? n : 1, sizeof(float), &bytes))
        return fail_null(err, "%s: size overflows", what);
    bool large = bytes >= 2 * HUGE_PAGE;
    if (posix_memalign(&buffer, large ? HUGE_PAGE : ALIGNMENT, bytes) != 0)
        return fail_null(err, "%s: no memory for %zu bytes", what, bytes);
#ifdef MADV_HUGEPAGE
    if (large)
        madvise(buffer, bytes, MADV_HUGEPAGE); /* a refusal costs time only */
#endif
    memset(buffer, 0, bytes);
    return buffer;
}

void float_free(float *buffer)
{
    free(buffer);
}

bool size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

bool size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

void *array_grow(void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return items;
    *capacity = n < 8 ? 16 : 2 * n;
    return xrealloc(items, *capacity, size);
}
