/* Chat templates: the subset of Jinja that published templates use, rendered as
 * transformers' apply_chat_template does (trim_blocks, lstrip_blocks). */
#ifndef SINKGRID_TEXT_TEMPLATE_H
#define SINKGRID_TEXT_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct template_variables {
    const json_t *messages;       /* array of {"role", "content"} */
    bool add_generation_prompt;
    const char *bos_token, *eos_token; /* "" where there is none */
    const char *date;             /* for strftime_now, "YYYY-MM-DD"; fixed so that runs repeat */
};

/* Renders `source` (`name` stands in errors). Returns a string that the caller
 * frees, or NULL: a construct that is not supported is named with its line, and
 * the way out (prompt file with `text` or `input_ids`, or template = "none"). */
char *template_render(const char *source, const char *name, const struct template_variables *variables,
                      struct error *err);

#endif
