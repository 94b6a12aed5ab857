#include "grid/manifest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/output.h"
#include "grid/identity.h"

static char *path_of(const char *results)
{
    return xasprintf("%s/plan.jsonl", results);
}

static void add_list(struct sha256 *hash, const struct string_list *list)
{
    sha256_update_u64(hash, (uint64_t)list->n);
    for (int i = 0; i < list->n; i++)
        sha256_update_text(hash, list->items[i]);
}

void manifest_experiment_key(const struct experiment *experiment, char key[SHA256_HEX_SIZE])
{
    struct sha256 hash;
    char *text = experiment_resolved_text(experiment);

    sha256_init(&hash);
    sha256_update_text(&hash, text);
    add_list(&hash, &experiment->only_models);
    add_list(&hash, &experiment->only_prompt_sets);
    add_list(&hash, &experiment->only_tags);
    sha256_final_hex(&hash, key);
    free(text);
}

static void hash_samples(const struct samples *samples, int begin, int end, char hex[SHA256_HEX_SIZE])
{
    struct sha256 hash;

    sha256_init(&hash);
    for (int i = begin; i < end; i++)
        sha256_update_text(&hash, samples->items[i].fingerprint);
    sha256_final_hex(&hash, hex);
}

static void add_pipeline(struct manifest *manifest, const struct plan *plan, const struct plan_pipeline *p)
{
    const struct plan_job *job = &plan->jobs[p->job];
    const struct experiment_model *model = plan->models[job->model].entry;
    struct manifest_entry *entry = &manifest->entries[manifest->n_entries++];

    *entry = (struct manifest_entry){
        .model = xstrdup(model->label),
        .family = xstrdup(model->family),
        .prompt_set = xstrdup(plan->experiment->prompt_sets[job->prompt_set].label),
        .sample_begin = p->sample_begin,
        .sample_end = p->sample_end,
        .layer_begin = p->layer_begin,
        .layer_end = p->layer_end,
        .n_stages = p->n_stages,
        .flop = p->flop,
    };
    memcpy(entry->identity, p->identity, SHA256_HEX_SIZE);
    memcpy(entry->model_fingerprint, plan->models[job->model].fingerprint, SHA256_HEX_SIZE);
    hash_samples(&job->samples, p->sample_begin, p->sample_end, entry->samples_fingerprint);
}

/* One entry a prompt set for a model that cannot be opened. */
static void add_failure(struct manifest *manifest, const struct plan *plan, const struct experiment_model *model)
{
    const struct experiment *experiment = plan->experiment;

    for (int s = 0; s < experiment->n_prompt_sets; s++) {
        if (!experiment_selects(experiment, (int)(model - experiment->models), s))
            continue;
        struct manifest_entry *entry = &manifest->entries[manifest->n_entries++];
        *entry = (struct manifest_entry){.model = xstrdup(model->label),
                                         .family = xstrdup(model->family),
                                         .prompt_set = xstrdup(experiment->prompt_sets[s].label)};
        identity_hash_pair(entry->model, entry->prompt_set, entry->identity);
        memset(entry->model_fingerprint, '0', SHA256_HEX_SIZE - 1);
        memset(entry->samples_fingerprint, '0', SHA256_HEX_SIZE - 1);
    }
}

void manifest_from_plan(struct manifest *manifest, const struct plan *plan)
{
    size_t most = (size_t)plan->n_pipelines + (size_t)plan->n_failures * (size_t)plan->experiment->n_prompt_sets;

    *manifest = (struct manifest){.entries = xcalloc(most, sizeof *manifest->entries)};
    manifest_experiment_key(plan->experiment, manifest->experiment);
    for (int i = 0; i < plan->n_pipelines; i++)
        add_pipeline(manifest, plan, &plan->pipelines[i]);
    for (int i = 0; i < plan->n_failures; i++)
        add_failure(manifest, plan, plan->failures[i].entry);
}

/* ---- earlier lists ---- */

static int compare_pairs(const void *a, const void *b)
{
    const struct manifest_entry *x = *(const struct manifest_entry *const *)a;
    const struct manifest_entry *y = *(const struct manifest_entry *const *)b;
    int order = strcmp(x->model, y->model);

    return order ? order : strcmp(x->prompt_set, y->prompt_set);
}

static struct manifest_entry copy_entry(const struct manifest_entry *from)
{
    struct manifest_entry copy = *from;

    copy.model = xstrdup(from->model);
    copy.family = xstrdup(from->family);
    copy.prompt_set = xstrdup(from->prompt_set);
    return copy;
}

