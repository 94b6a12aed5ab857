#include "summary/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "summary/csv.h"
#include "summary/sinks.h"

/* ---- one sinks.csv ---- */

struct row {
    const char *model, *prompt_set, *kind;             /* borrowed from the table */
    int sample, position, token_id, l_start, lifetime; /* -1: missing */
    double sink_score;
};

struct side {
    struct csv_table table;
    struct row *rows; /* by model, prompt set, sample, position */
    size_t n;
};

enum column {
    MODEL,
    PROMPT_SET,
    SAMPLE,
    POSITION,
    TOKEN_ID,
    KIND,
    L_START,
    LIFETIME,
    KIND_RELATIVE,
    L_START_RELATIVE,
    LIFETIME_RELATIVE,
    SINK_SCORE,
    N_COLUMNS
};

static const char *const column_names[N_COLUMNS] = {
    "model",   "prompt_set", "sample",        "position",         "token_id",          "kind",
    "l_start", "lifetime",   "kind_relative", "l_start_relative", "lifetime_relative", "sink_score"};

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int by_model = strcmp(x->model, y->model), by_set = strcmp(x->prompt_set, y->prompt_set);

    if (by_model || by_set)
        return by_model ? by_model : by_set;
    if (x->sample != y->sample)
        return x->sample < y->sample ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

static void read_row(struct row *row, const struct csv_table *table, size_t r, const int *columns,
                     enum detect_rule rule)
{
    bool relative = rule == RULE_RELATIVE && *csv_cell(table, r, columns[KIND_RELATIVE]);

    *row = (struct row){
        .model = csv_cell(table, r, columns[MODEL]),
        .prompt_set = csv_cell(table, r, columns[PROMPT_SET]),
        .kind = csv_cell(table, r, columns[relative ? KIND_RELATIVE : KIND]),
        .sample = csv_cell_int(table, r, columns[SAMPLE], -1),
        .position = csv_cell_int(table, r, columns[POSITION], -1),
        .token_id = csv_cell_int(table, r, columns[TOKEN_ID], -1),
        .l_start = csv_cell_int(table, r, columns[relative ? L_START_RELATIVE : L_START], -1),
        .lifetime = csv_cell_int(table, r, columns[relative ? LIFETIME_RELATIVE : LIFETIME], -1),
        .sink_score = csv_cell_number(table, r, columns[SINK_SCORE]),
    };
}

static int read_side(struct side *side, const char *results, enum detect_rule rule, struct error *err)
{
    char *path = xasprintf("%s/sinks.csv", results);
    int columns[N_COLUMNS], rc = csv_read(&side->table, path, err);

    for (int c = 0; c < N_COLUMNS && rc == 0; c++) {
        columns[c] = csv_column(&side->table, column_names[c]);
        if (columns[c] < 0)
            rc = fail(err, "%s: no column \"%s\"", path, column_names[c]);
    }
    free(path);
    if (rc)
        return -1;
    side->n = side->table.n_rows;
    side->rows = xcalloc(side->n, sizeof *side->rows);
    for (size_t r = 0; r < side->n; r++)
        read_row(&side->rows[r], &side->table, r, columns, rule);
    if (side->n)
        qsort(side->rows, side->n, sizeof *side->rows, compare_rows);
    return 0;
}

static void side_clear(struct side *side)
{
    csv_table_clear(&side->table);
    free(side->rows);
}

/* ---- pairs of names ---- */

/* Rows [begin, end) that share a name. */
struct group {
    const char *name;
    const struct row *begin, *end;
    bool paired;
};

struct groups {
    struct group *items;
    size_t n;
};

static const char *model_of(const struct row *row)
{
    return row->model;
}

static const char *set_of(const struct row *row)
{
    return row->prompt_set;
}

static struct groups group_rows(const struct row *begin, const struct row *end,
                                const char *(*name_of)(const struct row *))
{
    struct groups groups = {0};
    size_t capacity = 0;

    for (const struct row *r = begin, *next; r < end; r = next) {
        for (next = r + 1; next < end && strcmp(name_of(next), name_of(r)) == 0; next++)
            ;
        groups.items = array_grow(groups.items, groups.n, &capacity, sizeof *groups.items);
        groups.items[groups.n++] = (struct group){name_of(r), r, next, false};
    }
    return groups;
}

