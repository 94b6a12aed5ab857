#include <string.h>

#include "text/pattern.h"

/* Contents of a bracketed class. */
static const char SPACE[] = "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
                            "\\x{205f}\\x{3000}";
static const char WORD[] = "\\p{L}\\p{M}\\p{N}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}"
                           "\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}";
static const char HEX[] = "0-9a-fA-F";

static const struct {
    const char *name, *category;
} categories[] = {
    {"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Any", "Any"},
};

struct translation {
    struct bytes *out;
    const char *at, *end;
    int depth; /* of bracketed classes */
};

static void put(struct translation *t, const char *text, size_t n)
{
    bytes_append(t->out, text, n);
}

static void put_text(struct translation *t, const char *text)
{
    bytes_append_text(t->out, text);
}

/* A class by its contents: bare within brackets, else bracketed. A negated one
 * within brackets has no such form and is left to PCRE2. */
static void put_class(struct translation *t, const char *contents, bool negated)
{
    if (t->depth == 0)
        put_text(t, negated ? "[^" : "[");
    put_text(t, contents);
    if (t->depth == 0)
        put_text(t, "]");
}

static const char *long_category(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strlen(categories[i].name) == n && memcmp(categories[i].name, name, n) == 0)
            return categories[i].category;
    return NULL;
}

/* \p{Name}, \p{^Name}, \P{Name}: t->at is behind the 'p'. */
static void put_property(struct translation *t, char letter)
{
    const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));

    put(t, "\\", 1);
    put(t, &letter, 1);
    if (t->at == t->end || *t->at != '{' || !close)
        return;
    const char *name = t->at + 1;
    put(t, "{", 1);
    if (*name == '^')
        put(t, name++, 1);
    size_t n = (size_t)(close - name);
    const char *category = long_category(name, n);
    if (category)
        put_text(t, category);
    else if (n > 2 && !memchr(name, ':', n) && !memchr(name, '=', n)) {
        put_text(t, "sc:");
        put(t, name, n);
    } else
        put(t, name, n);
    put(t, "}", 1);
    t->at = close + 1;
}

static void put_through(struct translation *t, char last)
{
    const char *found = memchr(t->at, last, (size_t)(t->end - t->at));
    size_t n = found ? (size_t)(found - t->at) + 1 : 0;

    put(t, t->at, n);
    t->at += n;
}

static void put_escape(struct translation *t)
{
    char c = *t->at++;
    bool inside = t->depth > 0;

    if (c == 's' || (c == 'S' && !inside))
        put_class(t, SPACE, c == 'S');
    else if (c == 'w' || (c == 'W' && !inside))
        put_class(t, WORD, c == 'W');
    else if (c == 'h' || (c == 'H' && !inside))
        put_class(t, HEX, c == 'H');
    else if (c == 'p' || c == 'P')
        put_property(t, c);
    else {
        put(t, "\\", 1);
        put(t, &c, 1);
        if (c == 'x' && t->at < t->end && *t->at == '{') /* \x{2581}: its brace begins no interval */
            put_through(t, '}');
    }
}

/* "x{1,3}+": an empty group keeps PCRE2 from reading a possessive quantifier, but
 * would not repeat; such a pattern is rare enough to be read as "x{1,3}" greedy. */
static void put_interval(struct translation *t)
{
    const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));
    size_t n = close ? (size_t)(close - t->at) : 0;

    put(t, "{", 1);
    if (!close || strspn(t->at, "0123456789,") < n)
        return;
    put(t, t->at, n + 1);
    t->at = close + 1;
    if (t->at < t->end && *t->at == '+')
        t->at++;
}

static void put_bracket(struct translation *t, char c)
{
    bool is_posix = c == '[' && t->depth > 0 && t->at < t->end && *t->at == ':';

    put(t, &c, 1);
    if (is_posix) {
        const char *close = memmem(t->at, (size_t)(t->end - t->at), ":]", 2);
        size_t n = close ? (size_t)(close - t->at) + 2 : 0;
        put(t, t->at, n);
        t->at += n;
    } else if (c == '[') {
        t->depth++;
        if (t->at < t->end && *t->at == '^')
            put(t, t->at++, 1);
        if (t->at < t->end && *t->at == ']') /* a first one is literal */
            put(t, t->at++, 1);
    } else if (t->depth > 0)
        t->depth--;
}

void pattern_translate(struct bytes *out, const char *source, size_t n)
{
    struct translation t = {.out = out, .at = source, .end = source + n};

    while (t.at < t.end) {
        char c = *t.at++;
        if (c == '\\' && t.at < t.end)
            put_escape(&t);
        else if ((c == '[' && (t.depth == 0 || (t.at < t.end && *t.at == ':'))) || c == ']')
            put_bracket(&t, c);
        else if (c == '{' && t.depth == 0)
            put_interval(&t);
        else
            put(&t, &c, 1);
    }
}
