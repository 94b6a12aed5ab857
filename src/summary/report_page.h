/* The page's frame: style, the script that sorts tables, and text put into HTML. */
#ifndef SINKGRID_SUMMARY_REPORT_PAGE_H
#define SINKGRID_SUMMARY_REPORT_PAGE_H

#include <stdio.h>

void page_begin(FILE *page, const char *title);
void page_end(FILE *page);

/* With &, <, >, quotes and control characters made harmless. */
void page_text(FILE *page, const char *text);

/* A table: head cells, then rows of cells; each cell carries its column's name, so that
 * a narrow screen can show rows as cards. */
struct page_table {
    FILE *page;
    const char *const *columns;
    int n_columns, at;
};
void table_begin(struct page_table *table, FILE *page, const char *caption, const char *const *columns, int n_columns);
void table_text(struct page_table *table, const char *text);
/* `key` sorts; `text` is shown, "-" where missing. */
void table_cell(struct page_table *table, double key, const char *text);
void table_number(struct page_table *table, double value, int decimals);
/* "0.49", and "0.34 to 0.62, n = 52" below it. */
void table_estimate(struct page_table *table, double value, double low, double high, double n);
void table_end(struct page_table *table);

#endif