static struct group *find_group(struct groups *groups, const char *name)
{
    for (size_t i = 0; i < groups->n; i++)
        if (strcmp(groups->items[i].name, name) == 0)
            return &groups->items[i];
    return NULL;
}

static struct group *only_unpaired(struct groups *groups)
{
    struct group *only = NULL;

    for (size_t i = 0; i < groups->n; i++) {
        if (groups->items[i].paired)
            continue;
        if (only)
            return NULL;
        only = &groups->items[i];
    }
    return only;
}

/* Calls visit(a, b, context) for each pair: by name, then what is left alone on both sides. */
static void each_pair(struct groups *a, struct groups *b,
                      void (*visit)(const struct group *, const struct group *, void *), void *context)
{
    for (size_t i = 0; i < a->n; i++) {
        struct group *other = find_group(b, a->items[i].name);
        if (!other)
            continue;
        a->items[i].paired = other->paired = true;
        visit(&a->items[i], other, context);
    }
    struct group *left_a = only_unpaired(a), *left_b = only_unpaired(b);
    if (left_a && left_b)
        visit(left_a, left_b, context);
}

/* ---- one pair of prompt sets ---- */

struct comparing {
    struct comparisons *all;
    size_t capacity;
    struct comparison *now;
    struct csv *csv;
    const char *model, *prompt_set; /* of A, for the rows of `csv` */
};

static bool is_kind(const struct row *row, enum sink_kind kind)
{
    return row && strcmp(row->kind, sink_kind_names[kind]) == 0;
}

static bool is_sink(const struct row *row)
{
    return is_kind(row, SINK_PRIMARY) || is_kind(row, SINK_PRIMARY_LIKE) || is_kind(row, SINK_SECONDARY);
}

static void add_difference(struct difference *d, double value)
{
    if (isnan(value))
        return;
    d->n++;
    d->n_equal += value == 0;
    d->mean += value;
    d->mean_abs += fabs(value);
    d->max_abs = fmax(d->max_abs, fabs(value));
}

static void finish_difference(struct difference *d)
{
    d->mean = d->n ? d->mean / (double)d->n : NAN;
    d->mean_abs = d->n ? d->mean_abs / (double)d->n : NAN;
    d->max_abs = d->n ? d->max_abs : NAN;
}

static void put_count(struct csv *csv, const struct row *row, int value)
{
    if (row && value >= 0)
        csv_int(csv, value);
    else
        csv_text(csv, NULL);
}

static void put_row(const struct comparing *c, const struct row *a, const struct row *b)
{
    const struct row *any = a ? a : b;
    struct csv *csv = c->csv;

    csv_text(csv, c->model);
    csv_text(csv, c->prompt_set);
    csv_int(csv, any->sample);
    put_count(csv, any, any->position);
    put_count(csv, any, any->token_id);
    csv_text(csv, a ? a->kind : NULL);
    csv_text(csv, b ? b->kind : NULL);
    put_count(csv, a, a ? a->l_start : -1);
    put_count(csv, b, b ? b->l_start : -1);
    put_count(csv, a, a ? a->lifetime : -1);
    put_count(csv, b, b ? b->lifetime : -1);
    csv_number(csv, a ? a->sink_score : (double)NAN);
    csv_number(csv, b ? b->sink_score : (double)NAN);
    csv_end(csv);
}

/* One position; a or b is NULL where its set does not list it. */
static void compare_sinks(struct comparing *c, const struct row *a, const struct row *b)
{
    struct comparison *now = c->now;
    bool in_a = is_kind(a, SINK_SECONDARY), in_b = is_kind(b, SINK_SECONDARY);

    now->secondary_a += in_a;
    now->secondary_b += in_b;
    now->secondary_both += in_a && in_b;
    if (is_sink(a) || is_sink(b)) {
        now->either++;
        now->agree += a && b && strcmp(a->kind, b->kind) == 0;
    }
    if (in_a && in_b) {
        add_difference(&now->l_start, b->l_start - a->l_start);
        add_difference(&now->lifetime, b->lifetime - a->lifetime);
        add_difference(&now->sink_score, b->sink_score - a->sink_score);
    }
    if (c->csv)
        put_row(c, a, b);
}

static const struct row *find_primary(const struct row *begin, const struct row *end)
{
    for (const struct row *r = begin; r < end; r++)
        if (is_kind(r, SINK_PRIMARY))
            return r;
    return NULL;
}

