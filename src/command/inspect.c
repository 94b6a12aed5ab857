/* What a model's files hold, what a run needs, and what is not supported. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/inspect_text.h"
#include "command/inspection.h"
#include "command/options.h"

struct settings {
    bool json;
    int tokens;
};

static const struct option_row options[] = {
    {"tokens", OPTION_INT, "N", offsetof(struct settings, tokens), 1, 1 << 30,
     "length of the text that memory is told for (default: 4096, at most the model's positions)"},
    {"json", OPTION_FLAG, NULL, offsetof(struct settings, json), 0, 0, "print JSON"},
    {0},
};

static int run_inspect(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands = {.min = 1, .max = 1};
    struct inspection inspection;
    struct error err;

    if (options_parse(&command_inspect, argc, argv, &settings, &operands) != 0)
        return STATUS_USAGE;
    if (inspection_init(&inspection, operands.items[0], settings.tokens, &err) != 0) {
        log_error("%s", err.text);
        return STATUS_USAGE;
    }
    if (settings.json)
        inspection_print_json(&inspection);
    else
        inspection_print_text(&inspection);
    int status = inspection.n_obstacles > 0 ? STATUS_USAGE : STATUS_OK;
    if (status != STATUS_OK)
        log_error("%s", inspection.obstacles[0].text);
    inspection_clear(&inspection);
    return status;
}

const struct command command_inspect = {
    .name = "inspect",
    .arguments = "MODEL",
    .summary = "architecture, sizes, data types, tokenizer; what is unsupported, and why",
    .help = "MODEL is a folder (config.json, *.safetensors) or a GGUF file; a folder with config.json\n"
            "alone suffices. Exit status: 0 if the architecture and all data types are supported, else 2.\n\n"
            "example: sinkgrid inspect models/SmolLM2-135M --tokens 8192\n",
    .options = options,
    .run = run_inspect,
};
