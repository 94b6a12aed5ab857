#include "summary/warnings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static const double median_limit = 0.5; /* DESIGN, section 4: background */
enum { PAPER_LEAST_LAYERS = 21 };

void anisotropy_find(struct anisotropy *a, const struct summary_model *model, const struct detect_settings *detect)
{
    const struct tally *tally = &model->tally;
    double worst = -1;

    *a = (struct anisotropy){0};
    for (int l = model->scaling.primary_start; l < model->scaling.primary_end; l++) {
        double median = tally_median(tally, &tally->background_median, l);
        double q99 = tally_median(tally, &tally->background_q99, l);
        if (!(q99 > detect->cosine || median > median_limit))
            continue;
        a->n_layers++;
        if (q99 > worst) {
            worst = q99;
            a->worst = l;
            a->median = median;
            a->q99 = q99;
        }
    }
}

/* A median above a half is no matter of sinks; a 99 % quantile may be, where more than one token in a
 * hundred is one. What that means for detect.cosine depends on which of them passes it. */
static const char *consequence(const struct anisotropy *a, const struct detect_settings *detect)
{
    if (a->q99 <= detect->cosine)
        return "still tells sinks from other tokens, by less than it seems";
    if (a->median <= median_limit)
        return "is passed by many tokens: many sinks, or anisotropic states";
    return "means nothing";
}

static void warn_anisotropy(FILE *text, const struct summary_model *model, const struct detect_settings *detect)
{
    int n_layers = model->scaling.primary_end - model->scaling.primary_start;
    struct anisotropy a;

    anisotropy_find(&a, model, detect);
    if (a.n_layers == 0)
        return;
    fprintf(
        text,
        "%s: %s: at layer %d half of all tokens have a |cosine| to the primary above %.3g, 1 %% above %.3g (%d of the "
        "primary's %d layers exceed the limits), so that detect.cosine = %g %s; %s\n",
        model->tally.model,
        a.median > median_limit ? "its states are anisotropic" : "many tokens are close to the primary", a.worst,
        a.median, a.q99, a.n_layers, n_layers, detect->cosine, consequence(&a, detect),
        detect->rule == RULE_PAPER ? "see rule \"relative\"" : "rule \"relative\" asks for an outstanding norm, too");
}

static void warn_shallow(FILE *text, const struct tally *tally)
{
    if (!tally->imported && tally->rule == RULE_PAPER && tally->n_layers < PAPER_LEAST_LAYERS)
        fprintf(text,
                "%s: rule \"paper\" cannot name a secondary sink in a model of %d layers (it needs %d); see rule "
                "\"relative\"\n",
                tally->model, tally->n_layers, PAPER_LEAST_LAYERS);
}

static void warn_missing(FILE *text, const struct tally *tally)
{
    for (int why = PRIMARY_FOUND + 1; why < N_NO_PRIMARY; why++)
        if (tally->why[why])
            fprintf(text, "%s: %d of %d samples have no primary sink: %s\n", tally->model, tally->why[why],
                    tally->n_samples, no_primary_texts[why]);
}

char *warnings_text(const struct summary *summary)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    for (int m = 0; stream && m < summary->n_models; m++) {
        const struct summary_model *model = &summary->models[m];
        warn_shallow(stream, &model->tally);
        warn_anisotropy(stream, model, &summary->detect);
        warn_missing(stream, &model->tally);
    }
    if (stream)
        fclose(stream);
    return text ? text : xstrdup("");
}