void manifest_keep_earlier(struct manifest *manifest, const struct manifest *before)
{
    size_t n = (size_t)manifest->n_entries, n_before = (size_t)before->n_entries + (size_t)before->n_earlier;
    const struct manifest_entry **known = xcalloc(n, sizeof *known);

    assert(manifest->n_earlier == 0);
    manifest->entries = xrealloc(manifest->entries, n + n_before, sizeof *manifest->entries);
    for (size_t i = 0; i < n; i++)
        known[i] = &manifest->entries[i];
    if (n > 0)
        qsort(known, n, sizeof *known, compare_pairs);
    for (size_t i = 0; i < n_before; i++) {
        const struct manifest_entry *entry = &before->entries[i];
        if (n == 0 || !bsearch(&entry, known, n, sizeof *known, compare_pairs))
            manifest->entries[n + (size_t)manifest->n_earlier++] = copy_entry(entry);
    }
    free(known);
}

void manifest_clear(struct manifest *manifest)
{
    for (int i = 0; i < manifest->n_entries + manifest->n_earlier; i++) {
        free(manifest->entries[i].model);
        free(manifest->entries[i].family);
        free(manifest->entries[i].prompt_set);
    }
    free(manifest->entries);
    *manifest = (struct manifest){0};
}

/* ---- the file ---- */

static void write_line(json_t *line, FILE *out)
{
    json_dumpf(line, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(line);
}

static json_t *entry_line(const struct manifest_entry *entry)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[i,i], s:[i,i], s:i, s:f}", "identity", entry->identity, "model",
                     entry->model, "family", entry->family, "prompt_set", entry->prompt_set, "model_fingerprint",
                     entry->model_fingerprint, "samples_fingerprint", entry->samples_fingerprint, "samples",
                     entry->sample_begin, entry->sample_end, "layers", entry->layer_begin, entry->layer_end, "stages",
                     entry->n_stages, "flop", entry->flop);
}

int manifest_write(const char *results, const struct manifest *manifest, struct error *err)
{
    struct output output;
    char *path = path_of(results);
    int rc = output_open(&output, path, err);

    free(path);
    if (rc != 0)
        return -1;
    write_line(json_pack("{s:s, s:i}", "experiment", manifest->experiment, "pipelines", manifest->n_entries),
               output.stream);
    for (int i = 0; i < manifest->n_entries + manifest->n_earlier; i++)
        write_line(entry_line(&manifest->entries[i]), output.stream);
    return output_commit(&output, err);
}

/* ---- the way back ---- */

struct reader {
    struct manifest *manifest;
    size_t capacity;
    json_int_t n_stated;
};

static bool copy_key(char key[SHA256_HEX_SIZE], const char *text)
{
    if (!text || strlen(text) != SHA256_HEX_SIZE - 1)
        return false;
    memcpy(key, text, SHA256_HEX_SIZE);
    return true;
}

static int read_entry(struct reader *reader, json_t *line, struct error *err)
{
    struct manifest *manifest = reader->manifest;
    const char *identity, *model, *family, *prompt_set, *model_fingerprint, *samples_fingerprint;
    struct manifest_entry entry = {0};

    if (json_unpack(line, "{s:s, s:s, s:s, s:s, s:s, s:s, s:[i,i], s:[i,i], s:i, s:F}", "identity", &identity, "model",
                    &model, "family", &family, "prompt_set", &prompt_set, "model_fingerprint", &model_fingerprint,
                    "samples_fingerprint", &samples_fingerprint, "samples", &entry.sample_begin, &entry.sample_end,
                    "layers", &entry.layer_begin, &entry.layer_end, "stages", &entry.n_stages, "flop",
                    &entry.flop) != 0 ||
        !copy_key(entry.identity, identity) || !copy_key(entry.model_fingerprint, model_fingerprint) ||
        !copy_key(entry.samples_fingerprint, samples_fingerprint))
        return fail(err, "not a pipeline of a plan");
    entry.model = xstrdup(model);
    entry.family = xstrdup(family);
    entry.prompt_set = xstrdup(prompt_set);
    manifest->entries =
        array_grow(manifest->entries, (size_t)manifest->n_entries, &reader->capacity, sizeof *manifest->entries);
    manifest->entries[manifest->n_entries++] = entry;
    return 0;
}

static int read_line(json_t *line, size_t number, void *context, struct error *err)
{
    struct reader *reader = context;
    const char *key;

    if (number > 1)
        return read_entry(reader, line, err);
    if (json_unpack(line, "{s:s, s:I}", "experiment", &key, "pipelines", &reader->n_stated) != 0 ||
        !copy_key(reader->manifest->experiment, key))
        return fail(err, "not the head of a plan");
    return 0;
}

int manifest_read(struct manifest *manifest, const char *results, struct error *err)
{
    struct reader reader = {.manifest = manifest, .n_stated = -1};
    char *path = path_of(results);

    *manifest = (struct manifest){0};
    int rc = json_each_line(path, read_line, &reader, err);
    if (rc == 0 && (reader.n_stated < 0 || reader.n_stated > manifest->n_entries))
        rc = fail(err, "%s: %lld pipelines stated, %d there", path, (long long)reader.n_stated, manifest->n_entries);
    if (rc != 0) {
        manifest_clear(manifest);
    } else {
        manifest->n_earlier = manifest->n_entries - (int)reader.n_stated;
        manifest->n_entries = (int)reader.n_stated;
    }
    free(path);
    return rc;
}
