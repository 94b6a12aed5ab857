/* One text, one process: every quantity for every layer and token. */
#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/measure_input.h"
#include "command/options.h"
#include "probe/survey.h"

struct settings {
    const char *ids, *output;
    int primary; /* -1: by the rule */
    int threads, max_tokens, overflow, precision;
    struct layer_range layers;
    double epsilon;
};

enum { NO_PRIMARY = -1 };

static const struct option_row options[] = {
    {"ids", OPTION_TEXT, "FILE", offsetof(struct settings, ids), 0, 0,
     "token ids, white space between, one sample a line, instead of a text"},
    {"primary", OPTION_INT, "P", offsetof(struct settings, primary), 0, 1 << 30,
     "position of the primary sink (default: the candidate 0 or 1 of greater mean norm)"},
    {"layers", OPTION_RANGE, "A:B", offsetof(struct settings, layers), 0, 0, "only layers A ... B - 1"},
    {"threads", OPTION_INT, "N", offsetof(struct settings, threads), 1, 4096, "threads (default: all cores)"},
    {"max-tokens", OPTION_INT, "N", offsetof(struct settings, max_tokens), 1, 1 << 30,
     "keep the first N tokens of a sample (default: the model's positions)"},
    {"overflow", OPTION_CHOICE, "truncate|error|extend", offsetof(struct settings, overflow), 0, 0,
     "what to do with longer samples; extend allows positions beyond the model's"},
    {"epsilon", OPTION_DOUBLE, "X", offsetof(struct settings, epsilon), 0, 1, "threshold of sink_heads (default 0.3)"},
    {"precision", OPTION_CHOICE, "float32|bfloat16", offsetof(struct settings, precision), 0, 0,
     "of the forward pass; bfloat16 rounds float32 results where the reference's does"},
    {"output", OPTION_TEXT, "FILE", offsetof(struct settings, output), 0, 0, "instead of standard output"},
    {0},
};

/* ---- lengths ---- */

static int limit_of(const struct settings *settings, const struct hparams *hparams)
{
    int limit = settings->max_tokens > 0 ? settings->max_tokens : hparams->n_positions;

    if (settings->overflow == OVERFLOW_EXTEND)
        return settings->max_tokens > 0 ? settings->max_tokens : INT32_MAX;
    return limit < hparams->n_positions ? limit : hparams->n_positions;
}

static int limit_lengths(const struct settings *settings, const struct hparams *hparams, struct id_lists *lists,
                         struct error *err)
{
    int limit = limit_of(settings, hparams);

    for (int s = 0; s < lists->n; s++) {
        if (lists->n_tokens[s] <= limit)
            continue;
        if (settings->overflow == OVERFLOW_ERROR)
            return fail(err, "sample %d has %d tokens, more than %d", s, lists->n_tokens[s], limit);
        log_warning("sample %d: the first %d of %d tokens are kept", s, limit, lists->n_tokens[s]);
        lists->n_tokens[s] = limit;
    }
    return 0;
}

/* ---- the primary ---- */

static void set_candidates(const struct settings *settings, struct recorder_sample *sample)
{
    if (settings->primary != NO_PRIMARY) {
        sample->candidate[0] = settings->primary;
        sample->n_candidates = 1;
        return;
    }
    sample->n_candidates = sample->n_tokens < 2 ? sample->n_tokens : 2;
    for (int c = 0; c < sample->n_candidates; c++)
        sample->candidate[c] = c;
}

/* Mean over layers of a position's hidden norm, the last one after the final norm. */
static double mean_norm(const struct sample_record *sample, int position)
{
    int n_columns = quantity_columns(sample->n_candidates), n = sample->n_layers;
    double sum = 0;

    for (int l = 0; l < n; l++) /* a full record has a row a position */
        sum += sample->layers[l].values[position * n_columns + QUANTITY_HIDDEN_NORM];
    if (n > 1 && !sample->layers[n - 1].alpha) { /* the final row replaces the last layer's */
        sum -= sample->layers[n - 2].values[position * n_columns + QUANTITY_HIDDEN_NORM];
        n--;
    }
    return sum / n;
}

static int choose_primary(const struct sample_record *sample)
{
    int best = 0;

    for (int c = 1; c < sample->n_candidates; c++)
        if (mean_norm(sample, sample->candidate[c]) > mean_norm(sample, sample->candidate[best]))
            best = c;
    return best;
}

/* ---- output ---- */

static void print_header(FILE *out)
{
    fputs("sample,layer,position,token_id", out);
    for (int q = 0; q < N_QUANTITIES; q++)
        fprintf(out, ",%s", quantity_table[q].name);
    fputs(",learned_sink\n", out);
}

static void print_value(FILE *out, double value)
{
    if (isnan(value))
        fputc(',', out);
    else
        fprintf(out, ",%.9g", value);
}

static double mean_learned(const struct layer_record *layer, int n_heads)
{
    double sum = 0;

    if (!layer->learned_sink)
        return NAN;
    for (int h = 0; h < n_heads; h++)
        sum += layer->learned_sink[h];
    return sum / n_heads;
}