static void compare_sample(struct comparing *c, const struct row *a, const struct row *end_a, const struct row *b,
                           const struct row *end_b)
{
    const struct row *primary_a = find_primary(a, end_a), *primary_b = find_primary(b, end_b);
    struct comparison *now = c->now;

    now->n_samples++;
    now->primary_a += primary_a != NULL;
    now->primary_b += primary_b != NULL;
    if (primary_a && primary_b) {
        now->primary_both++;
        now->primary_same += primary_a->position == primary_b->position && primary_a->l_start == primary_b->l_start &&
                             primary_a->lifetime == primary_b->lifetime;
    }
    while (a < end_a || b < end_b) {
        bool take_a = a < end_a && (b == end_b || a->position <= b->position);
        bool take_b = b < end_b && (a == end_a || b->position <= a->position);
        compare_sinks(c, take_a ? a : NULL, take_b ? b : NULL);
        a += take_a;
        b += take_b;
    }
}

static const struct row *sample_end(const struct row *row, const struct row *end)
{
    const struct row *next = row;

    while (next < end && next->sample == row->sample)
        next++;
    return next;
}

static void compare_sets(const struct group *group_a, const struct group *group_b, void *context)
{
    struct comparing *c = context;
    const struct row *a = group_a->begin, *b = group_b->begin;

    c->prompt_set = group_a->name;
    while (a < group_a->end || b < group_b->end) {
        const struct row *end_a = sample_end(a, group_a->end), *end_b = sample_end(b, group_b->end);
        bool take_a = a < group_a->end && (b == group_b->end || a->sample <= b->sample);
        bool take_b = b < group_b->end && (a == group_a->end || b->sample <= a->sample);
        if (take_a && take_b)
            compare_sample(c, a, end_a, b, end_b);
        c->now->only_a += take_a && !take_b;
        c->now->only_b += take_b && !take_a;
        a = take_a ? end_a : a;
        b = take_b ? end_b : b;
    }
}

static void compare_models(const struct group *a, const struct group *b, void *context)
{
    struct comparing *c = context;
    struct groups sets_a = group_rows(a->begin, a->end, set_of), sets_b = group_rows(b->begin, b->end, set_of);

    c->all->items = array_grow(c->all->items, c->all->n, &c->capacity, sizeof *c->all->items);
    c->now = &c->all->items[c->all->n++];
    *c->now = (struct comparison){.model_a = xstrdup(a->name), .model_b = xstrdup(b->name)};
    c->model = a->name;
    each_pair(&sets_a, &sets_b, compare_sets, c);
    size_t either = c->now->secondary_a + c->now->secondary_b - c->now->secondary_both;
    c->now->jaccard = either ? (double)c->now->secondary_both / (double)either : (double)NAN;
    finish_difference(&c->now->l_start);
    finish_difference(&c->now->lifetime);
    finish_difference(&c->now->sink_score);
    free(sets_a.items);
    free(sets_b.items);
}

int compare_results(struct comparisons *comparisons, const char *a, const char *b, enum detect_rule rule, FILE *stream,
                    struct error *err)
{
    struct side side_a = {0}, side_b = {0};
    struct csv csv = {.stream = stream};
    struct comparing c = {.all = comparisons, .csv = stream ? &csv : NULL};
    int rc = -1;

    *comparisons = (struct comparisons){0};
    if (read_side(&side_a, a, rule, err) == 0 && read_side(&side_b, b, rule, err) == 0) {
        struct groups models_a = group_rows(side_a.rows, side_a.rows + side_a.n, model_of);
        struct groups models_b = group_rows(side_b.rows, side_b.rows + side_b.n, model_of);
        if (stream)
            csv_header(&csv, "model,prompt_set,sample,position,token_id,kind_a,kind_b,l_start_a,l_start_b,"
                             "lifetime_a,lifetime_b,sink_score_a,sink_score_b");
        each_pair(&models_a, &models_b, compare_models, &c);
        rc = comparisons->n ? 0 : fail(err, "%s and %s have no model in common", a, b);
        free(models_a.items);
        free(models_b.items);
    }
    side_clear(&side_a);
    side_clear(&side_b);
    return rc;
}

void comparisons_clear(struct comparisons *comparisons)
{
    for (size_t i = 0; i < comparisons->n; i++) {
        free(comparisons->items[i].model_a);
        free(comparisons->items[i].model_b);
    }
    free(comparisons->items);
    *comparisons = (struct comparisons){0};
}
