/* The error idiom: a function that can fail returns 0 or -1 (or NULL) and fills
 * the struct error its caller passed last. The text is one line that names the
 * file or key at fault, what is wrong and, where there is one, the remedy. */
#ifndef SINKGRID_BASE_ERROR_H
#define SINKGRID_BASE_ERROR_H

enum { ERROR_TEXT_SIZE = 240 };

struct error {
    char text[ERROR_TEXT_SIZE];
};

/* Formats the error text (cut at its size) and returns -1; err may be NULL. */
int fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for functions that return a pointer. */
void *fail_null(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the text that err holds and returns -1. */
int fail_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
