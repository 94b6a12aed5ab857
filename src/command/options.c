#include "command/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"

static const struct option_row no_options[] = {{0}};

static const struct option_row *rows_of(const struct command *command)
{
    return command->options ? command->options : no_options;
}

static int n_rows(const struct option_row *rows)
{
    int n = 0;

    while (rows[n].name)
        n++;
    return n;
}

/* ---- values ---- */

static int check_limits(const struct option_row *row, double value, struct error *err)
{
    bool limited = row->min < 0 || row->min > 0 || row->max > 0 || row->max < 0;

    if (limited && (value < row->min || value > row->max))
        return fail(err, "%.15g is not within %.15g and %.15g", value, row->min, row->max);
    return 0;
}

static int read_int(const struct option_row *row, const char *text, int *value, struct error *err)
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number > INT32_MAX || number < INT32_MIN)
        return fail(err, "\"%s\" is not an integer", text);
    *value = (int)number;
    return check_limits(row, (double)number, err);
}

static int read_u64(const struct option_row *row, const char *text, uint64_t *value, struct error *err)
{
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || *end || errno || strchr(text, '-'))
        return fail(err, "\"%s\" is not a non-negative integer", text);
    *value = number;
    return check_limits(row, (double)number, err);
}

static int read_double(const struct option_row *row, const char *text, double *value, struct error *err)
{
    char *end;

    *value = strtod(text, &end);
    if (end == text || *end || !isfinite(*value))
        return fail(err, "\"%s\" is not a number", text);
    return check_limits(row, *value, err);
}

static int read_choice(const struct option_row *row, const char *text, int *value, struct error *err)
{
    const char *word = row->argument;

    for (int index = 0; *word; index++) {
        size_t length = strcspn(word, "|");
        if (strlen(text) == length && strncmp(word, text, length) == 0) {
            *value = index;
            return 0;
        }
        word += length + (word[length] == '|');
    }
    return fail(err, "\"%s\" is none of %s", text, row->argument);
}

static int read_range(const char *text, struct layer_range *range, struct error *err)
{
    static const struct option_row bound = {.name = "range", .type = OPTION_INT, .min = 0, .max = INT32_MAX};
    const char *colon = strchr(text, ':');
    struct layer_range result = {0, 0};
    char begin[16] = "";

    if (!colon || (size_t)(colon - text) >= sizeof begin)
        return fail(err, "\"%s\" is not a range A:B", text);
    memcpy(begin, text, (size_t)(colon - text));
    if ((*begin && read_int(&bound, begin, &result.begin, err) != 0) ||
        (colon[1] && read_int(&bound, colon + 1, &result.end, err) != 0))
        return fail(err, "\"%s\" is not a range A:B", text);
    if (colon[1] && result.end <= result.begin)
        return fail(err, "range \"%s\" is empty", text);
    *range = result;
    return 0;
}

static int read_bytes(const char *text, uint64_t *value, struct error *err)
{
    static const char units[] = "KMGT";
    char *end;
    double number = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;

    if (end == text || !(number >= 0) || (*end && (!unit || end[1])))
        return fail(err, "\"%s\" is not a size such as 512M or 4G", text);
    if (unit)
        number = ldexp(number, 10 * (int)(unit - units + 1));
    if (number >= 0x1p63)
        return fail(err, "size \"%s\" is too large", text);
    *value = (uint64_t)number;
    return 0;
}

/* D-HH[:MM[:SS]], H:MM:SS, M:SS or seconds: each field is worth 60 of the next, days 24 hours. */
static int read_seconds(const struct option_row *row, const char *text, double *value, struct error *err)
{
    double total = 0;
    const char *at = text;
    int n_fields = 0;
    bool days = false;

    for (;; at++) {
        char *end;
        double field = strtod(at, &end);
        if (end == at || !(field >= 0) || field > 1e9 || n_fields++ > 3)
            return fail(err, "\"%s\" is not a time such as 90, 15:00 or 1-12:00:00", text);
        total += field;
        at = end;
        if (!*at)
            break;
        if (*at != ':' && !(*at == '-' && n_fields == 1))
            return fail(err, "\"%s\" is not a time such as 90, 15:00 or 1-12:00:00", text);
        days = days || *at == '-';
        total *= *at == '-' ? 24 : 60;
    }
    if (!days && n_fields > 3)
        return fail(err, "\"%s\" is not a time such as 90, 15:00 or 1-12:00:00", text);
    for (; days && n_fields < 4; n_fields++)
        total *= 60;
    *value = total;
    return check_limits(row, total, err);
}

static void append_text(struct string_list *list, const char *text)
{
    list->items = xrealloc(list->items, (size_t)list->n + 1, sizeof *list->items);
    list->items[list->n++] = xstrdup(text);
}

