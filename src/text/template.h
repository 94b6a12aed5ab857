/* Chat templates: the part of Jinja that published templates use, rendered as
 * transformers' apply_chat_template does (trim_blocks, lstrip_blocks, no escaping). */
#ifndef SINKGRID_TEXT_TEMPLATE_H
#define SINKGRID_TEXT_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct tokenizer;

struct template_variables {
    const json_t *messages;            /* array of {"role", "content"} */
    bool add_generation_prompt;
    const char *bos_token, *eos_token; /* NULL or "" where there is none */
    const char *date;                  /* for strftime_now, "YYYY-MM-DD"; fixed so that runs repeat; NULL: an error there */
    const json_t *extra;               /* an object of further variables ("enable_thinking", "tools"), or NULL */
};

/* Renders `source` (`name` stands in errors). Returns a string that the caller
 * frees, or NULL: a construct that is not supported is named with its line, and
 * the way out (prompt file with `text` or `input_ids`, or template = "none").
 * Bounded in steps, memory, depth and output, so that a template may be foreign. */
char *template_render(const char *source, const char *name, const struct template_variables *variables,
                      struct error *err);

/* Renders one user message with the generation prompt: what an experiment's
 * prompts are put into. `source` NULL: the tokenizer's own template, whose absence
 * is an error. */
char *template_render_prompt(const struct tokenizer *tokenizer, const char *source, const char *name,
                             const char *prompt, const char *date, struct error *err);

#endif
