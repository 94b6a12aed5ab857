#include "command/inspection.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "grid/footprint.h"
#include "grid/partition.h"
#include "text/template.h"

static void add_obstacle(struct inspection *inspection, const char *text)
{
    if (inspection->n_obstacles < INSPECT_NOTES)
        fail(&inspection->obstacles[inspection->n_obstacles++], "%s", text);
}

static void add_note(struct inspection *inspection, const char *what, const char *text)
{
    if (inspection->n_notes < INSPECT_NOTES)
        fail(&inspection->notes[inspection->n_notes++], "%s: %s", what, text);
}

/* ---- data types ---- */

static struct dtype_tally *tally_of(struct inspection *inspection, const struct dtype *dtype)
{
    for (int i = 0; i < inspection->n_tallies; i++)
        if (inspection->tallies[i].dtype == dtype)
            return &inspection->tallies[i];
    inspection->tallies = xrealloc(inspection->tallies, (size_t)inspection->n_tallies + 1, sizeof *inspection->tallies);
    inspection->tallies[inspection->n_tallies] = (struct dtype_tally){.dtype = dtype};
    return &inspection->tallies[inspection->n_tallies++];
}

static int by_falling_bytes(const void *a, const void *b)
{
    uint64_t x = ((const struct dtype_tally *)a)->bytes, y = ((const struct dtype_tally *)b)->bytes;

    return (x < y) - (x > y);
}

static void tally_types(struct inspection *inspection)
{
    for (size_t i = 0; i < weights_count(inspection->weights); i++) {
        const struct tensor *tensor = weights_at(inspection->weights, i);
        struct dtype_tally *tally = tally_of(inspection, tensor->dtype);
        tally->n_tensors++;
        tally->n_elements += tensor_elements(tensor);
        tally->bytes += tensor->size;
        inspection->has_data = inspection->has_data || tensor->data;
    }
    if (inspection->n_tallies > 0)
        qsort(inspection->tallies, (size_t)inspection->n_tallies, sizeof *inspection->tallies, by_falling_bytes);
    for (int i = 0; i < inspection->n_tallies; i++)
        if (!inspection->tallies[i].dtype->widen) {
            struct error why;
            fail(&why, "%s: data type %s is not supported", inspection->path, inspection->tallies[i].dtype->name);
            add_obstacle(inspection, why.text);
        }
    if (!inspection->has_data)
        add_note(inspection, "weights", "none in the files; sizes follow from the configuration, 2 bytes a weight");
}

/* ---- architecture ---- */

static void name_architecture(struct inspection *inspection)
{
    const struct gguf *gguf = weights_gguf(inspection->weights);
    struct gguf_string name = {0};

    if (inspection->model) {
        snprintf(inspection->architecture, sizeof inspection->architecture, "%s",
                 inspection->model->hparams.architecture);
    } else if (gguf) {
        if (gguf_get_string(gguf, "general.architecture", &name, NULL) == 0 && name.text)
            snprintf(inspection->architecture, sizeof inspection->architecture, "%.*s", (int)name.length, name.text);
    } else {
        const json_t *names = json_object_get(weights_config(inspection->weights), "architectures");
        const char *first = json_string_value(json_array_get(names, 0));
        snprintf(inspection->architecture, sizeof inspection->architecture, "%s", first ? first : "");
    }
}

/* ---- tokenizer ---- */

/* Whether the chat template renders a question. */
static void try_template(struct inspection *inspection)
{
    struct error why;
    size_t length;

    if (!tokenizer_chat_template(inspection->tokenizer)) {
        add_note(inspection, "chat template", "none; `template = \"auto\"` means none");
        return;
    }
    char *text = template_render_prompt(inspection->tokenizer, NULL, "chat template", "Why?", 4, &length, &why);
    if (text)
        inspection->renders = true;
    else
        add_note(inspection, "not supported", why.text);
    free(text);
}

static void open_tokenizer(struct inspection *inspection)
{
    struct error why;

    inspection->tokenizer = tokenizer_open(inspection->path, inspection->weights, &why);
    if (inspection->tokenizer)
        try_template(inspection);
    else
        add_note(inspection, "tokenizer", why.text);
}

/* ---- stages ---- */

static void split(struct inspection *inspection)
{
    const struct hparams *p = &inspection->model->hparams;
    uint64_t *bytes_before = footprint_layer_bytes(inspection->model);
    double *cost = xcalloc((size_t)p->n_layers, sizeof *cost), all = 0;
    int32_t length = inspection->n_tokens;
    struct footprint footprint;
    struct partition partition = {p->n_layers, cost, footprint_bytes, &footprint, 0};

    footprint_init(&footprint, inspection->model, bytes_before, &length, 1);
    footprint.measured = (struct layer_range){0, p->n_layers};
    footprint.token_bytes = footprint_token_bytes(inspection->model, 3);
    for (int l = 0; l < p->n_layers; l++)
        all += cost[l] = footprint_layer_flop(&footprint, l);
    for (int n = 1; n <= INSPECT_STAGES && n <= p->n_layers; n++) {
        struct stage_split *split = &inspection->splits[inspection->n_splits];
        split->n_stages = n;
        footprint.chunk_tokens = footprint_chunk(n, length, length, length);
        if (partition_cut(&partition, n, split->cut, NULL) != 0)
            break;
        split->bytes = partition_bytes(&partition, n, split->cut);
        split->share = partition_cost(&partition, n, split->cut) / all;
        inspection->n_splits++;
    }
    free(cost);
    free(bytes_before);
}

static int default_tokens(const struct hparams *p)
{
    enum { USUAL = 4096 };

    return p->n_positions > 0 && p->n_positions < USUAL ? p->n_positions : USUAL;
}

/* ---- all of it ---- */

int inspection_init(struct inspection *inspection, const char *path, int n_tokens, struct error *err)
{
    struct error why;

    *inspection = (struct inspection){.path = path, .n_tokens = n_tokens};
    inspection->weights = weights_open(path, true, err);
    if (!inspection->weights)
        return -1;
    inspection->model = model_open(path, true, &why);
    if (!inspection->model || model_check(inspection->model, &why) != 0)
        add_obstacle(inspection, why.text);
    name_architecture(inspection);
    tally_types(inspection);
    open_tokenizer(inspection);
    if (inspection->model) {
        if (inspection->n_tokens == 0)
            inspection->n_tokens = default_tokens(&inspection->model->hparams);
        split(inspection);
    }
    return 0;
}

void inspection_clear(struct inspection *inspection)
{
    tokenizer_close(inspection->tokenizer);
    model_close(inspection->model);
    weights_close(inspection->weights);
    free(inspection->tallies);
    *inspection = (struct inspection){0};
}