int option_read(const struct option_row *row, const char *text, void *settings, struct error *err)
{
    void *member = (char *)settings + row->offset;

    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return 0;
    case OPTION_INT:
        return read_int(row, text, member, err);
    case OPTION_U64:
        return read_u64(row, text, member, err);
    case OPTION_DOUBLE:
        return read_double(row, text, member, err);
    case OPTION_TEXT:
        *(const char **)member = text;
        return 0;
    case OPTION_TEXTS:
        append_text(member, text);
        return 0;
    case OPTION_CHOICE:
        return read_choice(row, text, member, err);
    case OPTION_RANGE:
        return read_range(text, member, err);
    case OPTION_BYTES:
        return read_bytes(text, member, err);
    case OPTION_SECONDS:
        return read_seconds(row, text, member, err);
    }
    return fail(err, "unknown type of option");
}

/* ---- parsing ---- */

enum { FIRST_ROW = 256 }; /* getopt's values of the rows, away from characters */

static struct option *getopt_table(const struct option_row *rows)
{
    struct option *table = xcalloc((size_t)n_rows(rows) + 1, sizeof *table);

    for (int i = 0; rows[i].name; i++) {
        table[i].name = rows[i].name;
        table[i].has_arg = rows[i].type == OPTION_FLAG ? no_argument : required_argument;
        table[i].val = FIRST_ROW + i;
    }
    return table;
}

/* What getopt's '?' or ':' means, for the error line. */
static int explain(const struct command *command, int code, const char *word, struct error *err)
{
    if (code == ':')
        return fail(err, "%s needs a value", word);
    if (optopt >= FIRST_ROW)
        return fail(err, "--%s takes no value", rows_of(command)[optopt - FIRST_ROW].name);
    if (optopt)
        return fail(err, "unknown option -%c; options are written out, --name", optopt);
    return fail(err, "unknown or ambiguous option %s", word);
}

static int parse_rows(const struct command *command, int argc, char **argv, void *settings, struct error *err)
{
    const struct option_row *rows = rows_of(command);
    struct option *table = getopt_table(rows);
    int rc = 0, code;

    optind = 0; /* glibc: start anew */
    opterr = 0;
    while (rc == 0 && (code = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (code < FIRST_ROW) {
            rc = explain(command, code, argv[optind - 1], err);
            continue;
        }
        const struct option_row *row = &rows[code - FIRST_ROW];
        if (option_read(row, optarg, settings, err) != 0)
            rc = fail_prefix(err, "--%s", row->name);
    }
    free(table);
    return rc;
}

static int take_operands(int argc, char **argv, struct operands *operands, struct error *err)
{
    operands->n = argc - optind;
    operands->items = argv + optind;
    if (operands->n < operands->min)
        return fail(err, "too few arguments");
    if (operands->max >= 0 && operands->n > operands->max)
        return fail(err, "unexpected argument \"%s\"", operands->items[operands->max]);
    return 0;
}

int options_parse(const struct command *command, int argc, char **argv, void *settings, struct operands *operands)
{
    struct error err;

    if (parse_rows(command, argc, argv, settings, &err) == 0 && take_operands(argc, argv, operands, &err) == 0)
        return 0;
    log_error("%s: %s; usage: sinkgrid %s %s (--help explains)", command->name, err.text, command->name,
              command->arguments);
    options_clear(command, settings);
    return -1;
}

void options_clear(const struct command *command, void *settings)
{
    for (const struct option_row *row = rows_of(command); row->name; row++) {
        struct string_list *list = (void *)((char *)settings + row->offset);
        if (row->type != OPTION_TEXTS)
            continue;
        for (int i = 0; i < list->n; i++)
            free(list->items[i]);
        free(list->items);
        *list = (struct string_list){0};
    }
}

/* ---- help ---- */

enum { HELP_COLUMN = 26 };

static void print_row(const struct option_row *row)
{
    char left[80];
    const char *line = row->help ? row->help : "";

    snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    printf("  %-*s", HELP_COLUMN, left);
    if (strlen(left) >= HELP_COLUMN)
        printf("\n  %-*s", HELP_COLUMN, "");
    for (;;) {
        size_t length = strcspn(line, "\n");
        printf("%.*s\n", (int)length, line);
        if (!line[length])
            break;
        line += length + 1;
        printf("  %-*s", HELP_COLUMN, "");
    }
}

void options_print_help(const struct command *command)
{
    printf("usage: sinkgrid %s %s\n\n%s.\n\n", command->name, command->arguments, command->summary);
    for (const struct option_row *row = rows_of(command); row->name; row++)
        print_row(row);
    if (rows_of(command)->name)
        printf("\n");
    printf("%s", command->help);
}
