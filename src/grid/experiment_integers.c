/* Settings that are lists of integers: measured layer ranges, cuts, candidates. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment.h"
#include "grid/experiment_lists.h"

static void write_integers(const int *items, int n, FILE *out)
{
    fputc('(', out);
    for (int i = 0; i < n; i++)
        fprintf(out, "%s%d", i ? ", " : "", items[i]);
    fputc(')', out);
}

/* ---- measured: (begin, end) or ((begin, end), ...) ---- */

static int read_range(const struct setting_row *row, const config_setting_t *from, struct layer_range *range,
                      struct error *err)
{
    int *items, n;

    if (setting_read_integers(row, from, &items, &n, err) != 0)
        return -1;
    *range = n == 2 ? (struct layer_range){items[0], items[1]} : (struct layer_range){0, 0};
    free(items);
    if (n != 2)
        return fail(err, "a range has a begin and an end");
    if (range->end != 0 && range->end <= range->begin)
        return fail(err, "the range (%d, %d) is empty", range->begin, range->end);
    return 0;
}

static bool holds_ranges(const config_setting_t *from)
{
    return config_setting_is_list(from) && config_setting_length(from) > 0 &&
           config_setting_is_aggregate(config_setting_get_elem(from, 0));
}

static int read_measured(const struct setting_row *row, const config_setting_t *from,
                         const struct setting_source *source, void *field, struct error *err)
{
    struct experiment *experiment = field;
    int n = holds_ranges(from) ? config_setting_length(from) : 1;
    char where[WHERE_SIZE];

    setting_where(from, source, where);
    experiment->measured_where = xstrdup(where);
    experiment->measured = xcalloc((size_t)n, sizeof *experiment->measured); /* (0, 0): all layers */
    experiment->n_measured = n;
    if (config_setting_is_aggregate(from) && config_setting_length(from) == 0)
        return 0;
    for (int i = 0; i < n; i++) {
        const config_setting_t *range = holds_ranges(from) ? config_setting_get_elem(from, (unsigned)i) : from;
        if (read_range(row, range, &experiment->measured[i], err) != 0)
            return -1;
        for (int j = 0; j < i; j++)
            if (memcmp(&experiment->measured[i], &experiment->measured[j], sizeof *experiment->measured) == 0)
                return fail(err, "the range (%d, %d) is there twice", experiment->measured[i].begin,
                            experiment->measured[i].end);
    }
    return 0;
}

static void write_measured(const struct setting_row *row, const void *field, FILE *out)
{
    const struct experiment *experiment = field;

    (void)row;
    fputc('(', out);
    for (int i = 0; i < experiment->n_measured; i++)
        fprintf(out, "%s(%d, %d)", i ? ", " : "", experiment->measured[i].begin, experiment->measured[i].end);
    fputc(')', out);
}

static void clear_measured(const struct setting_row *row, void *field)
{
    struct experiment *experiment = field;

    (void)row;
    free(experiment->measured);
    free(experiment->measured_where);
}

const struct setting_type type_measured = {
    .name = "a list of ranges", .read = read_measured, .write = write_measured, .clear = clear_measured};

/* ---- cuts ---- */

static int read_cuts(const struct setting_row *row, const config_setting_t *from, const struct setting_source *source,
                     void *field, struct error *err)
{
    struct pipeline_settings *pipeline = field;

    (void)source;
    if (setting_read_integers(row, from, &pipeline->cuts, &pipeline->n_cuts, err) != 0)
        return -1;
    if (pipeline->n_cuts >= MAX_STAGES)
        return fail(err, "more than %d stages", MAX_STAGES);
    for (int i = 1; i < pipeline->n_cuts; i++)
        if (pipeline->cuts[i] <= pipeline->cuts[i - 1])
            return fail(err, "%d after %d: cuts ascend", pipeline->cuts[i], pipeline->cuts[i - 1]);
    if (pipeline->n_cuts == 0) {
        free(pipeline->cuts);
        pipeline->cuts = NULL;
    }
    return 0;
}

static void write_cuts(const struct setting_row *row, const void *field, FILE *out)
{
    const struct pipeline_settings *pipeline = field;

    (void)row;
    write_integers(pipeline->cuts, pipeline->n_cuts, out);
}

static void clear_cuts(const struct setting_row *row, void *field)
{
    struct pipeline_settings *pipeline = field;

    (void)row;
    free(pipeline->cuts);
    pipeline->cuts = NULL;
}

const struct setting_type type_cuts = {
    .name = "a list of integers", .read = read_cuts, .write = write_cuts, .clear = clear_cuts};

/* ---- candidates ---- */

static int read_candidates(const struct setting_row *row, const config_setting_t *from,
                           const struct setting_source *source, void *field, struct error *err)
{
    struct detect_settings *detect = field;
    int *items, n;

    (void)source;
    if (setting_read_integers(row, from, &items, &n, err) != 0)
        return -1;
    if (n <= MAX_CANDIDATES)
        memcpy(detect->candidates, items, (size_t)n * sizeof *items);
    free(items);
    if (n > MAX_CANDIDATES)
        return fail(err, "more than %d positions", MAX_CANDIDATES);
    detect->n_candidates = n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (detect->candidates[i] == detect->candidates[j])
                return fail(err, "position %d is there twice", detect->candidates[i]);
    return 0;
}

static void write_candidates(const struct setting_row *row, const void *field, FILE *out)
{
    const struct detect_settings *detect = field;

    (void)row;
    write_integers(detect->candidates, detect->n_candidates, out);
}

const struct setting_type type_candidates = {
    .name = "a list of integers", .read = read_candidates, .write = write_candidates};
