#include "summary/detection_record.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *label;
    enum sink_kind kind;
} vocabulary[] = {
    {"bos_sink", SINK_PRIMARY_LIKE}, /* the lowest becomes the primary */
    {"secondary", SINK_SECONDARY},
    {"cliff", SINK_SECONDARY},
};

static enum sink_kind kind_of(const char *label)
{
    for (size_t i = 0; i < sizeof vocabulary / sizeof *vocabulary; i++)
        if (strcmp(vocabulary[i].label, label) == 0)
            return vocabulary[i].kind;
    return SINK_NOISE;
}

static int read_position(const char *key, int *position, struct error *err)
{
    char *end;

    errno = 0;
    long value = strtol(key, &end, 10);
    if (end == key || *end || errno || value < 0 || value >= INT_MAX)
        return fail(err, "candidate_sinks: \"%.40s\" is not a token position", key);
    *position = (int)value;
    return 0;
}

/* Counts distinct layers; gaps are allowed, the order is free. */
static int read_layers(const json_t *layers, int n_layers, struct sink_label *label, struct error *err)
{
    bool listed[MAX_LAYERS] = {false};
    json_t *item;
    size_t i;

    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return fail(err, "\"layer\" is not a list of layers");
    json_array_foreach(layers, i, item)
    {
        json_int_t layer = json_is_integer(item) ? json_integer_value(item) : -1;
        if (layer < 0 || layer >= n_layers)
            return fail(err, "layer %lld of a model with %d layers", (long long)layer, n_layers);
        listed[layer] = true;
    }
    *label = (struct sink_label){SINK_NOISE, -1, -1, 0, NAN, NAN, NAN, NAN};
    for (int l = 0; l < n_layers; l++) {
        if (!listed[l])
            continue;
        label->l_start = label->lifetime ? label->l_start : l;
        label->l_end = l + 1;
        label->lifetime++;
    }
    return 0;
}

static int read_sink(struct record_sink *sink, const char *key, const json_t *value, int n_layers, struct error *err)
{
    const char *label = "";
    long token_id = -1;

    if (read_position(key, &sink->position, err))
        return -1;
    if (!json_is_object(value))
        return fail(err, "candidate_sinks.%s is not an object", key);
    const json_t *layers = json_member(value, "layer");
    if (read_layers(layers ? layers : json_member(value, "layers"), n_layers, &sink->label, err) ||
        json_get_long(value, "token_id", &token_id, err) || json_get_string(value, "sink_type", &label, err))
        return -1;
    sink->token_id = token_id >= 0 && token_id <= INT_MAX ? (int)token_id : -1;
    sink->label.kind = kind_of(label);
    return 0;
}

static int compare_positions(const void *a, const void *b)
{
    const struct record_sink *x = a, *y = b;

    return (x->position > y->position) - (x->position < y->position);
}

/* Sorted, without one position twice ("7" and "07"), the first bos_sink the primary. */
static int settle(struct detection_record *record, struct error *err)
{
    bool primary = false;

    if (record->n_sinks)
        qsort(record->sinks, (size_t)record->n_sinks, sizeof *record->sinks, compare_positions);
    for (int i = 0; i < record->n_sinks; i++) {
        struct record_sink *sink = &record->sinks[i];
        if (i && sink->position == record->sinks[i - 1].position)
            return fail(err, "candidate_sinks: position %d is there twice", sink->position);
        if (record->n_tokens && sink->position >= record->n_tokens)
            return fail(err, "candidate_sinks: position %d of %d tokens", sink->position, record->n_tokens);
        if (sink->label.kind == SINK_PRIMARY_LIKE && !primary) {
            sink->label.kind = SINK_PRIMARY;
            primary = true;
        }
    }
    return 0;
}

static int read_head(struct detection_record *record, const json_t *line, int sample, struct error *err)
{
    long number = sample, tokens = 0, prompt = 0, response = 0;

    if (!json_is_object(line))
        return fail(err, "not a JSON object");
    if (json_get_long(line, "sample_index", &number, err) || json_get_long(line, "full_text_len", &tokens, err) ||
        json_get_long(line, "prompt_len", &prompt, err) || json_get_long(line, "response_len", &response, err))
        return -1;
    if (tokens == 0 && prompt >= 0 && prompt <= INT_MAX && response >= 0 && response <= INT_MAX)
        tokens = prompt + response;
    if (number < 0 || number >= INT_MAX || tokens < 0 || tokens > INT_MAX)
        return fail(err, "sample_index %ld of %ld tokens", number, tokens);
    record->sample = (int)number;
    record->n_tokens = (int)tokens;
    return 0;
}

static int read_sinks(struct detection_record *record, const json_t *line, int n_layers, struct error *err)
{
    json_t *sinks = json_object_get(line, "candidate_sinks"), *value;
    const char *key;

    if (!json_is_object(sinks))
        return fail(err, "no object \"candidate_sinks\": not a detection record");
    record->sinks = xcalloc(json_object_size(sinks), sizeof *record->sinks);
    json_object_foreach(sinks, key, value)
    {
        if (read_sink(&record->sinks[record->n_sinks++], key, value, n_layers, err))
            return -1;
    }
    return settle(record, err);
}

int detection_record_read(struct detection_record *record, const json_t *line, int sample, int n_layers,
                          struct error *err)
{
    *record = (struct detection_record){0};
    if (read_head(record, line, sample, err) == 0 && read_sinks(record, line, n_layers, err) == 0)
        return 0;
    detection_record_clear(record);
    return -1;
}

void detection_record_clear(struct detection_record *record)
{
    free(record->sinks);
    *record = (struct detection_record){0};
}

int detection_record_primary(const struct detection_record *record)
{
    for (int i = 0; i < record->n_sinks; i++)
        if (record->sinks[i].label.kind == SINK_PRIMARY)
            return i;
    return -1;
}
