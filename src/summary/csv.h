/* Comma-separated values as RFC 4180 has them, with "\n" line ends: written a cell at
 * a time, read whole. */
#ifndef SINKGRID_SUMMARY_CSV_H
#define SINKGRID_SUMMARY_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Initialize with the stream; errors show in it. */
struct csv {
    FILE *stream;
    bool started; /* a cell of the present row is written */
};

void csv_text(struct csv *csv, const char *text); /* NULL: an empty cell; quoted where it must be */
void csv_int(struct csv *csv, long long value);
void csv_number(struct csv *csv, double value); /* 9 significant digits; empty if missing (NaN) */
void csv_end(struct csv *csv);
void csv_header(struct csv *csv, const char *names); /* "family,model,...", as it stands */

/* A file in memory. Cells are texts; the first row names the columns. */
struct csv_table {
    char *text;   /* the file, cut into cells */
    char **cells; /* (n_rows + 1, n_columns), the header first */
    size_t n_rows, n_columns;
};

/* Fails, naming file and line, on rows of another length and on open quotes. */
int csv_read(struct csv_table *table, const char *path, struct error *err);
void csv_table_clear(struct csv_table *table);

/* Index of a column, -1 if there is none of that name. */
int csv_column(const struct csv_table *table, const char *name);
const char *csv_cell(const struct csv_table *table, size_t row, int column);   /* "" for column -1 */
double csv_cell_number(const struct csv_table *table, size_t row, int column); /* missing: NaN */
int csv_cell_int(const struct csv_table *table, size_t row, int column, int missing);

#endif
