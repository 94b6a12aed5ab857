#include "grid/experiment_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/nearest.h"

/* ---- values ---- */

/* Puts the line of `key`, or the file where the key is absent, before the error. */
static int fail_key(const config_t *config, const char *key, const struct setting_source *source, struct error *err)
{
    const config_setting_t *setting = config_lookup(config, key);

    if (setting)
        return setting_fail_at(setting, source, err);
    return fail_prefix(err, "%s", source->file);
}

static int check_thresholds(const struct experiment *experiment, const config_t *config,
                            const struct setting_source *source, struct error *err)
{
    if (experiment->record.rule == RECORD_FULL || experiment->detect.cosine >= experiment->record.cosine)
        return 0;
    fail(err, "\"detect.cosine\" %g is below \"record_cosine\" %g: rows in between are not recorded",
         experiment->detect.cosine, experiment->record.cosine);
    return fail_key(config, "detect.cosine", source, err);
}

static int check_stages(const struct experiment *experiment, const config_t *config,
                        const struct setting_source *source, struct error *err)
{
    const struct pipeline_settings *pipeline = &experiment->pipeline;

    if (pipeline->stages == 0 || pipeline->n_cuts == 0 || pipeline->stages == pipeline->n_cuts + 1)
        return 0;
    fail(err, "%d stages, but \"cuts\" makes %d", pipeline->stages, pipeline->n_cuts + 1);
    return fail_key(config, "pipeline.stages", source, err);
}

/* ---- names ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct entry {
    const char *label, *where; /* label first: compare_texts sees it */
};

/* Labels name files' contents and tables' rows: each is there once. */
static int check_unique(struct entry *entries, int n, const char *what, struct error *err)
{
    qsort(entries, (size_t)n, sizeof *entries, compare_texts);
    for (int i = 1; i < n; i++)
        if (strcmp(entries[i - 1].label, entries[i].label) == 0)
            return fail(err, "%s: %s \"%s\" is there twice", entries[i].where, what, entries[i].label);
    return 0;
}

static int check_labels(const struct experiment *experiment, struct error *err)
{
    int n_models = experiment->n_models, n_sets = experiment->n_prompt_sets;
    struct entry *models = xcalloc((size_t)n_models, sizeof *models);
    struct entry *sets = xcalloc((size_t)n_sets, sizeof *sets);

    for (int i = 0; i < n_models; i++)
        models[i] = (struct entry){experiment->models[i].label, experiment->models[i].where};
    for (int i = 0; i < n_sets; i++)
        sets[i] = (struct entry){experiment->prompt_sets[i].label, experiment->prompt_sets[i].where};
    int rc = check_unique(models, n_models, "model", err);
    if (rc == 0)
        rc = check_unique(sets, n_sets, "prompt set", err);
    free(models);
    free(sets);
    return rc;
}

/* All names of one kind that a filter or an option may use. */
struct names {
    const char **items;
    size_t n, capacity;
};

static void add_name(struct names *names, const char *name)
{
    names->items = array_grow(names->items, names->n, &names->capacity, sizeof *names->items);
    names->items[names->n++] = name;
}

static int check_name(const struct names *names, const char *kind, const char *name, struct error *err)
{
    if (!name)
        return 0;
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0)
            return 0;
    const char *nearest = nearest_name(name, names->items, names->n);
    if (nearest)
        return fail(err, "no %s is called \"%s\"; did you mean \"%s\"?", kind, name, nearest);
    return fail(err, "no %s is called \"%s\"", kind, name);
}

struct vocabulary {
    struct names models, families, prompt_sets, tags;
};

static void collect_names(const struct experiment *experiment, struct vocabulary *all)
{
    for (int i = 0; i < experiment->n_models; i++) {
        const struct experiment_model *model = &experiment->models[i];
        add_name(&all->models, model->name);
        add_name(&all->models, model->label);
        add_name(&all->families, model->family);
        for (int j = 0; j < model->tags.n; j++)
            add_name(&all->tags, model->tags.items[j]);
    }
    for (int i = 0; i < experiment->n_prompt_sets; i++) {
        const struct experiment_prompt_set *set = &experiment->prompt_sets[i];
        add_name(&all->prompt_sets, set->name);
        add_name(&all->prompt_sets, set->label);
        for (int j = 0; j < set->tags.n; j++)
            add_name(&all->tags, set->tags.items[j]);
    }
}

static int check_filters(const struct filter_list *list, const char *key, const struct vocabulary *all,
                         const config_t *config, const struct setting_source *source, struct error *err)
{
    for (int i = 0; i < list->n; i++) {
        const struct experiment_filter *filter = &list->items[i];
        if (check_name(&all->models, "model", filter->model, err) == 0 &&
            check_name(&all->families, "family", filter->family, err) == 0 &&
            check_name(&all->prompt_sets, "prompt set", filter->prompt_set, err) == 0 &&
            check_name(&all->tags, "tag", filter->tag, err) == 0)
            continue;
        const config_setting_t *setting = config_lookup(config, key);
        return setting_fail_at(config_setting_get_elem(setting, (unsigned)i), source, err);
    }
    return 0;
}

