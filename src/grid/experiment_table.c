#include "grid/experiment_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment_lists.h"
#include "grid/path.h"

#define AT(member) offsetof(struct experiment, member)
#define GREATEST_INT 2147483647.0

static const char *const precisions[] = {"float32", "bfloat16", NULL};
static const char *const bos_rules[] = {"auto", "true", "false", NULL};
static const char *const overflow_rules[] = {"truncate", "error", "extend", NULL};
static const char *const record_rules[] = {"candidates", "full", NULL};
static const char *const detect_rules[] = {"paper", "relative", NULL};

/* ---- two kinds of path that are not like the others ---- */

static int read_results(const struct setting_row *row, const config_setting_t *from,
                        const struct setting_source *source, void *field, struct error *err)
{
    struct setting_source here = {.file = source->file};
    char *folder = path_working_directory(err);

    if (!folder)
        return -1;
    here.folder = folder;
    int rc = type_path.read(row, from, &here, field, err);
    free(folder);
    return rc;
}

static int read_template(const struct setting_row *row, const config_setting_t *from,
                         const struct setting_source *source, void *field, struct error *err)
{
    const char *text = config_setting_get_string(from); /* NULL unless it is a string */

    if (text && (strcmp(text, "none") == 0 || strcmp(text, "auto") == 0))
        return type_text.read(row, from, source, field, err);
    return type_path.read(row, from, source, field, err);
}

static void write_string(const struct setting_row *row, const void *field, FILE *out)
{
    type_text.write(row, field, out);
}

static void clear_string(const struct setting_row *row, void *field)
{
    type_text.clear(row, field);
}

static const struct setting_type type_results = {
    .name = "a path", .read = read_results, .write = write_string, .clear = clear_string};
static const struct setting_type type_template = {
    .name = "a string", .read = read_template, .write = write_string, .clear = clear_string};

/* ---- the tables ---- */

const struct setting_row model_rows[] = {
    {"name", &type_name, offsetof(struct experiment_model, name), .flags = SETTING_REQUIRED,
     .meaning = "names the model in results"},
    {"family", &type_name, offsetof(struct experiment_model, family), .meaning = "default: the name"},
    {"path", &type_path, offsetof(struct experiment_model, path), .flags = SETTING_REQUIRED | SETTING_SWEEP,
     .meaning = "folder or GGUF file; may use ${VARIABLE}"},
    {"tags", &type_texts, offsetof(struct experiment_model, tags), .fallback = "()",
     .meaning = "for include, exclude, --tag"},
    {"precision", &type_choice, offsetof(struct experiment_model, precision), .choices = precisions,
     .flags = SETTING_SWEEP, .meaning = "default: the experiment's"},
    {"arm", &type_text, offsetof(struct experiment_model, arm), .fallback = "\"\"", .flags = SETTING_HIDDEN},
    {0},
};

const struct setting_row prompt_set_rows[] = {
    {"name", &type_name, offsetof(struct experiment_prompt_set, name), .flags = SETTING_REQUIRED,
     .meaning = "names the prompt set in results"},
    {"path", &type_path, offsetof(struct experiment_prompt_set, path), .flags = SETTING_REQUIRED | SETTING_SWEEP,
     .meaning = "JSON lines or plain text"},
    {"template", &type_template, offsetof(struct experiment_prompt_set, chat_template), .fallback = "\"auto\"",
     .flags = SETTING_SWEEP, .meaning = "\"auto\": the model's own chat template, \"none\", or a file"},
    {"bos", &type_choice, offsetof(struct experiment_prompt_set, bos), .fallback = "\"auto\"", .choices = bos_rules,
     .flags = SETTING_SWEEP, .meaning = "as the tokenizer does, or with or without BOS"},
    {"max_tokens", &type_integer, offsetof(struct experiment_prompt_set, max_tokens), .fallback = "0",
     .greatest = GREATEST_INT, .flags = SETTING_SWEEP, .meaning = "0: the model's positions"},
    {"overflow", &type_choice, offsetof(struct experiment_prompt_set, overflow), .fallback = "\"truncate\"",
     .choices = overflow_rules, .flags = SETTING_SWEEP,
     .meaning = "of a longer text: keep its first max_tokens, fail, or go beyond the model's positions"},
    {"limit", &type_integer, offsetof(struct experiment_prompt_set, limit), .fallback = "0", .greatest = GREATEST_INT,
     .flags = SETTING_SWEEP, .meaning = "first n samples; 0: all"},
    {"tags", &type_texts, offsetof(struct experiment_prompt_set, tags), .fallback = "()",
     .meaning = "for include, exclude, --tag"},
    {"arm", &type_text, offsetof(struct experiment_prompt_set, arm), .fallback = "\"\"", .flags = SETTING_HIDDEN},
    {0},
};

const struct setting_row filter_rows[] = {
    {"model", &type_text, offsetof(struct experiment_filter, model), .meaning = "name, or label with its arm"},
    {"family", &type_text, offsetof(struct experiment_filter, family), .meaning = "of the model"},
    {"prompt_set", &type_text, offsetof(struct experiment_filter, prompt_set),
     .meaning = "name, or label with its arm"},
    {"tag", &type_text, offsetof(struct experiment_filter, tag), .meaning = "of the model or of the prompt set"},
    {0},
};

