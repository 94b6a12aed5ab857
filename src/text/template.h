/* Chat templates: the part of Jinja that published templates use, rendered as
 * transformers' apply_chat_template does (trim_blocks, lstrip_blocks, no escaping). */
#ifndef SINKGRID_TEXT_TEMPLATE_H
#define SINKGRID_TEXT_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct tokenizer;

struct template_variables {
    const json_t *messages; /* array of {"role", "content"} */
    bool add_generation_prompt;
    const char *bos_token, *eos_token; /* NULL or "" where there is none */
    const char *date;    /* for strftime_now, "YYYY-MM-DD"; fixed so that runs repeat; NULL: an error there */
    const json_t *extra; /* an object of further variables ("enable_thinking", "tools"), or NULL */
};

/* Renders `source` (`name` stands in errors). Returns a string that the caller
 * frees, *length (may be NULL) bytes, of which some may be zero; or NULL: a construct
 * that is not supported is named with its line, and the way out (prompt file with
 * `text` or `input_ids`, or template = "none"). Bounded in steps, memory, depth and
 * output, so that a template may be foreign. */
char *template_render(const char *source, const char *name, const struct template_variables *variables, size_t *length,
                      struct error *err);

/* What templates see as today unless told otherwise: the day that Llama 3.1's names by itself. */
extern const char template_default_date[];

/* Renders a conversation for a model: with its special tokens, and template_default_date as
 * today. `source` NULL: the tokenizer's own template, whose absence is an error. The caller frees. */
char *template_render_messages(const struct tokenizer *tokenizer, const char *source, const char *name,
                               const json_t *messages, bool add_generation_prompt, size_t *length, struct error *err);

/* The same for one user message (n bytes; ill-formed UTF-8 is replaced), with the generation prompt. */
char *template_render_prompt(const struct tokenizer *tokenizer, const char *source, const char *name,
                             const char *prompt, size_t n, size_t *length, struct error *err);

#endif
