#include "byte_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/template.h"

int tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length, enum tokenizer_special special,
                     struct tokens *tokens, size_t *n_replaced, struct error *err)
{
    (void)tokenizer;
    (void)n_replaced;
    (void)err;
    size_t n = length + (special == TOKENIZER_OWN_SPECIAL);
    tokens->ids = xrealloc(tokens->ids, n + 1, sizeof *tokens->ids);
    tokens->capacity = n + 1;
    if (special == TOKENIZER_OWN_SPECIAL)
        tokens->ids[tokens->n++] = BYTE_BOS;
    for (size_t i = 0; i < length; i++)
        tokens->ids[tokens->n++] = (unsigned char)text[i];
    return 0;
}

void tokens_clear(struct tokens *tokens)
{
    free(tokens->ids);
    *tokens = (struct tokens){0};
}

int32_t tokenizer_bos(const struct tokenizer *tokenizer)
{
    (void)tokenizer;
    return BYTE_BOS;
}

char *tokenizer_token_text(const struct tokenizer *tokenizer, int32_t id)
{
    (void)tokenizer;
    return xstrdup(id == BYTE_BOS ? "<bos>" : "?");
}

const char *tokenizer_chat_template(const struct tokenizer *tokenizer)
{
    return tokenizer->chat_template;
}

char *template_render_messages(const struct tokenizer *tokenizer, const char *source, const char *name,
                               const json_t *messages, bool add_generation_prompt, size_t *length, struct error *err)
{
    char *text = xasprintf("%s<bos>", source);

    (void)tokenizer;
    (void)name;
    (void)err;
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        char *longer = xasprintf("%s[%s:%s]", text, json_string_value(json_object_get(message, "role")),
                                 json_string_value(json_object_get(message, "content")));
        free(text);
        text = longer;
    }
    char *whole = xasprintf("%s%s", text, add_generation_prompt ? ">" : "");
    *length = strlen(whole);
    free(text);
    return whole;
}

/* No model has one. */
struct tokenizer *tokenizer_open(const char *model_path, const struct weights *weights, struct error *err)
{
    (void)model_path;
    (void)weights;
    return fail_null(err, "none in this test");
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    (void)tokenizer;
}
