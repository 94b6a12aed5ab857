/* Sorting values: a merge sort, so that equal ones keep their order. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/jinja_filters.h"
#include "text/jinja_strings.h"

struct sort_item {
    struct jinja_value key, item;
};

/* -1 with an error if the keys have no order; *before: b goes before a. */
static int goes_before(struct jinja_run *run, struct jinja_value a, struct jinja_value b, bool reverse, bool *before)
{
    int order;

    if (jinja_compare(a, b, &order, run->err))
        return -1;
    *before = reverse ? order < 0 : order > 0;
    return 0;
}

static int merge(struct jinja_run *run, const struct sort_item *from, struct sort_item *to, size_t left, size_t middle,
                 size_t right, bool reverse)
{
    size_t i = left, k = middle;

    for (size_t at = left; at < right; at++) {
        bool second = i == middle;
        if (!second && k < right && goes_before(run, from[i].key, from[k].key, reverse, &second))
            return -1;
        to[at] = second ? from[k++] : from[i++];
    }
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int sort_items(struct jinja_run *run, struct sort_item *items, size_t n, bool reverse)
{
    struct sort_item *spare = xcalloc(n, sizeof *spare), *from = items, *to = spare;
    int rc = 0;

    for (size_t width = 1; width < n && !rc; width *= 2) {
        for (size_t left = 0; left < n && !rc; left += 2 * width)
            rc = merge(run, from, to, left, least(left + width, n), least(left + 2 * width, n), reverse);
        struct sort_item *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
    free(spare);
    return rc;
}

static int read_key(struct jinja_run *run, struct sort_item *item, const struct jinja_value *attribute,
                    bool case_sensitive)
{
    item->key = item->item;
    if (attribute && attribute->kind != JINJA_NONE && jinja_get_path(run, item->item, *attribute, &item->key))
        return -1;
    if (item->key.kind == JINJA_STRING && !case_sensitive)
        item->key = jinja_change_case(run, item->key.string, CASE_LOWER);
    return 0;
}

int jinja_sort(struct jinja_run *run, struct jinja_value items, const struct jinja_value *attribute,
               bool case_sensitive, bool reverse, struct jinja_value *result)
{
    struct jinja_value list;

    if (jinja_iterate(run->arena, items, &list, run->err))
        return -1;
    size_t n = list.list->n;
    struct sort_item *sorted = xcalloc(n, sizeof *sorted);
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        sorted[i].item = list.list->items[i];
        rc = read_key(run, &sorted[i], attribute, case_sensitive);
    }
    rc = rc ? rc : sort_items(run, sorted, n, reverse);
    *result = jinja_list(run->arena, JINJA_LIST);
    for (size_t i = 0; i < n && !rc; i++)
        jinja_append(run->arena, *result, sorted[i].item);
    free(sorted);
    return rc;
}
