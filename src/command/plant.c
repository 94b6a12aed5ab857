/* `sinkgrid plant`: one planted model, or a family of growing sizes, with prompts,
 * the expected results and an experiment file that measures them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "command/command.h"
#include "command/options.h"
#include "plant/construction.h"
#include "plant/model_files.h"
#include "plant/prompts.h"
#include "plant/truth.h"

enum { MAX_FAMILY = PLANT_MAX_LEVELS };

struct settings {
    struct plant_settings model;
    struct plant_prompt_settings prompts;
    struct string_list levels;
    int family_size; /* 0: one model */
};

#define MODEL(member) offsetof(struct settings, model.member)
static const struct option_row options[] = {
    {"layers", OPTION_INT, "L", MODEL(n_layers), 12, 128, "layers (24); the paper's rule needs more than 20"},
    {"levels", OPTION_INT, "N", MODEL(n_levels), 0, PLANT_MAX_LEVELS, "secondary sink levels (2)"},
    {"level", OPTION_TEXTS, "START:LIFETIME", offsetof(struct settings, levels), 0, 0,
     "fix the next level's first layer and its number of layers (may be repeated)"},
    {"strays", OPTION_INT, "N", MODEL(n_strays), 0, PLANT_MAX_STRAYS,
     "secondary sinks that occur once and belong to no level (0)"},
    {"primary-like", OPTION_FLAG, NULL, MODEL(primary_like), 0, 0,
     "line breaks become sinks that live as long as the primary"},
    {"width", OPTION_INT, "D", MODEL(n_embd), PLANT_MIN_WIDTH, 4096, "residual width, a multiple of 16 (64)"},
    {"heads", OPTION_INT, "H", MODEL(n_heads), 2, 256, "query heads of at least 16 dimensions (D / 16)"},
    {"kv-heads", OPTION_INT, "K", MODEL(n_kv_heads), 1, 256, "key/value heads (H / 2)"},
    {"mlp-width", OPTION_INT, "F", MODEL(n_ff), PLANT_MIN_WIDTH, 16384, "MLP width (2 D)"},
    {"mlp-norm", OPTION_DOUBLE, "X", MODEL(norm), 3.5, 20,
     "least MLP norm of a secondary sink, relative to an ordinary state (4.5)"},
    {"mlp-norm-slope", OPTION_DOUBLE, "X", MODEL(norm_slope), -1, 1,
     "relative growth of that norm from one sink to the next longer-lived one;\n"
     "0: all alike, negative: it falls (0.15)"},
    {"attraction", OPTION_DOUBLE, "X", MODEL(attraction), 1, 20, "attention logit of the primary's key (9)"},
    {"no-weakening", OPTION_FLAG, NULL, MODEL(no_weakening), 0, 0,
     "secondary sinks draw no attention: the primary keeps its share"},
    {"noise", OPTION_DOUBLE, "X", MODEL(noise), 0.001, 0.02, "what a sublayer adds to an ordinary state (0.01)"},
    {"family-size", OPTION_INT, "N", offsetof(struct settings, family_size), 1, MAX_FAMILY,
     "plant a family: model i has i levels, 8 layers more and 32 dimensions more\n"
     "than the one before, and fewer strays"},
    {"samples", OPTION_INT, "N", offsetof(struct settings, prompts.n_samples), 1, 10000, "prompts (8)"},
    {"tokens", OPTION_INT, "N", offsetof(struct settings, prompts.n_tokens), 16, 6000, "mean length of a prompt (400)"},
    {"marks", OPTION_DOUBLE, "X", offsetof(struct settings, prompts.mark_share), 1e-4, 0.1,
     "share of the prompts' tokens that become secondary sinks in the largest model (0.006)"},
    {"seed", OPTION_U64, "N", MODEL(seed), 0, 0, "of noise and prompts (1)"},
    {0},
};

static int read_levels(struct settings *settings, struct error *err)
{
    struct plant_settings *model = &settings->model;

    if (settings->levels.n > PLANT_MAX_LEVELS)
        return fail(err, "--level: at most %d levels can be planted", PLANT_MAX_LEVELS);
    for (int i = 0; i < settings->levels.n; i++) {
        struct plant_level *level = &model->levels[i];
        char rest;
        if (sscanf(settings->levels.items[i], "%d:%d%c", &level->l_start, &level->lifetime, &rest) != 2 ||
            level->lifetime < 1)
            return fail(err, "--level: \"%s\" is not START:LIFETIME", settings->levels.items[i]);
    }
    if (model->n_levels < settings->levels.n)
        model->n_levels = settings->levels.n;
    return 0;
}

static int plant_one(const struct plant_settings *model, const struct plant_prompts *prompts, const char *folder,
                     struct error *err)
{
    struct construction construction;

