#include "summary/summary.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/manifest.h"
#include "store/store.h"
#include "summary/gather.h"
#include "summary/summary_file.h"
#include "summary/tables.h"

const char *summary_rule_name(const struct tally *tally)
{
    return tally->imported ? "imported" : detect_rule_names[tally->rule];
}

struct tally *summary_open_model(struct summary *summary, const char *family, const char *model, uint64_t n_params,
                                 int n_layers, int n_heads, bool imported)
{
    struct summary_model *last = summary->n_models ? &summary->models[summary->n_models - 1] : NULL;

    if (last && last->tally.imported == imported && strcmp(last->tally.family, family) == 0 &&
        strcmp(last->tally.model, model) == 0)
        return &last->tally;
    summary->models = xrealloc(summary->models, (size_t)summary->n_models + 1, sizeof *summary->models);
    last = &summary->models[summary->n_models++];
    *last = (struct summary_model){0};
    tally_init(&last->tally, family, model, n_params, n_layers, n_heads, imported ? RULE_PAPER : summary->detect.rule);
    last->tally.imported = imported;
    return &last->tally;
}

/* ---- families ---- */

/* Imported labels of a model that was measured, too, would count it twice: they stand
 * in for a family only where nothing of it was measured. */
static bool measured_any(const struct summary *summary, const struct summary_family *family)
{
    for (int m = family->begin; m < family->end; m++)
        if (!summary->models[m].tally.imported)
            return true;
    return false;
}

static void compute_family(struct summary *summary, struct summary_family *family)
{
    size_t most = (size_t)(family->end - family->begin), n = 0;
    const struct tally **tallies = xcalloc(most, sizeof *tallies);
    const struct model_levels **levels = xcalloc(most, sizeof *levels);
    const struct scaling **scalings = xcalloc(most, sizeof *scalings);
    bool measured = measured_any(summary, family);

    for (int m = family->begin; m < family->end; m++) {
        const struct summary_model *model = &summary->models[m];
        if (model->tally.imported == measured)
            continue;
        tallies[n] = &model->tally;
        levels[n] = &model->levels;
        scalings[n++] = &model->scaling;
    }
    family_scaling_compute(&family->scaling, tallies[0]->family, tallies, levels, scalings, n, summary->seed);
    free(tallies);
    free(levels);
    free(scalings);
}

static void compute_families(struct summary *summary)
{
    summary->families = xcalloc((size_t)summary->n_models, sizeof *summary->families);
    for (int begin = 0, end; begin < summary->n_models; begin = end) {
        for (end = begin + 1; end < summary->n_models &&
                              strcmp(summary->models[begin].tally.family, summary->models[end].tally.family) == 0;
             end++)
            ;
        struct summary_family *family = &summary->families[summary->n_families++];
        *family = (struct summary_family){.begin = begin, .end = end};
        compute_family(summary, family);
    }
}

static void compute(struct summary *summary)
{
    for (int m = 0; m < summary->n_models; m++) {
        struct summary_model *model = &summary->models[m];
        model_levels_find(&model->levels, &model->tally, &summary->detect);
        scaling_compute(&model->scaling, &model->tally, &model->levels, &summary->detect, summary->seed);
    }
    compute_families(summary);
}

/* ---- all of it ---- */

static int count_records(const char *results)
{
    char *folder = xasprintf("%s/failed", results);
    DIR *dir = opendir(folder);
    int n = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        n += length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0;
    }
    if (dir)
        closedir(dir);
    free(folder);
    return n;
}

/* Records of units that nobody asks for any more (another model file, another shard) do
 * not count; without a readable list they cannot be told apart, and all do. */
static int count_failures(const struct summary_settings *settings)
{
    struct manifest manifest;
    int n = 0, n_records = count_records(settings->results);

    if (n_records == 0 || manifest_read(&manifest, settings->results, NULL) != 0)
        return n_records;
    for (int i = 0; i < manifest.n_entries + manifest.n_earlier; i++) {
        const struct manifest_entry *entry = &manifest.entries[i];
        n += (!settings->selects || settings->selects(entry->model, entry->prompt_set, false, settings->context)) &&
             store_has_failure(settings->results, entry->identity);
    }
    manifest_clear(&manifest);
    return n;
}

int summary_make(struct summary *summary, const struct summary_settings *settings, struct error *err)
{
    *summary = (struct summary){.detect = settings->detect, .seed = settings->seed};
    if (gather(summary, settings, err) == 0) {
        summary->n_failed = count_failures(settings);
        compute(summary);
        if (tables_write_levels(summary, settings->results, err) == 0 &&
            tables_write_scaling(summary, settings->results, err) == 0 &&
            summary_file_write(summary, settings, err) == 0)
            return 0;
    }
    summary_clear(summary);
    return -1;
}

void summary_clear(struct summary *summary)
{
    for (int m = 0; m < summary->n_models; m++) {
        tally_clear(&summary->models[m].tally);
        model_levels_clear(&summary->models[m].levels);
    }
    free(summary->models);
    free(summary->families);
    *summary = (struct summary){0};
}