const struct setting_row detect_rows[] = {
    {"rule", &type_choice, offsetof(struct detect_settings, rule), .fallback = "\"paper\"", .choices = detect_rules,
     .meaning = "which rule levels and scaling follow"},
    {"cosine", &type_number, offsetof(struct detect_settings, cosine), .fallback = "0.9", .greatest = 1,
     .meaning = "a token is listed above this |cosine| to the primary"},
    {"candidates", &type_candidates, .fallback = "()", .greatest = GREATEST_INT,
     .meaning = "positions of the primary's candidates; default: 0, 1, 2 with a chat template, else 0, 1"},
    {"epsilon", &type_number, offsetof(struct detect_settings, epsilon), .fallback = "0.3", .greatest = 1,
     .meaning = "of sink_heads and the sink rate"},
    {"norm_ratio", &type_number, offsetof(struct detect_settings, norm_ratio), .fallback = "3", .least = 1e-9,
     .greatest = 1e9, .meaning = "rule \"relative\": norm over the layer's median"},
    {"level_gap", &type_integer, offsetof(struct detect_settings, level_gap), .fallback = "2", .greatest = 1e6,
     .meaning = "lifetimes of one level differ by at most this from their neighbours"},
    {"level_support", &type_integer, offsetof(struct detect_settings, level_support), .fallback = "3", .least = 1,
     .greatest = 1e6, .meaning = "sinks that make a level"},
    {0},
};

const struct setting_row pipeline_rows[] = {
    {"stages", &type_integer, offsetof(struct pipeline_settings, stages), .fallback = "0", .greatest = MAX_STAGES,
     .meaning = "0: as few as memory allows"},
    {"cuts", &type_cuts, .fallback = "()", .least = 1, .greatest = MAX_LAYERS,
     .meaning = "layers where stages begin, ascending, without 0; default: by cost and memory"},
    {"chunk", &type_integer, offsetof(struct pipeline_settings, chunk), .fallback = "0", .greatest = 1 << 20,
     .meaning = "tokens that travel together; 0: chosen by plan"},
    {"shard", &type_integer, offsetof(struct pipeline_settings, shard), .fallback = "4", .least = 1, .greatest = 1e6,
     .meaning = "samples a unit"},
    {"max_attempts", &type_integer, offsetof(struct pipeline_settings, max_attempts), .fallback = "2", .least = 1,
     .greatest = 100, .meaning = "of a unit, before it counts as failed"},
    {0},
};

/* precision stands before models, which inherit it. */
const struct setting_row experiment_rows[] = {
    {"name", &type_name, AT(name), .flags = SETTING_REQUIRED, .meaning = "of the experiment"},
    {"results", &type_results, AT(results),
     .meaning = "folder, relative to the working directory; default: results/NAME"},
    {"precision", &type_choice, AT(precision), .fallback = "\"float32\"", .choices = precisions,
     .meaning = "of the arithmetic"},
    {"seed", &type_integer64, AT(seed), .fallback = "1", .meaning = "of control tokens and the bootstrap"},
    {"allow_nonfinite", &type_switch, AT(allow_nonfinite), .fallback = "false",
     .meaning = "otherwise a NaN or Inf fails the unit, naming layer, token, sublayer"},
    {"record", &type_choice, AT(record.rule), .fallback = "\"candidates\"", .choices = record_rules,
     .meaning = "which rows are kept"},
    {"record_cosine", &type_number, AT(record.cosine), .fallback = "0.5", .greatest = 1,
     .meaning = "|cosine| to a candidate above which a row is kept"},
    {"control", &type_integer, AT(record.n_control), .fallback = "64", .greatest = 1e6,
     .meaning = "control positions a sample"},
    {"measured", &type_measured, .fallback = "()", .greatest = MAX_LAYERS,
     .meaning = "(begin, end) or a list of them: measured layer ranges; default: all layers"},
    {"detect", &type_group, AT(detect), .fallback = "{ }", .members = detect_rows,
     .meaning = "how sinks and levels are told (all but candidates and epsilon apply without a new run)"},
    {"pipeline", &type_group, AT(pipeline), .fallback = "{ }", .members = pipeline_rows,
     .meaning = "how the work is cut; results do not depend on it"},
    {"models", &type_models, .flags = SETTING_REQUIRED, .members = model_rows,
     .meaning = "a list of groups ( { }, { } )"},
    {"prompt_sets", &type_prompt_sets, .flags = SETTING_REQUIRED, .members = prompt_set_rows,
     .meaning = "a list of groups ( { }, { } )"},
    {"include", &type_filters, AT(include), .fallback = "()", .members = filter_rows,
     .meaning = "a list of groups: pairs of model and prompt set to keep; default: all"},
    {"exclude", &type_filters, AT(exclude), .fallback = "()", .members = filter_rows,
     .meaning = "a list of groups: pairs to leave out, even where include keeps them"},
    {0},
};
