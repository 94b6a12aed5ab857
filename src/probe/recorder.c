/* Columns of all tokens of a sample at one layer fill up as rows are shown; when the
 * last site has shown the last token, the layer's record is made and the columns are
 * released, so that a single stage holds one layer at a time. */
#include "probe/recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "probe/distribution.h"
#include "probe/reference.h"
#include "probe/select.h"

/* One (sample, layer) under way. */
struct column_set {
    float *values;  /* (n_columns, n_tokens) */
    float *alpha;   /* (n_heads, n_tokens) sink scores */
    float *learned; /* (n_heads), NULL where the family has no learned sinks */
    struct reference_set *references;
};

struct recorder {
    int n_layers, n_heads;       /* of the model */
    struct recorder_settings settings;
    struct recorder_sample *samples;
    int32_t **control;           /* (n_samples) control positions */
    int *n_control;              /* (n_samples) */
    const struct kernel *kernel;
    struct tap tap;
    int n_records;               /* a sample: layers of the range, and the final row */
    struct column_set *sets;     /* (n_samples, n_records) */
    struct layer_record *records; /* (n_samples, n_records) */
    bool *finished;              /* (n_samples, n_records) */
    struct error failure;        /* the first; a tap cannot return one */
};

/* What a site measures of each row; N_QUANTITIES: nothing. */
struct site_info {
    enum quantity norm;   /* l2 norm */
    enum quantity cosine; /* to the candidates' rows at this site */
};

static const struct site_info sites[N_TAP_SITES] = {
    [TAP_KEY] = {QUANTITY_KEY_NORM, N_QUANTITIES},
    [TAP_VALUE] = {QUANTITY_VALUE_NORM, N_QUANTITIES},
    [TAP_MLP_INPUT] = {N_QUANTITIES, QUANTITY_COS_MLP_INPUT},
    [TAP_MLP_GATE] = {N_QUANTITIES, QUANTITY_COS_MLP_GATE},
    [TAP_MLP_UP] = {N_QUANTITIES, QUANTITY_COS_MLP_UP},
    [TAP_MLP_ACT] = {N_QUANTITIES, QUANTITY_COS_MLP_ACT},
    [TAP_MLP_PRODUCT] = {N_QUANTITIES, QUANTITY_COS_MLP_PRODUCT},
    [TAP_MLP_DOWN] = {N_QUANTITIES, QUANTITY_COS_MLP_DOWN},
    [TAP_MLP_OUTPUT] = {QUANTITY_MLP_NORM, QUANTITY_COS_MLP_MLP},
    [TAP_HIDDEN] = {QUANTITY_HIDDEN_NORM, QUANTITY_COS_PRIMARY},
    [TAP_HIDDEN_FINAL] = {QUANTITY_HIDDEN_NORM, QUANTITY_COS_PRIMARY},
};

static size_t columns_of(const struct recorder_sample *sample)
{
    return (size_t)quantity_columns(sample->n_candidates);
}

static bool is_recorded(const struct recorder *r, int layer)
{
    return layer == r->n_layers ? r->settings.final_row
                                : layer >= r->settings.layer_begin && layer < r->settings.layer_end;
}

/* The final row stands behind the range's layers. */
static size_t record_index(const struct recorder *r, int sample, int layer)
{
    return (size_t)(sample * r->n_records + layer - r->settings.layer_begin);
}

static void set_failure(struct recorder *r, const struct error *err)
{
    if (!r->failure.text[0])
        r->failure = *err;
}

static void clear_set(struct column_set *set)
{
    float_free(set->values);
    float_free(set->alpha);
    float_free(set->learned);
    reference_set_destroy(set->references);
    *set = (struct column_set){0};
}

/* The set of a (sample, layer), made when first shown; NULL after a failure. */
static struct column_set *open_set(struct recorder *r, int sample, int layer)
{
    struct column_set *set = &r->sets[record_index(r, sample, layer)];
    const struct recorder_sample *s = &r->samples[sample];
    size_t n = (size_t)s->n_tokens * columns_of(s);
    struct error err;

