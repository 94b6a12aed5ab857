#include "summary/report_page.h"

#include <math.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;color:#1c1c1c;"
    "background:#fff;margin:0 auto;padding:1rem;max-width:1320px;box-sizing:border-box}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:.4em 0}h2{font-size:1.35rem;margin:2.2em 0 .4em;"
    "border-bottom:2px solid #0072B2;padding-bottom:.15em}h3{font-size:1.1rem;margin:1.8em 0 .3em}\n"
    "h1,h2,h3,p,li,figcaption,pre{overflow-wrap:anywhere}th,td{overflow-wrap:break-word}td:first-child{overflow-wrap:"
    "anywhere;min-width:7em}p{max-width:75ch}\n"
    ".facts{color:#444}.warning{border-left:4px solid #D55E00;background:#fff4ec;padding:.5em .8em;margin:.6em 0}\n"
    "table{border-collapse:collapse;margin:.8em 0;font-size:.86rem;font-variant-numeric:tabular-nums;width:100%}\n"
    "caption{text-align:left;padding:.3em 0;color:#444;font-size:.9rem}\n"
    "th,td{padding:.3em .55em;text-align:right;vertical-align:top;border-bottom:1px solid #ddd}\n"
    "th{border-bottom:2px solid #888;font-weight:600;line-height:1.25}th:first-child,td:first-child{text-align:left}\n"
    "th[data-sort]{cursor:pointer}th[data-sort]:after{content:'\\a0\\2195';color:#999}\n"
    "small{color:#555;display:block;white-space:nowrap}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:1.4rem;"
    "align-items:start}\n"
    "figure{margin:0;min-width:0}figure svg{display:block;width:100%;height:auto;max-width:520px}\n"
    "figcaption{font-size:.85rem;line-height:1.4;color:#333;max-width:62ch;margin-top:.3em}\n"
    "pre{white-space:pre-wrap;font-size:.78rem;background:#f6f6f6;padding:.8em}dt{font-weight:600}dd{margin:0 0 .5em}\n"
    "nav a{margin-right:1em}a{color:#0060a0}\n"
    "@media screen and (max-width:900px){thead{display:none}table,caption,tbody,tr,td{display:block;width:auto}"
    "tr{border:1px solid #ccc;border-radius:4px;margin:.6em 0;padding:.3em .5em}"
    "td,td:first-child{border:0;text-align:right;padding:.12em 0}td:first-child{font-weight:600}"
    "td:before{content:attr(data-label);float:left;color:#555;font-weight:400;padding-right:1em}"
    "td:after{content:'';display:block;clear:both}small{white-space:normal}}\n"
    "@media print{body{font-size:10.5pt;padding:0;max-width:none}h2{break-before:auto}figure,tr{break-inside:avoid}"
    ".figures{grid-template-columns:1fr 1fr}h2,h3,caption{break-after:avoid}table{font-size:7.5pt}nav{display:none}"
    "th[data-sort]:after{content:''}details{display:none}}\n";

/* Progressive: without scripts the tables stand as they are. */
static const char script[] =
    "document.querySelectorAll('table').forEach(function(t){t.querySelectorAll('th').forEach(function(h,i){"
    "h.dataset.sort='';h.addEventListener('click',function(){var up=h.dataset.sort!=='up',b=t.tBodies[0],"
    "key=function(r){var c=r.cells[i];return 'key' in c.dataset?Number(c.dataset.key):c.textContent};"
    "Array.from(b.rows).sort(function(p,q){var x=key(p),y=key(q);"
    "if(Number.isNaN(x))return 1;if(Number.isNaN(y))return -1;"
    "return (x<y?-1:x>y?1:0)*(up?1:-1)}).forEach(function(r){b.appendChild(r)});"
    "t.querySelectorAll('th').forEach(function(o){o.dataset.sort=''});h.dataset.sort=up?'up':'down'})})});\n";

void page_begin(FILE *page, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          page);
    page_text(page, title);
    fprintf(page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
}

void page_end(FILE *page)
{
    fprintf(page, "<script>\n%s</script>\n</body>\n</html>\n", script);
}

static void put_byte(FILE *page, char byte)
{
    switch (byte) {
    case '&':
        fputs("&amp;", page);
        break;
    case '<':
        fputs("&lt;", page);
        break;
    case '>':
        fputs("&gt;", page);
        break;
    case '"':
        fputs("&quot;", page);
        break;
    case '\'':
        fputs("&#39;", page);
        break;
    default:
        if ((unsigned char)byte >= ' ' || byte == '\n' || byte == '\t')
            fputc(byte, page);
    }
}

void page_text(FILE *page, const char *text)
{
    for (; *text; text++)
        put_byte(page, *text);
}

/* ---- tables ---- */

void table_begin(struct page_table *table, FILE *page, const char *caption, const char *const *columns, int n_columns)
{
    *table = (struct page_table){page, columns, n_columns, 0};
    fputs("<table>\n<caption>", page);
    page_text(page, caption);
    fputs("</caption>\n<thead><tr>", page);
    for (int c = 0; c < n_columns; c++) {
        fputs("<th scope=\"col\">", page);
        page_text(page, columns[c]);
        fputs("</th>", page);
    }
    fputs("</tr></thead>\n<tbody>\n", page);
}

static void cell_begin(struct page_table *table)
{
    if (table->at == 0)
        fputs("<tr>", table->page);
    fputs("<td data-label=\"", table->page);
    page_text(table->page, table->columns[table->at]);
    fputc('"', table->page);
}

static void cell_end(struct page_table *table)
{
    fputs("</td>", table->page);
    table->at = (table->at + 1) % table->n_columns;
    if (table->at == 0)
        fputs("</tr>\n", table->page);
}

void table_text(struct page_table *table, const char *text)
{
    cell_begin(table);
    fputc('>', table->page);
    page_text(table->page, text);
    cell_end(table);
}

static void put_key(struct page_table *table, double key)
{
    if (isnan(key))
        fputs(" data-key=\"NaN\">", table->page);
    else
        fprintf(table->page, " data-key=\"%.9g\">", key);
}

void table_cell(struct page_table *table, double key, const char *text)
{
    cell_begin(table);
    put_key(table, key);
    page_text(table->page, isnan(key) ? "–" : text);
    cell_end(table);
}

void table_number(struct page_table *table, double value, int decimals)
{
    char text[64];

    snprintf(text, sizeof text, "%.*f", decimals, value);
    table_cell(table, value, text);
}

void table_estimate(struct page_table *table, double value, double low, double high, double n)
{
    cell_begin(table);
    put_key(table, value);
    if (isnan(value))
        fputs("–", table->page);
    else
        fprintf(table->page, "%.2f", value);
    if (!isnan(value) && !isnan(low))
        fprintf(table->page, "<small>%.2f to %.2f</small>", low, high);
    if (!isnan(value))
        fprintf(table->page, "<small>n = %.0f</small>", n);
    cell_end(table);
}

void table_end(struct page_table *table)
{
    fputs("</tbody>\n</table>\n", table->page);
}
