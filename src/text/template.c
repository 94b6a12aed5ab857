#include "text/template.h"

#include <string.h>

#include "base/memory.h"
#include "text/jinja_run.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

const char template_default_date[] = "2024-07-26";

/* What transformers passes beside the special tokens. */
static void define_variables(struct jinja_run *run, const struct template_variables *variables)
{
    const char *key;
    json_t *value;

    jinja_assign_name(run, "messages", jinja_from_json(run->arena, variables->messages));
    jinja_assign_name(run, "add_generation_prompt", jinja_bool(variables->add_generation_prompt));
    jinja_assign_name(run, "tools", jinja_none());
    jinja_assign_name(run, "documents", jinja_none());
    if (variables->bos_token)
        jinja_assign_name(run, "bos_token", jinja_text(run->arena, variables->bos_token));
    if (variables->eos_token)
        jinja_assign_name(run, "eos_token", jinja_text(run->arena, variables->eos_token));
    json_object_foreach((json_t *)variables->extra, key, value)
        jinja_assign_name(run, arena_copy(run->arena, key, strlen(key)), jinja_from_json(run->arena, value));
}

static int render(struct arena *arena, const char *source, size_t n, const struct template_variables *variables,
                  struct bytes *out, struct error *err)
{
    struct jinja_run run = {.arena = arena, .err = err, .out = out, .date = variables->date};
    struct jinja_tokens tokens = {0};
    struct jinja_nodes body = {0};

    if (jinja_tokenize(arena, source, n, &tokens, err) || jinja_parse(arena, &tokens, &body, err))
        return -1;
    run.scope = arena_alloc(arena, 1, sizeof *run.scope);
    define_variables(&run, variables);
    return jinja_execute(&run, &body);
}

char *template_render(const char *source, const char *name, const struct template_variables *variables, size_t *length,
                      struct error *err)
{
    struct arena arena = {0};
    struct bytes out = {0}, repaired = {0};
    struct error why = {{0}};
    char *text = NULL;

    utf8_append_repaired(&repaired, source, strlen(source));
    if (render(&arena, repaired.data, repaired.n, variables, &out, &why) == 0) {
        if (length)
            *length = out.n;
        text = bytes_take(&out);
    } else
        fail(err, "%s:%.150s (way out: template = \"none\", or a prompt file with text or input_ids)", name, why.text);
    bytes_clear(&out);
    bytes_clear(&repaired);
    arena_clear(&arena);
    return text;
}

char *template_render_messages(const struct tokenizer *tokenizer, const char *source, const char *name,
                               const json_t *messages, bool add_generation_prompt, size_t *length, struct error *err)
{
    const struct template_variables variables = {
        .messages = messages,
        .add_generation_prompt = add_generation_prompt,
        .bos_token = tokenizer_special_text(tokenizer, "bos_token"),
        .eos_token = tokenizer_special_text(tokenizer, "eos_token"),
        .date = template_default_date,
    };

    if (!source && !(source = tokenizer_chat_template(tokenizer)))
        return fail_null(err, "%s: the model has no chat template; use template = \"none\"", name);
    return template_render(source, name, &variables, length, err);
}

char *template_render_prompt(const struct tokenizer *tokenizer, const char *source, const char *name,
                             const char *prompt, size_t n, size_t *length, struct error *err)
{
    struct bytes content = {0};

    utf8_append_repaired(&content, prompt, n);
    json_t *messages = json_pack("[{s:s, s:s%}]", "role", "user", "content", content.n ? content.data : "", content.n);
    char *text = template_render_messages(tokenizer, source, name, messages, true, length, err);
    json_decref(messages);
    bytes_clear(&content);
    return text;
}
