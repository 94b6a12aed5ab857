#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/options.h"
#include "command/results.h"
#include "command/summarize.h"
#include "summary/imported.h"

struct settings {
    const char *model, *family, *results, *prompt_set;
    int layers;
    uint64_t params;
};

static const struct option_row options[] = {
    {"model", OPTION_TEXT, "NAME", offsetof(struct settings, model), 0, 0, "name of the model"},
    {"family", OPTION_TEXT, "NAME", offsetof(struct settings, family), 0, 0, "its family"},
    {"layers", OPTION_INT, "L", offsetof(struct settings, layers), 1, MAX_LAYERS, "its number of layers"},
    {"params", OPTION_U64, "N", offsetof(struct settings, params), 1, 1e18, "its number of parameters"},
    {"results", OPTION_TEXT, "DIR", offsetof(struct settings, results), 0, 0,
     "results folder: a new one, or one of a run, whose tables then hold both"},
    {"prompt-set", OPTION_TEXT, "NAME", offsetof(struct settings, prompt_set), 0, 0,
     "name of the texts (default: the file's, without .jsonl)"},
    {0},
};

/* "dir/records.jsonl" -> "records". */
static char *stem(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strlen(name);

    return xstrndup(name, n > 6 && strcmp(name + n - 6, ".jsonl") == 0 ? n - 6 : n);
}

static const char *missing_option(const struct settings *settings)
{
    return !settings->model        ? "--model"
           : !settings->family     ? "--family"
           : !settings->results    ? "--results"
           : settings->layers == 0 ? "--layers"
                                   : NULL;
}

static int store_all(const struct settings *settings, const struct operands *files, struct error *err)
{
    for (int i = 0; i < files->n; i++) {
        char *name = settings->prompt_set ? xstrdup(settings->prompt_set) : stem(files->items[i]);
        struct imported_set set = {.family = (char *)settings->family,
                                   .model = (char *)settings->model,
                                   .prompt_set = name,
                                   .n_params = settings->params,
                                   .n_layers = settings->layers};
        int rc = imported_store(settings->results, &set, files->items[i], err);
        free(name);
        if (rc)
            return -1;
    }
    return 0;
}

static int summarize(const char *results, struct error *err)
{
    struct experiment *experiment = results_open(results, NULL, err);
    int status = experiment ? summarize_experiment(experiment, false, err) : STATUS_USAGE;

    if (status == STATUS_USAGE)
        log_error("%s", err->text);
    experiment_destroy(experiment);
    return status;
}

static int run_import(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = -1};
    struct error err;

    if (options_parse(&command_import, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    if (missing_option(&settings)) {
        log_error("import: %s is missing; see sinkgrid import --help", missing_option(&settings));
        return STATUS_USAGE;
    }
    if (settings.prompt_set && operands.n > 1) {
        log_error("import: --prompt-set names one file of records, not %d", operands.n);
        return STATUS_USAGE;
    }
    if (store_all(&settings, &operands, &err)) {
        log_error("%s", err.text);
        return STATUS_USAGE;
    }
    return summarize(settings.results, &err);
}

const struct command command_import = {
    .name = "import",
    .arguments = "RECORDS.jsonl ...",
    .summary = "detection records in the paper code's format, summarized beside measured ones",
    .help = "Each line of a file is a sample: candidate_sinks with layer, token_id and sink_type by position.\n"
            "Labels: bos_sink (the lowest position is the primary, others are primary-like), secondary or the\n"
            "older cliff; anything else is noise. What records lack is left empty in the tables; the rule of\n"
            "imported models reads \"imported\". The records are kept in DIR/imported.\n\n"
            "example: sinkgrid import records.jsonl --model Qwen3-4B-Base --family Qwen3 --layers 36 \\\n"
            "             --params 4022468096 --results results/published\n",
    .options = options,
    .run = run_import,
};
