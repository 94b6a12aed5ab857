#include "command/batch_script.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Made by the Makefile from experiments/batch/slurm.sh and pbs.sh. */
#include "batch_templates.h"

const char batch_slurm_template[] = BATCH_SLURM;
const char batch_pbs_template[] = BATCH_PBS;

enum { MAX_VALUES = 32, MAX_NAME = 200 };

static bool begins(const char *line, size_t length, const char *prefix)
{
    return length >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

/* The value whose prefix begins this line; n if none. */
static size_t find_value(const char *line, size_t length, const struct batch_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (begins(line, length, values[i].prefix) ||
            (line[0] == '#' && length > 0 && begins(line + 1, length - 1, values[i].prefix)))
            return i;
    return n;
}

/* The first line, then the notes, then what follows the template's own introduction. */
static const char *write_notes(const char *template_text, const char *notes, FILE *out)
{
    const char *rest = strstr(template_text, "\n#\n");

    fprintf(out, "%.*s\n%s", (int)strcspn(template_text, "\n"), template_text, notes);
    return rest ? rest + 1 : template_text + strlen(template_text);
}

int batch_fill(const char *template_text, const char *notes, const struct batch_value *values, size_t n, FILE *out,
               struct error *err)
{
    int seen[MAX_VALUES] = {0};
    const char *line = write_notes(template_text, notes, out);

    for (size_t length; *line; line += length + (line[length] == '\n')) {
        length = strcspn(line, "\n");
        size_t i = find_value(line, length, values, n);
        if (i < n)
            seen[i]++;
        if (i < n && values[i].value)
            fprintf(out, "%s%s\n", values[i].prefix, values[i].value);
        else
            fprintf(out, "%.*s\n", (int)length, line);
    }
    for (size_t i = 0; i < n; i++)
        if (seen[i] != 1)
            return fail(err, "the template has %d lines \"%s\"", seen[i], values[i].prefix);
    return 0;
}

/* A quote inside is closed, written as \', and opened again. */
static void write_quoted(const char *word, FILE *out)
{
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputc('\'', out);
}

char *batch_quote(const char *const *words, size_t n)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return xstrdup("");
    for (size_t i = 0; i < n; i++) {
        if (i)
            fputc(' ', out);
        write_quoted(words[i], out);
    }
    fclose(out);
    return text;
}

char *batch_name(const char *text)
{
    const char *first = text[0] && !isalnum((unsigned char)text[0]) ? "x" : "";
    char *name = xasprintf("%s%.*s", first, MAX_NAME, text[0] ? text : "sinkgrid");

    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._+-", *c))
            *c = '_';
    return name;
}

char *batch_time(double seconds, int days)
{
    long total = (long)(seconds + 0.5), day = 86400;
    long n_days = days ? total / day : 0, rest = total - n_days * day;
    char *clock = xasprintf("%02ld:%02ld:%02ld", rest / 3600, rest / 60 % 60, rest % 60);
    char *text = n_days ? xasprintf("%ld-%s", n_days, clock) : xstrdup(clock);

    free(clock);
    return text;
}
