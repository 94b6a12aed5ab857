#include "command/inspect_text.h"

#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "base/json.h"

/* ---- for people ---- */

static void print_attention(const struct hparams *p)
{
    int n_windows = 0, window = 0;

    for (int l = 0; l < p->n_layers; l++)
        if (p->window[l] > 0) {
            window = p->window[l];
            n_windows++;
        }
    printf("heads          %d, key/value %d, dimensions %d\n", p->n_heads, p->n_kv_heads, p->head_dim);
    if (n_windows > 0)
        printf("window         %d tokens, in %d of %d layers\n", window, n_windows, p->n_layers);
    if (p->attention_softcap > 0)
        printf("soft cap       %g\n", p->attention_softcap);
}

static const char *scaling_name(enum rope_scaling scaling)
{
    static const char *const names[] = {
        [ROPE_SCALING_NONE] = "none",     [ROPE_SCALING_LINEAR] = "linear",     [ROPE_SCALING_DYNAMIC] = "dynamic",
        [ROPE_SCALING_LLAMA3] = "llama3", [ROPE_SCALING_LONGROPE] = "longrope", [ROPE_SCALING_YARN] = "yarn",
    };
    size_t i = scaling;

    return i < sizeof names / sizeof *names && names[i] ? names[i] : "by factors";
}

static void print_rope(const char *label, const struct rope *rope)
{
    if (!rope->enabled)
        return;
    printf("%-15sbase %g, %d dimensions, scaling %s", label, rope->theta, rope->n_dims, scaling_name(rope->scaling));
    if (rope->factor > 1)
        printf(" by %g", rope->factor);
    printf("\n");
}

static void print_model(const struct model *model)
{
    const struct hparams *p = &model->hparams;
    char parameters[HUMAN_SIZE];

    printf("parameters     %s (%llu)\n", human_count(parameters, (double)model_parameters(model)),
           (unsigned long long)model_parameters(model));
    printf("layers         %d\nwidth          %d, MLP %d%s, vocabulary %d%s\n", p->n_layers, p->n_embd, p->n_ff,
           p->gated_mlp ? " gated" : "", p->n_vocab, p->tied_embedding ? ", tied" : "");
    if (p->n_experts > 0)
        printf("experts        %d, %d a token\n", p->n_experts, p->n_experts_used);
    print_attention(p);
    printf("positions      %d%s\n", p->n_positions, p->rope.enabled ? "" : ", learned");
    print_rope("rotary", &p->rope);
    print_rope("rotary, local", &p->rope_local);
}

static void print_types(const struct inspection *inspection)
{
    char size[HUMAN_SIZE], count[HUMAN_SIZE];

    for (int i = 0; i < inspection->n_tallies; i++) {
        const struct dtype_tally *tally = &inspection->tallies[i];
        printf("%-15s%-6s %6zu tensors %8s weights %10s%s\n", i ? "" : "data types", tally->dtype->name,
               tally->n_tensors, human_count(count, (double)tally->n_elements), human_bytes(size, (double)tally->bytes),
               tally->dtype->widen ? "" : "  NOT SUPPORTED");
    }
}

static void print_tokenizer(const struct inspection *inspection)
{
    const struct tokenizer *tokenizer = inspection->tokenizer;

    if (!tokenizer)
        return;
    printf("tokenizer      %s, %zu ids, BOS %d%s, EOS %d\n", tokenizer_kind(tokenizer), tokenizer_size(tokenizer),
           tokenizer_bos(tokenizer), tokenizer_adds_bos(tokenizer) ? " (added)" : "", tokenizer_eos(tokenizer));
    printf("chat template  %s\n", inspection->renders                  ? "yes"
                                  : tokenizer_chat_template(tokenizer) ? "yes, NOT SUPPORTED"
                                                                       : "no");
}

static void print_splits(const struct inspection *inspection)
{
    char size[HUMAN_SIZE];

    if (inspection->n_splits > 0)
        printf("\nmemory of the largest stage, text of %d tokens (weights, caches, workspace):\n\n"
               "  stages      memory   share of work   layers a stage\n",
               inspection->n_tokens);
    for (int i = 0; i < inspection->n_splits; i++) {
        const struct stage_split *split = &inspection->splits[i];
        printf("  %6d  %10s   %11.1f %%   ", split->n_stages, human_bytes(size, (double)split->bytes),
               100 * split->share);
        for (int s = 0; s < split->n_stages; s++)
            printf("%s%d", s ? " + " : "", split->cut[s + 1] - split->cut[s]);
        printf("\n");
    }
}

