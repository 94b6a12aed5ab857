#include "summary/report_family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Sizes in px of the upper panel as analysis/family.gp draws it, for the names in it. */
enum { HEIGHT = 420, PANEL_WIDTH = 336, PANEL_HEIGHT = 197, LETTER = 7, LINE = 14, GAP = 6 };
static const double margin = 2.5; /* of the axis of parameters beyond the first and last, a factor */

struct point {
    const char *name;
    double params, levels, share; /* share: missing without sinks */
    double x, y;                  /* px in the upper panel */
    double left, right;           /* of the name */
    int side;                     /* of the point on which the name stands: 1 right, -1 left, 0: none */
};

static double axis_length(double least, double most)
{
    return log(most / least) + 2 * log(margin);
}

static size_t collect(struct point *points, const struct report_data *d, size_t family)
{
    size_t n = 0;

    for (size_t m = 0; m < d->n_models; m++) {
        double params = d->columns[REPORT_N_PARAMS][m];
        if (strcmp(d->model_family[m], d->family[family]) == 0 && params > 0)
            points[n++] = (struct point){.name = d->model[m],
                                         .params = params,
                                         .levels = d->columns[REPORT_N_LEVELS][m],
                                         .share = d->estimates[REPORT_LEVEL_SHARE].value[m]};
    }
    return n;
}

/* Whether a name at p, to become points[at], would lie over another point, or another's name. */
static bool collides(const struct point *p, size_t at, const struct point *points, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct point *other = &points[i];
        double left = other->side ? fmin(other->left, other->x) : other->x;
        double right = other->side ? fmax(other->right, other->x) : other->x;
        if (i != at && fabs(other->y - p->y) < LINE && left < p->right + GAP && right > p->left - GAP)
            return true;
    }
    return false;
}

static void place_name(struct point *p, int side)
{
    double length = LETTER * (double)strlen(p->name);

    p->side = side;
    p->left = side > 0 ? p->x + GAP : p->x - GAP - length;
    p->right = p->left + length;
}

/* Names stand where they fit, towards the middle first; those that do not are left out: the tables have them. */
static void place_names(struct point *points, size_t n, double least, double most, double levels)
{
    for (size_t i = 0; i < n; i++) {
        points[i].x = PANEL_WIDTH * log(points[i].params / least * margin) / axis_length(least, most);
        points[i].y = PANEL_HEIGHT * (points[i].levels + 0.4) / (levels + 1.4);
    }
    for (size_t i = 0; i < n; i++) {
        struct point trial = points[i];
        for (int turn = 0; turn < 2 && points[i].side == 0; turn++) {
            bool rightward = (trial.x < PANEL_WIDTH / 2.0) == (turn == 0);
            place_name(&trial, rightward ? 1 : -1);
            if (trial.left > -2 * LINE && trial.right < PANEL_WIDTH && !collides(&trial, i, points, n))
                points[i] = trial;
        }
    }
}

/* The name, between quotes, and the middle of it on the axis of parameters. */
static void write_point(FILE *stream, const struct point *p, double least, double most)
{
    double middle = p->side ? (p->left + p->right) / 2 : p->x;

    fprintf(stream, "%.9g %g %.6g \"", p->params, p->levels, p->share);
    for (const char *c = p->side ? p->name : ""; *c; c++)
        fputc(*c == '"' || *c == '\\' || (unsigned char)*c < ' ' ? '_' : *c, stream);
    fprintf(stream, "\" %.6g\n", least / margin * exp(middle / PANEL_WIDTH * axis_length(least, most)));
}

static int draw(struct report_figure *figure, struct point *points, size_t n, struct figure_maker *maker,
                struct error *err)
{
    FILE *stream = figure_data(maker, err);
    double least = INFINITY, most = 0, levels = 1;
    bool shares = false;

    if (!stream)
        return -1;
    for (size_t i = 0; i < n; i++) {
        least = fmin(least, points[i].params);
        most = fmax(most, points[i].params);
        levels = fmax(levels, points[i].levels);
        shares |= !isnan(points[i].share);
    }
    place_names(points, n, least, most, levels);
    for (size_t i = 0; i < n; i++)
        write_point(stream, &points[i], least, most);
    char *variables = xasprintf("least=%g; most=%g; levels=%g; shares=%d", least, most, levels, shares);
    figure->name = "family";
    figure->svg = figure_draw(maker, "family", REPORT_FIGURE_WIDTH, HEIGHT, variables, err);
    figure->caption =
        xasprintf("Sink levels against parameters: number of levels, and share of secondary sinks that "
                  "belong to one, for %zu model%s of the family%s",
                  n, n == 1 ? "" : "s", n == 1 ? "." : "; the lines pass through the mean of models of one size.");
    free(variables);
    return figure->svg ? 0 : -1;
}

int report_draw_family(struct report_figure *figure, const struct report_data *d, size_t family,
                       struct figure_maker *maker, struct error *err)
{
    struct point *points = xcalloc(d->n_models, sizeof *points);
    size_t n = collect(points, d, family);

    *figure = (struct report_figure){0};
    int rc = n ? draw(figure, points, n, maker, err) : 0;
    free(points);
    return rc;
}