static void print_layer(FILE *out, const struct sample_record *sample, const struct layer_record *layer,
                        const int32_t *ids, int primary, int n_heads, int n_layers)
{
    int n_columns = quantity_columns(sample->n_candidates);
    double learned = mean_learned(layer, n_heads);

    for (int r = 0; r < layer->n_rows; r++) {
        const float *values = layer->values + r * n_columns;
        fprintf(out, "%d,", sample->sample);
        if (layer->layer == n_layers)
            fputs("final", out);
        else
            fprintf(out, "%d", layer->layer);
        fprintf(out, ",%d,%d", layer->position[r], ids[layer->position[r]]);
        for (int q = 0; q < N_QUANTITIES; q++) {
            int candidate = quantity_table[q].relative ? primary : 0;
            print_value(out, values[quantity_column((enum quantity)q, candidate, sample->n_candidates)]);
        }
        print_value(out, learned);
        fputc('\n', out);
    }
}

static int print_measurement(const char *path, const struct measurement *m, const struct id_lists *lists, int n_layers,
                             struct error *err)
{
    FILE *out = path ? fopen(path, "w") : stdout;

    if (!out)
        return fail(err, "%s: %s", path, strerror(errno));
    print_header(out);
    for (int s = 0; s < m->n_samples; s++) {
        const struct sample_record *sample = &m->samples[s];
        int primary = choose_primary(sample);
        for (int l = 0; l < sample->n_layers; l++)
            print_layer(out, sample, &sample->layers[l], lists->ids[s], primary, m->n_heads, n_layers);
    }
    int bad = fflush(out) != 0 || ferror(out);
    if (path)
        bad |= fclose(out) != 0;
    return bad ? fail(err, "%s: %s", path ? path : "standard output", strerror(errno)) : 0;
}

/* ---- the command ---- */

static int measure_lists(const struct settings *settings, const struct model *model, struct id_lists *lists,
                         struct error *err)
{
    const struct hparams *p = &model->hparams;
    struct recorder_sample *samples = xcalloc((size_t)lists->n, sizeof *samples);
    struct survey survey = {.model = model, .layer_begin = settings->layers.begin,
                            .layer_end = settings->layers.end ? settings->layers.end : p->n_layers,
                            .ids = (const int32_t *const *)lists->ids, .allow_nonfinite = true,
                            .precision = (enum precision)settings->precision,
                            .record = {.samples = samples, .n_samples = lists->n, .record_full = true,
                                       .record_cosine = 0.5, .norm_ratio = 3, .epsilon = settings->epsilon}};
    struct measurement measurement = {0};
    int rc = -1;

    for (int s = 0; s < lists->n; s++) {
        samples[s] = (struct recorder_sample){.sample = s, .n_tokens = lists->n_tokens[s], .fingerprint = ""};
        set_candidates(settings, &samples[s]);
        if (samples[s].candidate[0] >= lists->n_tokens[s]) {
            fail(err, "--primary %d: sample %d has %d tokens", settings->primary, s, lists->n_tokens[s]);
            goto out;
        }
    }
    if (survey.layer_begin >= survey.layer_end || survey.layer_end > p->n_layers) {
        fail(err, "--layers %d:%d: the model has layers 0:%d", survey.layer_begin, survey.layer_end, p->n_layers);
        goto out;
    }
    rc = survey_run(&survey, &measurement, err);
    if (rc == 0)
        rc = print_measurement(settings->output, &measurement, lists, p->n_layers, err);
out:
    measurement_clear(&measurement);
    free(samples);
    return rc;
}

static int run_measure(int argc, char **argv)
{
    struct settings settings = {.primary = NO_PRIMARY, .epsilon = 0.3};
    struct operands operands = {.min = 1, .max = 2};
    struct id_lists lists = {0};
    struct error err = {{0}};
    int rc = -1;

    if (options_parse(&command_measure, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    if (settings.threads > 0)
        omp_set_num_threads(settings.threads);
    struct model *model = model_open(operands.items[0], false, &err);
    if (model) {
        const char *text = operands.n > 1 ? operands.items[1] : NULL;
        rc = settings.ids ? id_lists_read(&lists, settings.ids, &err) : id_lists_encode(&lists, model, text, &err);
    }
    if (rc == 0)
        rc = limit_lengths(&settings, &model->hparams, &lists, &err);
    if (rc == 0)
        rc = measure_lists(&settings, model, &lists, &err);
    if (rc)
        log_error("%s", err.text);
    id_lists_clear(&lists);
    model_close(model);
    return rc ? STATUS_USAGE : STATUS_OK;
}

const struct command command_measure = {
    .name = "measure",
    .arguments = "MODEL [FILE]",
    .summary = "one text, one process: every quantity for every layer and token, as CSV",
    .help = "The text comes from FILE or standard input. Rows: sample, layer, position; the row\n"
            "\"final\" has the hidden state after the final norm. Cosines are to the primary sink.\n"
            "\n"
            "example: sinkgrid measure SmolLM2-135M-Instruct.gguf text.txt --output text.csv\n",
    .options = options,
    .run = run_measure,
};
