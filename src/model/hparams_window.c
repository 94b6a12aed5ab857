/* Sliding windows: which layers have one, as config.json and GGUF say it. */
#include <stdio.h>
#include <string.h>

#include "model/hparams_read.h"

int windows_read_uniform(struct hparams *hparams, const json_t *config, struct error *err)
{
    int window = 0;

    if (config_read_int(config, "sliding_window", &window, err))
        return -1;
    for (int l = 0; l < hparams->n_layers && l < MAX_LAYERS; l++)
        hparams->window[l] = window;
    return 0;
}

/* Replaces slides[l] by what "layer_types" says, if it is there. */
static int read_layer_types(const json_t *config, int n_layers, bool *slides, struct error *err)
{
    const json_t *types = json_member(config, "layer_types");

    if (!types)
        return 0;
    if (json_array_size(types) < (size_t)n_layers)
        return fail(err, "\"layer_types\" has %zu entries for %d layers", json_array_size(types), n_layers);
    for (int l = 0; l < n_layers; l++) {
        const char *type = json_string_value(json_array_get(types, (size_t)l));
        if (!type)
            return fail(err, "\"layer_types\"[%d] is not a string", l);
        slides[l] = strcmp(type, "sliding_attention") == 0;
        if (!slides[l] && strcmp(type, "full_attention") != 0)
            return fail(err, "\"layer_types\"[%d] \"%s\" is not supported", l, type);
    }
    return 0;
}

static int set_windows(struct hparams *hparams, const bool *slides, int window, struct error *err)
{
    for (int l = 0; l < hparams->n_layers; l++) {
        if (slides[l] && window <= 0)
            return fail(err, "layer %d slides, but there is no \"sliding_window\"", l);
        hparams->window[l] = slides[l] ? window : 0;
    }
    return 0;
}

static void slide_all_but_every(int period, int n_layers, bool *slides)
{
    for (int l = 0; l < n_layers; l++)
        slides[l] = period > 0 && (l + 1) % period != 0;
}

static int too_many_layers(const struct hparams *hparams, struct error *err)
{
    if (hparams->n_layers <= MAX_LAYERS)
        return 0;
    return fail(err, "%d layers are more than %d", hparams->n_layers, MAX_LAYERS);
}

int windows_read_alternating(struct hparams *hparams, const json_t *config, int period, struct error *err)
{
    bool slides[MAX_LAYERS] = {false};
    int window = hparams->window[0]; /* the family's default */

    if (too_many_layers(hparams, err))
        return -1;
    slide_all_but_every(period, hparams->n_layers, slides);
    if (config_read_int(config, "sliding_window", &window, err) ||
        read_layer_types(config, hparams->n_layers, slides, err))
        return -1;
    return set_windows(hparams, slides, window, err);
}

int windows_read_qwen(struct hparams *hparams, const json_t *config, struct error *err)
{
    bool slides[MAX_LAYERS] = {false}, use = false;
    int window = 4096, first = 28; /* transformers' defaults */

    if (too_many_layers(hparams, err) || json_get_bool(config, "use_sliding_window", &use, err) ||
        config_read_int(config, "sliding_window", &window, err) ||
        config_read_int(config, "max_window_layers", &first, err))
        return -1;
    if (!use || json_is_null(json_object_get(config, "sliding_window")))
        window = 0;
    for (int l = 0; l < hparams->n_layers; l++)
        slides[l] = window > 0 && l >= first;
    if (read_layer_types(config, hparams->n_layers, slides, err))
        return -1;
    return set_windows(hparams, slides, window, err);
}

/* The pattern is a period, or an entry a layer. */
static int read_gguf_pattern(const struct hparams *hparams, const struct gguf *gguf, const char *architecture,
                             int period, bool *slides, struct error *err)
{
    char name[128];

    snprintf(name, sizeof name, "%s.attention.sliding_window_pattern", architecture);
    size_t n = gguf_array_length(gguf, name);
    if (n == 0) {
        if (metadata_read_int(gguf, architecture, "attention.sliding_window_pattern", &period, err))
            return -1;
        slide_all_but_every(period, hparams->n_layers, slides);
        return 0;
    }
    if (n < (size_t)hparams->n_layers)
        return fail(err, "metadata key %s has %zu entries for %d layers", name, n, hparams->n_layers);
    for (int l = 0; l < hparams->n_layers; l++)
        if (gguf_array_bool(gguf, name, (size_t)l, &slides[l], err))
            return -1;
    return 0;
}

int windows_read_gguf(struct hparams *hparams, const struct gguf *gguf, const char *architecture, int period,
                      struct error *err)
{
    bool slides[MAX_LAYERS] = {false};
    int window = hparams->window[0];

    if (too_many_layers(hparams, err) ||
        metadata_read_int(gguf, architecture, "attention.sliding_window", &window, err))
        return -1;
    if (window > 0 && read_gguf_pattern(hparams, gguf, architecture, period, slides, err))
        return -1;
    return set_windows(hparams, slides, window, err);
}
