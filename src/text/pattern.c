#include "text/pattern.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
    JIT_STACK_START = 32 * 1024,
    JIT_STACK_MAX = 8 * 1024 * 1024,
};

struct pattern *pattern_open(const char *source, size_t n, struct error *err)
{
    /* Ruby's ^ and $ are those of lines. */
    const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    struct bytes translated = {0};
    PCRE2_UCHAR why[128];
    PCRE2_SIZE where;
    int code;

    struct pattern *pattern = xcalloc(1, sizeof *pattern);
    pattern->source = xstrndup(source, n);
    pattern_translate(&translated, source, n);
    pattern->code = pcre2_compile((PCRE2_SPTR)translated.data, translated.n, options, &code, &where, NULL);
    bytes_clear(&translated);
    if (!pattern->code) {
        pcre2_get_error_message(code, why, sizeof why);
        fail(err, "pattern \"%.100s\": %s", pattern->source, (const char *)why);
        pattern_close(pattern);
        return NULL;
    }
    /* Where there is no JIT compiler the interpreter matches the same. */
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    return pattern;
}

void pattern_close(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    free(pattern->source);
    free(pattern);
}

static void prepare(struct pattern_scratch *scratch)
{
    if (scratch->data)
        return;
    /* One pair of offsets: groups are never asked for. */
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
}

void pattern_scratch_clear(struct pattern_scratch *scratch)
{
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    *scratch = (struct pattern_scratch){0};
}

int pattern_match(const struct pattern *pattern, const char *text, size_t n, size_t from,
                  struct pattern_scratch *scratch, size_t *begin, size_t *end, struct error *err)
{
    PCRE2_UCHAR why[128];

    prepare(scratch);
    int rc = pcre2_match(pattern->code, (PCRE2_SPTR)text, n, from, PCRE2_NO_UTF_CHECK, scratch->data, scratch->context);
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    if (rc < 0) {
        pcre2_get_error_message(rc, why, sizeof why);
        return fail(err, "pattern \"%.100s\": %s", pattern->source, (const char *)why);
    }
    const PCRE2_SIZE *range = pcre2_get_ovector_pointer(scratch->data);
    /* \K in a lookahead can set the start behind the end. */
    *begin = range[0] < range[1] ? range[0] : range[1];
    *end = range[1];
    return 1;
}
