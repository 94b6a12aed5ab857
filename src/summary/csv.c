#include "summary/csv.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

enum { MAX_FILE = 1 << 30 };

static void begin_cell(struct csv *csv)
{
    if (csv->started)
        fputc(',', csv->stream);
    csv->started = true;
}

void csv_text(struct csv *csv, const char *text)
{
    begin_cell(csv);
    if (!text)
        return;
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, csv->stream);
        return;
    }
    fputc('"', csv->stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', csv->stream);
        fputc(*text, csv->stream);
    }
    fputc('"', csv->stream);
}

void csv_int(struct csv *csv, long long value)
{
    begin_cell(csv);
    fprintf(csv->stream, "%lld", value);
}

void csv_number(struct csv *csv, double value)
{
    begin_cell(csv);
    if (!isnan(value))
        fprintf(csv->stream, "%.9g", value);
}

void csv_end(struct csv *csv)
{
    fputc('\n', csv->stream);
    csv->started = false;
}

void csv_header(struct csv *csv, const char *names)
{
    fprintf(csv->stream, "%s\n", names);
}

/* ---- reading ---- */

struct parser {
    struct csv_table *table;
    const char *path;
    char *from, *to; /* cells are moved down over the quotes as they are read */
    size_t n_cells, capacity, line;
};

static void add_cell(struct parser *p, char *cell)
{
    p->table->cells = array_grow(p->table->cells, p->n_cells, &p->capacity, sizeof *p->table->cells);
    p->table->cells[p->n_cells++] = cell;
}

static int read_quoted(struct parser *p, struct error *err)
{
    size_t first = p->line;

    for (p->from++; *p->from; p->from++) {
        p->line += *p->from == '\n';
        if (*p->from == '"' && *++p->from != '"')
            return 0;
        *p->to++ = *p->from;
    }
    return fail(err, "%s:%zu: a quote is not closed", p->path, first);
}

/* A cell, and what ends it: ',', '\n' or 0. */
static int read_cell(struct parser *p, char *end, struct error *err)
{
    char *cell = p->to;

    if (*p->from == '"' && read_quoted(p, err))
        return -1;
    while (*p->from && *p->from != ',' && *p->from != '\n' && *p->from != '\r')
        *p->to++ = *p->from++;
    if (*p->from == '\r' && p->from[1] == '\n')
        p->from++;
    *end = *p->from;
    p->from += *end != '\0';
    *p->to++ = '\0'; /* never overtakes: a cell has lost its separator or its quotes */
    add_cell(p, cell);
    return 0;
}

static int read_row(struct parser *p, struct error *err)
{
    size_t before = p->n_cells;
    char end = ',';

    while (end == ',')
        if (read_cell(p, &end, err))
            return -1;
    size_t n = p->n_cells - before;
    if (before == 0)
        p->table->n_columns = n;
    else if (n != p->table->n_columns)
        return fail(err, "%s:%zu: %zu columns instead of %zu", p->path, p->line, n, p->table->n_columns);
    else
        p->table->n_rows++;
    p->line++;
    return 0;
}

int csv_read(struct csv_table *table, const char *path, struct error *err)
{
    size_t size;

    *table = (struct csv_table){.text = file_read(path, MAX_FILE, &size, err)};
    if (!table->text)
        return -1;
    struct parser p = {.table = table, .path = path, .from = table->text, .to = table->text, .line = 1};
    int rc = size ? 0 : fail(err, "%s: empty", path);
    while (rc == 0 && *p.from)
        rc = read_row(&p, err);
    if (rc)
        csv_table_clear(table);
    return rc;
}

void csv_table_clear(struct csv_table *table)
{
    free(table->text);
    free(table->cells);
    *table = (struct csv_table){0};
}

int csv_column(const struct csv_table *table, const char *name)
{
    for (size_t c = 0; c < table->n_columns; c++)
        if (strcmp(table->cells[c], name) == 0)
            return (int)c;
    return -1;
}

const char *csv_cell(const struct csv_table *table, size_t row, int column)
{
    return column < 0 ? "" : table->cells[(row + 1) * table->n_columns + (size_t)column];
}

double csv_cell_number(const struct csv_table *table, size_t row, int column)
{
    const char *text = csv_cell(table, row, column);
    char *end;
    double value = strtod(text, &end);

    return end == text || *end ? NAN : value;
}

int csv_cell_int(const struct csv_table *table, size_t row, int column, int missing)
{
    const char *text = csv_cell(table, row, column);
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    return end == text || *end || errno || value < INT_MIN || value > INT_MAX ? missing : (int)value;
}
