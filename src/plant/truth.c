#include "plant/truth.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/output.h"
#include "plant/model_files.h"

/* What the sublayers' noise may move a norm by, relative to the stated one. */
#define NORM_TOLERANCE 0.05

/* The rules of DESIGN section 4, for a token listed at n consecutive layers. */
static const char *kind_paper(const struct construction *c, int n)
{
    int L = c->settings.n_layers;

    return n >= L - 15 ? "primary-like" : n > 4 ? "secondary" : "noise";
}

static const char *kind_relative(const struct construction *c, int n)
{
    int s = c->end - c->start;

    return n >= 0.7 * s ? "primary-like" : n >= fmax(2, 0.1 * s) ? "secondary" : "noise";
}

/* Nothing is promised after `end`, where what the erasing MLP leaves, a percent or
 * so of the primary's norm, is not small against an ordinary state. */
static json_t *primary(const struct construction *c)
{
    json_t *norms = json_array();

    for (int layer = 0; layer < c->settings.n_layers; layer++) {
        double ordinary = construction_scale(c, layer) * sqrt(c->settings.n_embd);
        bool massive = layer >= c->start;
        json_array_append_new(
            norms, layer >= c->end ? json_null() : json_real(massive ? hypot(c->primary_norm, ordinary) : ordinary));
    }
    return json_pack("{s:i,s:i,s:i,s:f,s:o}", "position", 0, "start", c->start, "end", c->end, "mlp_norm",
                     c->primary_norm, "hidden_norm", norms);
}

static json_t *group_object(const struct construction *c, const struct planted_group *group)
{
    json_t *ids = json_array();

    for (int i = 0; i < group->n_ids; i++)
        json_array_append_new(ids, json_integer(group->ids[i]));
    return json_pack("{s:i,s:i,s:i,s:f,s:s,s:s,s:o}", "level", group->level, "l_start", group->l_start, "lifetime",
                     group->lifetime, "mlp_norm", group->norm, "kind", kind_paper(c, group->lifetime), "kind_relative",
                     kind_relative(c, group->lifetime), "token_ids", ids);
}

/* level >= 0: levels; -1: strays; -2: primary-like. */
static json_t *groups(const struct construction *c, int least, int greatest)
{
    json_t *list = json_array();

    for (int g = 0; g < c->n_groups; g++)
        if (c->groups[g].level >= least && c->groups[g].level <= greatest)
            json_array_append_new(list, group_object(c, &c->groups[g]));
    return list;
}

static json_t *levels(const struct construction *c)
{
    json_t *list = json_array();

    for (int j = 0; j < c->settings.n_levels; j++) {
        const struct plant_level *level = &c->settings.levels[j];
        json_array_append_new(list, json_pack("{s:i,s:i,s:s,s:s}", "l_start", level->l_start, "lifetime",
                                              level->lifetime, "kind", kind_paper(c, level->lifetime), "kind_relative",
                                              kind_relative(c, level->lifetime)));
    }
    return list;
}

static json_t *sinks(const struct construction *c, const struct plant_prompts *prompts)
{
    json_t *list = json_array();

    for (int i = 0; i < prompts->n; i++)
        for (int t = 1; t < prompts->samples[i].n; t++) {
            const struct planted_group *group = construction_group(c, prompts->samples[i].ids[t]);
            if (!group)
                continue;
            json_t *sink = group_object(c, group);
            json_object_del(sink, "token_ids");
            json_object_set_new(sink, "sample", json_integer(i));
            json_object_set_new(sink, "position", json_integer(t));
            json_object_set_new(sink, "token_id", json_integer(prompts->samples[i].ids[t]));
            json_array_append_new(list, sink);
        }
    return list;
}

/* One line a primary and one a sink, in the order of sinks.csv. */
static int write_table(const struct construction *c, const struct plant_prompts *prompts, const char *folder,
                       struct error *err)
{
    char *path = xasprintf("%s/planted.csv", folder);
    struct output output;
    int rc = output_open(&output, path, err), lifetime = c->end - c->start;

    free(path);
    if (rc != 0)
        return -1;
    fprintf(output.stream, "sample,position,token_id,kind,l_start,lifetime,kind_relative,l_start_relative,"
                           "lifetime_relative\n");
    for (int i = 0; i < prompts->n; i++) {
        fprintf(output.stream, "%d,0,%d,primary,%d,%d,primary,%d,%d\n", i, PLANT_BOS, c->start, lifetime, c->start,
                lifetime);
        for (int t = 1; t < prompts->samples[i].n; t++) {
            int id = prompts->samples[i].ids[t];
            const struct planted_group *group = construction_group(c, id);
            if (group)
                fprintf(output.stream, "%d,%d,%d,%s,%d,%d,%s,%d,%d\n", i, t, id, kind_paper(c, group->lifetime),
                        group->l_start, group->lifetime, kind_relative(c, group->lifetime), group->l_start,
                        group->lifetime);
        }
    }
    return output_commit(&output, err);
}

static json_t *truth(const struct construction *c, const struct plant_prompts *prompts)
{
    return json_pack("{s:i,s:i,s:f,s:b,s:f,s:o,s:o,s:o,s:o,s:o,s:{s:i,s:i,s:i},s:o}", "n_layers", c->settings.n_layers,
                     "n_embd", c->settings.n_embd, "norm_slope", c->settings.norm_slope, "weakening",
                     !c->settings.no_weakening, "norm_tolerance", NORM_TOLERANCE, "primary", primary(c), "levels",
                     levels(c), "groups", groups(c, 0, PLANT_MAX_LEVELS), "strays", groups(c, -1, -1), "primary_like",
                     groups(c, -2, -2), "position_offset", "prompts.jsonl", 0, "texts.jsonl", 0, "nobos.jsonl", -1,
                     "sinks", sinks(c, prompts));
}

int plant_write_truth(const struct construction *c, const struct plant_prompts *prompts, const char *folder,
                      struct error *err)
{
    if (plant_write_json(folder, "planted.json", truth(c, prompts), err) != 0)
        return -1;
    return write_table(c, prompts, folder, err);
}
