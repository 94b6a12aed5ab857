#include "run/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "grid/changes.h"
#include "grid/identity.h"
#include "store/store.h"

void lineage_init(struct lineage *lineage, const char *results, const struct plan *plan)
{
    *lineage = (struct lineage){.results = results};
    if (manifest_read(&lineage->before, results, NULL) != 0)
        lineage->before = (struct manifest){0};
    manifest_from_plan(&lineage->now, plan);
    manifest_keep_earlier(&lineage->now, &lineage->before);
}

void lineage_clear(struct lineage *lineage)
{
    manifest_clear(&lineage->before);
    manifest_clear(&lineage->now);
}

static void carry(const char *results, const char *from, const char *to)
{
    struct error err;

    if (!store_has_failure(results, from) || store_has(results, to))
        return;
    char *text = store_read_failure(results, from, &err);
    if (!text || store_write_failure(results, to, text, &err) != 0)
        log_warning("%s", err.text);
    free(text);
}

/* The record of a model that could not be opened stands for all units of the pair. */
static void carry_pair(const char *results, const struct manifest_entry *entry)
{
    char pair[SHA256_HEX_SIZE];

    identity_hash_pair(entry->model, entry->prompt_set, pair);
    if (strcmp(pair, entry->identity) != 0)
        carry(results, pair, entry->identity);
}

void lineage_carry_failures(const struct lineage *lineage)
{
    const struct manifest_entry **match = changes_match(&lineage->before, &lineage->now);

    for (int i = 0; i < lineage->now.n_entries; i++) {
        const struct manifest_entry *entry = &lineage->now.entries[i];
        if (!match[i]) {
            carry_pair(lineage->results, entry);
        } else if (strcmp(match[i]->identity, entry->identity) != 0) {
            carry(lineage->results, match[i]->identity, entry->identity);
            store_clear_failure(lineage->results, match[i]->identity);
        }
    }
    free(match);
}

/* Other files, prompts or settings than in the run before mean other identities: said, for it costs time. */
static void tell_changes(const struct lineage *lineage)
{
    struct change *changes;
    int n = changes_find(&lineage->before, &lineage->now, &changes);

    for (int i = 0; i < n; i++)
        log_warning("%s, %s: %s changed since the last run: %d unit%s now, earlier results stay aside",
                    changes[i].entry->model, changes[i].entry->prompt_set, change_texts[changes[i].reason],
                    changes[i].n_pipelines, changes[i].n_pipelines == 1 ? " is another" : "s are others");
    free(changes);
}

int lineage_write(struct lineage *lineage, struct error *err)
{
    tell_changes(lineage);
    return manifest_write(lineage->results, &lineage->now, err);
}