    if (r->failure.text[0])
        return NULL;
    if (set->values)
        return set;
    set->values = float_alloc(n, "quantities of a layer", &err);
    if (!set->values) {
        set_failure(r, &err);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        set->values[i] = NAN;
    set->references = reference_set_create(s->candidate, s->n_candidates);
    return set;
}

static float *column(const struct recorder *r, const struct column_set *set, int sample, enum quantity quantity,
                     int candidate)
{
    const struct recorder_sample *s = &r->samples[sample];
    return set->values + (size_t)quantity_column(quantity, candidate, s->n_candidates) * (size_t)s->n_tokens;
}

/* ---- rows ---- */

/* The view's rows against the candidates' rows of one site. */
struct cosine_job {
    const struct recorder *recorder;
    const struct column_set *set;
    const struct tap_rows *view;
    enum tap_site against;
    enum quantity quantity;
};

/* A candidate whose row is there. */
struct known_candidate {
    const float *row;
    double norm;
    float *out; /* (n_tokens) the cosines to it */
};

/* Rows that came before the view and waited for this candidate. */
static void earlier_cosines(const struct cosine_job *job, const struct known_candidate *candidate)
{
    for (int t = 0; t < job->view->begin; t++) {
        double norm;
        const float *row = reference_row(job->set->references, job->view->site, t, &norm);
        if (row)
            candidate->out[t] = cosine(job->recorder->kernel->dot(job->view->width, row, candidate->row), norm,
                                       candidate->norm);
    }
}

/* Candidates behind the view are not there yet: their rows will look back. */
static int find_candidates(const struct cosine_job *job, struct known_candidate known[MAX_CANDIDATES])
{
    const struct recorder_sample *s = &job->recorder->samples[job->view->sample];
    int n = 0;

    for (int k = 0; k < s->n_candidates; k++) {
        struct known_candidate *c = &known[n];
        c->row = reference_row(job->set->references, job->against, s->candidate[k], &c->norm);
        c->out = column(job->recorder, job->set, job->view->sample, job->quantity, k);
        if (!c->row)
            continue;
        if (s->candidate[k] >= job->view->begin)
            earlier_cosines(job, c);
        n++;
    }
    return n;
}

/* One row's l2 norm, and its cosines to the known candidates. */
static double measure_row(const struct cosine_job *job, int t, const struct known_candidate *known, int n_known)
{
    const struct tap_rows *view = job->view;
    const float *x = view->rows + (size_t)(t - view->begin) * view->stride, *rows[KERNEL_DOTS];
    float dots[KERNEL_DOTS];
    double norm = 0;

    for (int first = 0; first == 0 || first < n_known; first += KERNEL_DOTS) {
        int n = n_known - first < KERNEL_DOTS ? n_known - first : KERNEL_DOTS;
        for (int k = 0; k < n; k++)
            rows[k] = known[first + k].row;
        norm = sqrt((double)job->recorder->kernel->dots(view->width, x, (size_t)n, rows, dots));
        for (int k = 0; k < n; k++)
            known[first + k].out[t] = cosine(dots[k], norm, known[first + k].norm);
    }
    return norm;
}

/* norms: (n_tokens) of the sample, or NULL. */
static void measure_rows(const struct cosine_job *job, float *norms)
{
    struct known_candidate known[MAX_CANDIDATES];
    int n_known = job->quantity == N_QUANTITIES ? 0 : find_candidates(job, known);

#pragma omp parallel for schedule(static)
    for (int t = job->view->begin; t < job->view->end; t++) {
        double norm = measure_row(job, t, known, n_known);
        if (norms)
            norms[t] = (float)norm;
    }
}

static void take_massive(const struct recorder *r, const struct column_set *set, const struct tap_rows *view)
{
    float *massive = column(r, set, view->sample, QUANTITY_MASSIVE, 0);
    float *ratio = column(r, set, view->sample, QUANTITY_MASSIVE_RATIO, 0);

#pragma omp parallel for schedule(static)
    for (int t = view->begin; t < view->end; t++) {
        const float *row = view->rows + (size_t)(t - view->begin) * view->stride;
        float most = r->kernel->max_abs(view->width, row), median = median_abs(r->kernel, view->width, row);
        massive[t] = most;
        ratio[t] = median > 0 ? most / median : NAN;
    }
}

/* ---- whole layers ---- */

static void finish_layer(struct recorder *r, int sample, int layer)
{
    size_t index = record_index(r, sample, layer);
    struct column_set *set = &r->sets[index];
    struct layer_columns columns = {.layer = layer, .n_tokens = r->samples[sample].n_tokens, .n_heads = r->n_heads,
                                    .sample = &r->samples[sample], .values = set->values, .alpha = set->alpha,
                                    .learned = set->learned, .control = r->control[sample],
                                    .n_control = r->n_control[sample]};
    struct error err;

    if (layer_record_build(&r->records[index], &columns, &r->settings, &err))
        set_failure(r, &err);
    r->finished[index] = true;
    clear_set(set);
}

/* The site that is shown last of a layer's. */
static bool completes(const struct tap_rows *view, int n_tokens)
{
    return (view->site == TAP_MLP_OUTPUT || view->site == TAP_HIDDEN_FINAL) && view->end == n_tokens;
}

static void see_rows(void *context, const struct tap_rows *view)
{
    struct recorder *r = context;
    const struct site_info *site = &sites[view->site];
    struct column_set *set = is_recorded(r, view->layer) ? open_set(r, view->sample, view->layer) : NULL;
    struct error err;

    if (!set)
        return;
    if (site->cosine != N_QUANTITIES && reference_keep(set->references, r->kernel, view, &err))
        set_failure(r, &err);
    measure_rows(&(struct cosine_job){r, set, view, view->site, site->cosine},
                 site->norm == N_QUANTITIES ? NULL : column(r, set, view->sample, site->norm, 0));
    if (view->site == TAP_MLP_OUTPUT)
        measure_rows(&(struct cosine_job){r, set, view, TAP_HIDDEN, QUANTITY_COS_MLP_HIDDEN}, NULL);
    if (view->site == TAP_HIDDEN)
        take_massive(r, set, view);
    if (completes(view, r->samples[view->sample].n_tokens))
        finish_layer(r, view->sample, view->layer);
}

/* alpha (n_heads, n_tokens): column sums over the number of rows that see the key. */
static void take_alpha(const struct tap_attention *view, float *alpha)
{
    size_t n = (size_t)view->n_tokens;

#pragma omp parallel for schedule(static)
    for (int h = 0; h < view->n_heads; h++)
        for (size_t t = 0; t < n; t++)
            alpha[(size_t)h * n + t] = view->column_sum[(size_t)h * view->stride + t] / (float)(n - t);
}

static void take_scores(const struct recorder *r, const struct column_set *set, const struct tap_attention *view)
{
    float *score = column(r, set, view->sample, QUANTITY_SINK_SCORE, 0);
    float *highest = column(r, set, view->sample, QUANTITY_SINK_SCORE_MAX, 0);
    float *heads = column(r, set, view->sample, QUANTITY_SINK_HEADS, 0);
    size_t n = (size_t)view->n_tokens;

    for (size_t t = 0; t < n; t++) {
        double sum = 0;
        float most = 0;
        int above = 0;
        for (int h = 0; h < view->n_heads; h++) {
            float a = set->alpha[(size_t)h * n + t];
            sum += a;
            most = a > most ? a : most;
            above += a > r->settings.epsilon;
        }
        score[t] = (float)(sum / view->n_heads);
        highest[t] = most;
        heads[t] = (float)above;
    }
}

static void see_attention(void *context, const struct tap_attention *view)
{
    struct recorder *r = context;
    struct column_set *set = is_recorded(r, view->layer) ? open_set(r, view->sample, view->layer) : NULL;
    size_t n_heads = (size_t)view->n_heads, n = (size_t)view->n_tokens;
    struct error err;

    if (!set)
        return;
    set->alpha = float_alloc(n_heads * n, "sink scores of a layer", &err);
    if (view->learned_sinks && set->alpha)
        set->learned = float_alloc(n_heads, "learned sinks of a layer", &err);
    if (!set->alpha || (view->learned_sinks && !set->learned)) {
        set_failure(r, &err);
        return;
    }
    take_alpha(view, set->alpha);
    for (size_t h = 0; set->learned && h < n_heads; h++)
        set->learned[h] = view->column_sum[h * view->stride + n] / (float)n;
    take_scores(r, set, view);
}

/* ---- life ---- */

static void draw_control(struct recorder *r)
{
    for (int s = 0; s < r->settings.n_samples; s++) {
        r->control[s] = xcalloc((size_t)r->settings.n_control, sizeof **r->control);
        r->n_control[s] = control_positions(r->samples[s].fingerprint, r->samples[s].n_tokens, r->settings.n_control,
                                            r->settings.seed, r->control[s]);
    }
}

struct recorder *recorder_create(const struct hparams *hparams, const struct recorder_settings *settings,
                                 struct error *err)
{
    struct recorder *r = xcalloc(1, sizeof *r);
    size_t n = (size_t)settings->n_samples;

