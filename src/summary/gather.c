#include "summary/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "summary/catalog.h"
#include "summary/imported.h"
#include "summary/sinks_csv.h"

/* What the walk over units and imported sets carries. */
struct walk {
    struct summary *summary;
    const struct summary_settings *settings;
    struct csv csv;
};

static void put_rows(struct walk *walk, const struct unit *unit, int sample, const struct sample_sinks *found)
{
    const struct unit_sample *tokens = &unit->samples[sample];
    struct sink_row row = {.family = unit->info.family,
                           .model = unit->info.model,
                           .prompt_set = unit->info.prompt_set,
                           .sample = tokens->sample,
                           .rule = walk->settings->detect.rule};

    for (int i = -1; i < found->n_sinks; i++) {
        const struct sink *sink = i < 0 ? &found->primary : &found->sinks[i];
        bool known = sink->position >= 0 && sink->token >= 0;
        row.position = sink->position;
        row.token_id = known ? tokens->token_id[sink->token] : -1;
        row.token = known ? tokens->token_text[sink->token] : NULL;
        row.label = sink->label;
        sinks_csv_put(&walk->csv, &row);
    }
}

/* Files that were replaced between two runs make one row of two models. */
static void note_fingerprint(struct tally *tally, const struct unit_info *info)
{
    if (!tally->fingerprint)
        tally->fingerprint = xstrdup(info->model_fingerprint);
    else if (strcmp(tally->fingerprint, info->model_fingerprint) != 0)
        log_warning("%s: unit %.12s was measured on other model files (fingerprint %.12s, not %.12s)", tally->model,
                    info->identity, info->model_fingerprint, tally->fingerprint);
}

static int add_unit(struct walk *walk, const struct catalog_unit *entry, struct error *err)
{
    const struct unit_info *info = &entry->header.info;
    struct sample_sinks found;
    struct unit unit;
    int rc = 0;

    if (store_read(&unit, entry->path, err))
        return -1;
    struct tally *tally = summary_open_model(walk->summary, info->family, info->model, info->n_params, info->n_layers,
                                             info->n_heads, false);
    note_fingerprint(tally, info);
    for (int s = 0; s < unit.measurement.n_samples && rc == 0; s++) {
        if (!entry->counts[s])
            continue;
        rc = sinks_find(&found, &unit, s, &walk->settings->detect, err);
        if (rc)
            break;
        put_rows(walk, &unit, s, &found);
        tally_add(tally, &unit, s, &found, walk->settings->detect.epsilon);
        sample_sinks_clear(&found);
    }
    unit_clear(&unit);
    return rc ? fail_prefix(err, "%s", entry->path) : 0;
}

static bool counts_at_all(const struct catalog_unit *unit)
{
    for (int i = 0; i < unit->header.n_samples; i++)
        if (unit->counts[i])
            return true;
    return false;
}

/* Whether an imported set comes before a unit in the order of the tables. */
static bool comes_first(const struct imported_set *set, const struct unit_info *info)
{
    int by_family = strcmp(set->family, info->family);

    if (by_family)
        return by_family < 0;
    if (set->n_params != info->n_params)
        return set->n_params < info->n_params;
    return strcmp(set->model, info->model) < 0;
}

/* Both lists are in the order of the tables: a merge. */
static int walk_all(struct walk *walk, const struct catalog *catalog, const struct imported_list *imported,
                    struct error *err)
{
    int u = 0, i = 0;

    while (u < catalog->n_units || i < imported->n) {
        const struct catalog_unit *unit = u < catalog->n_units ? &catalog->units[u] : NULL;
        if (unit && !counts_at_all(unit)) {
            u++;
            continue;
        }
        if (i < imported->n && (!unit || comes_first(&imported->sets[i], &unit->header.info))) {
            if (imported_gather(walk->summary, &walk->csv, &imported->sets[i++], err))
                return -1;
        } else {
            if (add_unit(walk, unit, err))
                return -1;
            walk->summary->n_units++;
            u++;
        }
    }
    return 0;
}

static bool selects_unit(const struct unit_info *info, const void *context)
{
    const struct summary_settings *settings = context;

    return !settings->selects || settings->selects(info->model, info->prompt_set, false, settings->context);
}

static int write_sinks(struct summary *summary, const struct summary_settings *settings, const struct catalog *catalog,
                       const struct imported_list *imported, struct error *err)
{
    char *path = xasprintf("%s/sinks.csv", settings->results);
    struct output output;
    int rc = output_open(&output, path, err);

    free(path);
    if (rc)
        return -1;
    struct walk walk = {.summary = summary, .settings = settings, .csv = {.stream = output.stream}};
    sinks_csv_header(&walk.csv);
    rc = walk_all(&walk, catalog, imported, err);
    if (rc == 0)
        return output_commit(&output, err);
    output_discard(&output);
    return -1;
}

int gather(struct summary *summary, const struct summary_settings *settings, struct error *err)
{
    struct imported_list imported;
    struct catalog catalog;
    int rc;

    if (catalog_read(&catalog, settings->results, selects_unit, settings, err))
        return -1;
    if (imported_list(&imported, settings, err)) {
        catalog_clear(&catalog);
        return -1;
    }
    summary->n_damaged = catalog.n_damaged;
    summary->n_repeated = catalog.n_repeated;
    if (catalog.n_repeated)
        log_warning(
            "%d samples were measured more than once, with other settings or files; those of the last run count, "
            "or else the newest (`sinkgrid clean` lists the others)",
            catalog.n_repeated);
    if (catalog.n_units == 0 && imported.n == 0)
        rc = fail(err, "%s: no finished unit that could be summarized", settings->results);
    else
        rc = write_sinks(summary, settings, &catalog, &imported, err);
    imported_list_clear(&imported);
    catalog_clear(&catalog);
    return rc;
}