void inspection_print_text(const struct inspection *inspection)
{
    printf("model          %s\nformat         %s\narchitecture   %s%s\n", inspection->path,
           weights_format(inspection->weights), inspection->architecture, inspection->model ? "" : "  NOT SUPPORTED");
    if (inspection->model)
        print_model(inspection->model);
    print_types(inspection);
    print_tokenizer(inspection);
    for (int i = 0; i < inspection->n_notes; i++)
        printf("note           %s\n", inspection->notes[i].text);
    for (int i = 0; i < inspection->n_obstacles; i++)
        printf("unsupported    %s\n", inspection->obstacles[i].text);
    print_splits(inspection);
}

/* ---- for programs ---- */

static json_t *json_windows(const struct hparams *p)
{
    json_t *list = json_array();

    for (int l = 0; l < p->n_layers; l++)
        json_array_append_new(list, json_integer(p->window[l]));
    return list;
}

static json_t *json_rope(const struct rope *rope)
{
    if (!rope->enabled)
        return json_null();
    return json_pack("{s:f, s:i, s:s, s:f}", "theta", rope->theta, "dimensions", rope->n_dims, "scaling",
                     scaling_name(rope->scaling), "factor", rope->factor);
}

static void json_add_model(json_t *object, const struct model *model)
{
    const struct hparams *p = &model->hparams;
    json_t *facts = json_pack(
        "{s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:i, s:i, s:o, s:o, s:o}", "parameters",
        (json_int_t)model_parameters(model), "layers", p->n_layers, "width", p->n_embd, "heads", p->n_heads, "kv_heads",
        p->n_kv_heads, "head_dim", p->head_dim, "mlp_width", p->n_ff, "vocabulary", p->n_vocab, "positions",
        p->n_positions, "tied_embedding", p->tied_embedding, "experts", p->n_experts, "experts_used", p->n_experts_used,
        "window", json_windows(p), "rope", json_rope(&p->rope), "rope_local", json_rope(&p->rope_local));

    json_object_update(object, facts);
    json_decref(facts);
}

static json_t *json_types(const struct inspection *inspection)
{
    json_t *list = json_array();

    for (int i = 0; i < inspection->n_tallies; i++) {
        const struct dtype_tally *t = &inspection->tallies[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:b}", "dtype", t->dtype->name, "tensors",
                                              (json_int_t)t->n_tensors, "elements", (json_int_t)t->n_elements, "bytes",
                                              (json_int_t)t->bytes, "supported", t->dtype->widen != NULL));
    }
    return list;
}

static json_t *json_tokenizer(const struct inspection *inspection)
{
    const struct tokenizer *tokenizer = inspection->tokenizer;

    if (!tokenizer)
        return json_null();
    return json_pack("{s:s, s:I, s:i, s:i, s:b, s:b, s:b}", "kind", tokenizer_kind(tokenizer), "size",
                     (json_int_t)tokenizer_size(tokenizer), "bos", tokenizer_bos(tokenizer), "eos",
                     tokenizer_eos(tokenizer), "adds_bos", tokenizer_adds_bos(tokenizer), "chat_template",
                     tokenizer_chat_template(tokenizer) != NULL, "chat_template_supported", inspection->renders);
}

static json_t *json_splits(const struct inspection *inspection)
{
    json_t *list = json_array();

    for (int i = 0; i < inspection->n_splits; i++) {
        const struct stage_split *split = &inspection->splits[i];
        json_t *cut = json_array();
        for (int s = 0; s <= split->n_stages; s++)
            json_array_append_new(cut, json_integer(split->cut[s]));
        json_array_append_new(list, json_pack("{s:i, s:I, s:f, s:o}", "stages", split->n_stages, "stage_bytes",
                                              (json_int_t)split->bytes, "share", split->share, "cut", cut));
    }
    return list;
}

static json_t *json_texts(const struct error *texts, int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts[i].text));
    return list;
}

void inspection_print_json(const struct inspection *inspection)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:b, s:b}", "model", inspection->path, "format",
                               weights_format(inspection->weights), "architecture", inspection->architecture,
                               "supported", inspection->n_obstacles == 0, "has_weights", inspection->has_data);

    if (inspection->model)
        json_add_model(object, inspection->model);
    json_object_set_new(object, "dtypes", json_types(inspection));
    json_object_set_new(object, "tokenizer", json_tokenizer(inspection));
    json_object_set_new(object, "tokens", json_integer(inspection->n_tokens));
    json_object_set_new(object, "stages", json_splits(inspection));
    json_object_set_new(object, "unsupported", json_texts(inspection->obstacles, inspection->n_obstacles));
    json_object_set_new(object, "notes", json_texts(inspection->notes, inspection->n_notes));
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}