static int check_option(const struct string_list *list, const struct names *names, const char *option, const char *kind,
                        struct error *err)
{
    for (int i = 0; i < list->n; i++)
        if (check_name(names, kind, list->items[i], err) != 0)
            return fail_prefix(err, "%s %s", option, list->items[i]);
    return 0;
}

static int check_names(const struct experiment *experiment, const config_t *config, const struct setting_source *source,
                       struct error *err)
{
    struct vocabulary all = {0};
    int rc = -1;

    collect_names(experiment, &all);
    if (check_filters(&experiment->include, "include", &all, config, source, err) == 0 &&
        check_filters(&experiment->exclude, "exclude", &all, config, source, err) == 0 &&
        check_option(&experiment->only_models, &all.models, "--model", "model", err) == 0 &&
        check_option(&experiment->only_prompt_sets, &all.prompt_sets, "--prompt-set", "prompt set", err) == 0 &&
        check_option(&experiment->only_tags, &all.tags, "--tag", "tag", err) == 0)
        rc = 0;
    free(all.models.items);
    free(all.families.items);
    free(all.prompt_sets.items);
    free(all.tags.items);
    return rc;
}

int experiment_check_values(const struct experiment *experiment, const config_t *config,
                            const struct setting_source *source, struct error *err)
{
    if (check_thresholds(experiment, config, source, err) != 0 || check_stages(experiment, config, source, err) != 0 ||
        check_labels(experiment, err) != 0)
        return -1;
    return check_names(experiment, config, source, err);
}

/* ---- selection ---- */

static bool holds(const struct string_list *list, const char *text)
{
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

static bool names_it(const char *wanted, const char *name, const char *label)
{
    return !wanted || strcmp(wanted, name) == 0 || (label && strcmp(wanted, label) == 0);
}

static bool matches(const struct experiment_filter *filter, const struct experiment_model *model,
                    const struct experiment_prompt_set *set)
{
    return names_it(filter->model, model->name, model->label) && names_it(filter->family, model->family, NULL) &&
           names_it(filter->prompt_set, set->name, set->label) &&
           (!filter->tag || holds(&model->tags, filter->tag) || holds(&set->tags, filter->tag));
}

static bool any_matches(const struct filter_list *list, const struct experiment_model *model,
                        const struct experiment_prompt_set *set)
{
    for (int i = 0; i < list->n; i++)
        if (matches(&list->items[i], model, set))
            return true;
    return false;
}

static bool asked_for(const struct experiment *experiment, const struct experiment_model *model,
                      const struct experiment_prompt_set *set)
{
    const struct string_list *tags = &experiment->only_tags;
    bool tagged = tags->n == 0;

    for (int i = 0; i < tags->n && !tagged; i++)
        tagged = holds(&model->tags, tags->items[i]) || holds(&set->tags, tags->items[i]);
    return tagged &&
           (experiment->only_models.n == 0 || holds(&experiment->only_models, model->name) ||
            holds(&experiment->only_models, model->label)) &&
           (experiment->only_prompt_sets.n == 0 || holds(&experiment->only_prompt_sets, set->name) ||
            holds(&experiment->only_prompt_sets, set->label));
}

bool experiment_selects(const struct experiment *experiment, int model, int prompt_set)
{
    const struct experiment_model *m = &experiment->models[model];
    const struct experiment_prompt_set *s = &experiment->prompt_sets[prompt_set];

    return asked_for(experiment, m, s) && (experiment->include.n == 0 || any_matches(&experiment->include, m, s)) &&
           !any_matches(&experiment->exclude, m, s);
}

/* ---- files ---- */

static int check_file(const char *path, const char *where, const char *what, struct error *err)
{
    if (access(path, R_OK) == 0)
        return 0;
    return fail(err, "%s: %s %s: %s", where, what, path, strerror(errno));
}

static bool model_is_used(const struct experiment *experiment, int model)
{
    for (int s = 0; s < experiment->n_prompt_sets; s++)
        if (experiment_selects(experiment, model, s))
            return true;
    return false;
}

static bool prompt_set_is_used(const struct experiment *experiment, int set)
{
    for (int m = 0; m < experiment->n_models; m++)
        if (experiment_selects(experiment, m, set))
            return true;
    return false;
}

static int check_prompt_set(const struct experiment_prompt_set *set, struct error *err)
{
    bool own_template = strcmp(set->chat_template, "auto") != 0 && strcmp(set->chat_template, "none") != 0;

    if (check_file(set->path, set->where, "prompt set", err) != 0)
        return -1;
    return own_template ? check_file(set->chat_template, set->where, "template", err) : 0;
}

int experiment_check_files(const struct experiment *experiment, struct error *err)
{
    bool any = false;

    for (int m = 0; m < experiment->n_models; m++) {
        if (!model_is_used(experiment, m))
            continue;
        any = true;
        if (check_file(experiment->models[m].path, experiment->models[m].where, "model", err) != 0)
            return -1;
    }
    for (int s = 0; s < experiment->n_prompt_sets; s++)
        if (prompt_set_is_used(experiment, s) && check_prompt_set(&experiment->prompt_sets[s], err) != 0)
            return -1;
    return any ? 0 : fail(err, "%s: no pair of model and prompt set is selected", experiment->file);
}