    r->kernel = kernel_select(err);
    if (!r->kernel) {
        free(r);
        return NULL;
    }
    r->n_layers = hparams->n_layers;
    r->n_heads = hparams->n_heads;
    r->settings = *settings;
    r->samples = xcalloc(n, sizeof *r->samples);
    memcpy(r->samples, settings->samples, n * sizeof *r->samples);
    r->n_records = settings->layer_end - settings->layer_begin + settings->final_row;
    r->sets = xcalloc(n * (size_t)r->n_records, sizeof *r->sets);
    r->records = xcalloc(n * (size_t)r->n_records, sizeof *r->records);
    r->finished = xcalloc(n * (size_t)r->n_records, sizeof *r->finished);
    r->control = xcalloc(n, sizeof *r->control);
    r->n_control = xcalloc(n, sizeof *r->n_control);
    r->tap = (struct tap){.context = r, .see_rows = see_rows, .see_attention = see_attention};
    draw_control(r);
    return r;
}

void recorder_destroy(struct recorder *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->settings.n_samples * r->n_records; i++) {
        clear_set(&r->sets[i]);
        layer_record_clear(&r->records[i]);
    }
    for (int s = 0; s < r->settings.n_samples; s++)
        free(r->control[s]);
    free(r->control);
    free(r->n_control);
    free(r->samples);
    free(r->sets);
    free(r->records);
    free(r->finished);
    free(r);
}

