#include "grid/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/template.h"

static int need_tokenizer(const struct record_reader *reader, struct error *err)
{
    return reader->tokenizer ? 0 : fail(err, "text needs the model's tokenizer, which is not there");
}

static int encode(const struct record_reader *reader, const char *text, size_t length, enum tokenizer_special special,
                  struct tokens *tokens, struct error *err)
{
    if (need_tokenizer(reader, err))
        return -1;
    return tokenizer_encode(reader->tokenizer, text, length, special, tokens, NULL, err);
}

/* `text` followed by the record's output; the caller frees. Strings of JSON may hold zero bytes. */
static char *with_output(const char *text, size_t length, const json_t *record, size_t *total, struct error *err)
{
    const json_t *output = json_member(record, "output");

    if (output && !json_is_string(output))
        return fail_null(err, "\"output\" is not a string");
    size_t n = output ? json_string_length(output) : 0;
    char *joined = xcalloc(length + n + 1, 1);
    memcpy(joined, text, length);
    if (output)
        memcpy(joined + length, json_string_value(output), n);
    *total = length + n;
    return joined;
}

/* A conversation that a user's turn ends is continued by the model. */
static bool awaits_answer(const json_t *messages)
{
    const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
    const char *role = json_string_value(json_object_get(last, "role"));

    return !role || strcmp(role, "assistant") != 0;
}

static int encode_conversation(const struct record_reader *reader, const json_t *record, const json_t *messages,
                               struct tokens *tokens, struct error *err)
{
    size_t n = 0, length = 0;

    if (need_tokenizer(reader, err))
        return -1;
    char *rendered = template_render_messages(reader->tokenizer, reader->chat_template, reader->template_name, messages,
                                              awaits_answer(messages), &n, err);
    char *text = rendered ? with_output(rendered, n, record, &length, err) : NULL;
    int rc = text ? encode(reader, text, length, TOKENIZER_NO_SPECIAL, tokens, err) : -1;

    free(text);
    free(rendered);
    return rc;
}

static int encode_messages(const struct record_reader *reader, const json_t *record, const json_t *field,
                           struct tokens *tokens, bool *templated, struct error *err)
{
    if (!json_is_array(field) || json_array_size(field) == 0)
        return fail(err, "\"messages\" is not a list of messages");
    if (!reader->chat_template)
        return fail(err, "\"messages\" need a chat template, and none applies: set `template` to a file");
    *templated = true;
    return encode_conversation(reader, record, field, tokens, err);
}

static int encode_prompt(const struct record_reader *reader, const json_t *record, const json_t *field,
                         struct tokens *tokens, bool *templated, struct error *err)
{
    size_t length = 0;

    if (!json_is_string(field))
        return fail(err, "the prompt is not a string");
    if (reader->chat_template) {
        json_t *messages = json_pack("[{s:s, s:O}]", "role", "user", "content", (json_t *)field);
        int rc = encode_conversation(reader, record, messages, tokens, err);
        json_decref(messages);
        *templated = true;
        return rc;
    }
    char *text = with_output(json_string_value(field), json_string_length(field), record, &length, err);
    int rc = text ? encode(reader, text, length, TOKENIZER_OWN_SPECIAL, tokens, err) : -1;
    free(text);
    return rc;
}

static int encode_text(const struct record_reader *reader, const json_t *record, const json_t *field,
                       struct tokens *tokens, bool *templated, struct error *err)
{
    (void)record;
    (void)templated;
    if (!json_is_string(field))
        return fail(err, "\"text\" is not a string");
    return encode(reader, json_string_value(field), json_string_length(field), TOKENIZER_OWN_SPECIAL, tokens, err);
}

static int encode_ids(const struct record_reader *reader, const json_t *record, const json_t *field,
                      struct tokens *tokens, bool *templated, struct error *err)
{
    size_t n = json_array_size(field); /* 0 where it is no array */

    (void)record;
    (void)templated;
    if (!json_is_array(field))
        return fail(err, "\"input_ids\" is not a list of integers");
    tokens->ids = xcalloc(n + 1, sizeof *tokens->ids);
    tokens->capacity = n + 1;
    for (; tokens->n < n; tokens->n++) {
        const json_t *id = json_array_get(field, tokens->n);
        if (!json_is_integer(id))
            return fail(err, "\"input_ids\" is not a list of integers");
        if (json_integer_value(id) < 0 || json_integer_value(id) >= reader->n_vocab)
            return fail(err, "token id %lld at position %zu is not in the model's vocabulary of %d",
                        (long long)json_integer_value(id), tokens->n, reader->n_vocab);
        tokens->ids[tokens->n] = (int32_t)json_integer_value(id);
    }
    return 0;
}

/* The first field that a record has says its kind. */
static const struct record_kind {
    const char *field;
    int (*encode)(const struct record_reader *reader, const json_t *record, const json_t *field, struct tokens *tokens,
                  bool *templated, struct error *err);
} record_kinds[] = {
    {"input_ids", encode_ids}, {"messages", encode_messages}, {"prompt", encode_prompt},
    {"text", encode_text},     {"problem", encode_prompt},    {"question", encode_prompt},
};

int record_encode_text(const struct record_reader *reader, const char *text, size_t length, struct tokens *tokens,
                       struct error *err)
{
    return encode(reader, text, length, TOKENIZER_OWN_SPECIAL, tokens, err);
}

int record_encode(const struct record_reader *reader, const json_t *record, struct tokens *tokens, bool *templated,
                  struct error *err)
{
    *templated = false;
    if (!json_is_object(record))
        return fail(err, "not a JSON object { }");
    for (size_t i = 0; i < sizeof record_kinds / sizeof *record_kinds; i++) {
        const json_t *field = json_member(record, record_kinds[i].field);
        if (field)
            return record_kinds[i].encode(reader, record, field, tokens, templated, err);
    }
    return fail(err, "no prompt, text, messages or input_ids");
}