    if (construction_make(&construction, model, err) != 0 || plant_write_model(&construction, folder, err) != 0 ||
        plant_write_truth(&construction, prompts, folder, err) != 0)
        return -1;
    printf("%s: %d layers, width %d, primary (%d, %d)", folder, construction.settings.n_layers,
           construction.settings.n_embd, construction.start, construction.end);
    for (int j = 0; j < construction.settings.n_levels; j++)
        printf("%s(%d, %d)", j ? ", " : ", levels (l_start, lifetime) ", construction.settings.levels[j].l_start,
               construction.settings.levels[j].lifetime);
    printf("\n");
    return 0;
}

/* ---- the experiment file ---- */

static void print_model(FILE *file, const char *name, bool last)
{
    fprintf(file, "    { name = \"%s\"; family = \"planted\"; path = \"%s\"; }%s\n",
            strcmp(name, ".") ? name : "planted", name, last ? "" : ",");
}

static int write_experiment(const char *folder, char *const *names, int n, const char *rule, struct error *err)
{
    char *path = xasprintf("%s/experiment.cfg", folder);
    struct output output;
    int rc = output_open(&output, path, err);

    free(path);
    if (rc != 0)
        return -1;
    fprintf(output.stream, "// Planted by `sinkgrid plant`; planted.json beside each model says what must be found.\n"
                           "name = \"planted\";\nresults = \"results/planted\";\nmodels = (\n");
    for (int i = 0; i < n; i++)
        print_model(output.stream, names[i], i == n - 1);
    fprintf(output.stream,
            ");\nprompt_sets = (\n"
            "    { name = \"planted\"; path = \"prompts.jsonl\"; template = \"none\"; }\n"
            ");\ndetect = { rule = \"%s\"; };\n",
            rule);
    return output_commit(&output, err);
}

/* ---- one model, or a family ---- */

static struct plant_settings member_settings(const struct settings *settings, int i)
{
    struct plant_settings model = settings->model;

    if (settings->family_size == 0)
        return model;
    model.n_layers += 8 * i;
    model.n_embd += 32 * i;
    model.n_levels = i + 1;
    model.n_strays = 2 * (settings->family_size - 1 - i);
    if (model.n_strays > PLANT_MAX_STRAYS)
        model.n_strays = PLANT_MAX_STRAYS;
    model.seed += (uint64_t)i;
    return model;
}

static int plant_all(const struct settings *settings, const char *folder, struct error *err)
{
    int n = settings->family_size ? settings->family_size : 1;
    struct plant_settings first = member_settings(settings, 0), last = member_settings(settings, n - 1);
    struct plant_prompt_settings wanted = settings->prompts;
    struct plant_prompts prompts;
    char *names[MAX_FAMILY] = {0};
    int rc;

    wanted.n_levels = last.n_levels;
    wanted.n_strays = first.n_strays;
    wanted.primary_like = first.primary_like;
    wanted.seed = settings->model.seed;
    plant_prompts_make(&prompts, &wanted);
    rc = folder_make(folder, err) != 0 ? -1 : plant_prompts_write(&prompts, folder, err);
    for (int i = 0; rc == 0 && i < n; i++) {
        struct plant_settings model = member_settings(settings, i);
        names[i] = settings->family_size ? xasprintf("planted-%d", i + 1) : xstrdup(".");
        char *path = xasprintf("%s/%s", folder, names[i]);
        rc = plant_one(&model, &prompts, settings->family_size ? path : folder, err);
        free(path);
    }
    if (rc == 0)
        rc = write_experiment(folder, names, n, first.n_layers > 20 ? "paper" : "relative", err);
    for (int i = 0; i < n; i++)
        free(names[i]);
    plant_prompts_clear(&prompts);
    return rc;
}

static int run_plant(int argc, char **argv)
{
    struct settings settings = {.model = plant_defaults,
                                .prompts = {.n_samples = 8, .n_tokens = 400, .mark_share = 0.006}};
    struct operands operands = {.min = 1, .max = 1};
    struct error err;
    int status = STATUS_USAGE;

    if (options_parse(&command_plant, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    if (read_levels(&settings, &err) != 0 || plant_all(&settings, operands.items[0], &err) != 0)
        log_error("plant: %s", err.text);
    else {
        printf("%s: prompts.jsonl, texts.jsonl, nobos.jsonl, experiment.cfg\n", operands.items[0]);
        status = STATUS_OK;
    }
    options_clear(&command_plant, &settings);
    return status;
}

const struct command command_plant = {
    .name = "plant",
    .arguments = "DIRECTORY [options]",
    .summary = "write a small model whose sinks and levels are known by construction",
    .help = "Writes a Llama model in Hugging Face's format, prompts whose marked tokens become sinks, the\n"
            "experiment that measures them (experiment.cfg) and what must be found (planted.json).\n\n"
            "example: sinkgrid plant /tmp/planted --layers 32 --levels 3 && sinkgrid run /tmp/planted/experiment.cfg\n",
    .options = options,
    .run = run_plant,
};