const struct tap *recorder_tap(struct recorder *r)
{
    return &r->tap;
}

static void move_sample(struct recorder *r, int sample, struct sample_record *record)
{
    const struct recorder_sample *s = &r->samples[sample];
    size_t first = (size_t)(sample * r->n_records);

    record->sample = s->sample;
    record->n_tokens = s->n_tokens;
    record->n_candidates = s->n_candidates;
    memcpy(record->candidate, s->candidate, sizeof record->candidate);
    record->n_layers = r->n_records;
    record->layers = xcalloc((size_t)r->n_records, sizeof *record->layers);
    memcpy(record->layers, r->records + first, (size_t)r->n_records * sizeof *record->layers);
    memset(r->records + first, 0, (size_t)r->n_records * sizeof *r->records);
}

int recorder_finish(struct recorder *r, struct measurement *measurement, struct error *err)
{
    if (r->failure.text[0])
        return fail(err, "%s", r->failure.text);
    for (int i = 0; i < r->settings.n_samples * r->n_records; i++)
        if (!r->finished[i])
            return fail(err, "sample %d: layer %d has not seen its last token", i / r->n_records,
                        r->settings.layer_begin + i % r->n_records);
    measurement_init(measurement, r->n_heads, r->settings.n_samples);
    for (int s = 0; s < r->settings.n_samples; s++)
        move_sample(r, s, &measurement->samples[s]);
    return 0;
}
