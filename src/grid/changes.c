#include "grid/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *const change_texts[N_CHANGE_REASONS] = {
    "the model's files",
    "the prompts' token ids",
    "the settings of the measurement",
};

static int compare_ints(int a, int b)
{
    return (a > b) - (a < b);
}

/* By what a pipeline is about, whatever its identity. */
static int compare_subjects(const void *a, const void *b)
{
    const struct manifest_entry *x = *(const struct manifest_entry *const *)a;
    const struct manifest_entry *y = *(const struct manifest_entry *const *)b;
    int order = strcmp(x->model, y->model);

    if (order == 0)
        order = strcmp(x->prompt_set, y->prompt_set);
    if (order == 0)
        order = compare_ints(x->sample_begin, y->sample_begin);
    if (order == 0)
        order = compare_ints(x->sample_end, y->sample_end);
    if (order == 0)
        order = compare_ints(x->layer_begin, y->layer_begin);
    return order ? order : compare_ints(x->layer_end, y->layer_end);
}

const struct manifest_entry **changes_match(const struct manifest *before, const struct manifest *now)
{
    size_t n_before = (size_t)before->n_entries + (size_t)before->n_earlier, n = (size_t)now->n_entries;
    const struct manifest_entry **old = xcalloc(n_before, sizeof *old), **matches = xcalloc(n, sizeof *matches);

    for (size_t i = 0; i < n_before; i++)
        old[i] = &before->entries[i];
    if (n_before > 0)
        qsort(old, n_before, sizeof *old, compare_subjects);
    for (size_t i = 0; i < n && n_before > 0; i++) {
        const struct manifest_entry *entry = &now->entries[i];
        const struct manifest_entry *const *match = bsearch(&entry, old, n_before, sizeof *old, compare_subjects);
        matches[i] = match ? *match : NULL;
    }
    free(old);
    return matches;
}

static enum change_reason reason_of(const struct manifest_entry *before, const struct manifest_entry *now)
{
    if (strcmp(before->model_fingerprint, now->model_fingerprint) != 0)
        return CHANGE_MODEL;
    if (strcmp(before->samples_fingerprint, now->samples_fingerprint) != 0)
        return CHANGE_PROMPTS;
    return CHANGE_SETTINGS;
}

/* Pipelines of one job follow each other, so the change to add to is among the last few. */
static void count(struct change *changes, int *n, const struct manifest_entry *entry, enum change_reason reason)
{
    for (int i = *n - 1; i >= 0 && i >= *n - N_CHANGE_REASONS; i--)
        if (changes[i].reason == reason && strcmp(changes[i].entry->model, entry->model) == 0 &&
            strcmp(changes[i].entry->prompt_set, entry->prompt_set) == 0) {
            changes[i].n_pipelines++;
            return;
        }
    changes[(*n)++] = (struct change){entry, reason, 1};
}

int changes_find(const struct manifest *before, const struct manifest *now, struct change **changes)
{
    const struct manifest_entry **matches = changes_match(before, now);
    int n = 0;

    *changes = xcalloc((size_t)now->n_entries, sizeof **changes);
    for (int i = 0; i < now->n_entries; i++) {
        const struct manifest_entry *entry = &now->entries[i];
        if (matches[i] && strcmp(matches[i]->identity, entry->identity) != 0)
            count(*changes, &n, entry, reason_of(matches[i], entry));
    }
    free(matches);
    return n;
}
