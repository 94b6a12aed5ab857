/* One record of a prompt file, as token ids; the kinds of record are a table. */
#ifndef SINKGRID_GRID_RECORD_H
#define SINKGRID_GRID_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "text/tokenizer.h"

struct record_reader {
    const struct tokenizer *tokenizer; /* NULL: input_ids only */
    const char *chat_template;         /* NULL: none applies */
    const char *template_name;         /* stands in errors */
    int n_vocab;
};

/* Appends the tokens of a JSON record: see prompts.h for its kinds. *templated: a
 * chat template was applied. The error names no file. */
int record_encode(const struct record_reader *reader, const json_t *record, struct tokens *tokens, bool *templated,
                  struct error *err);

/* The same for plain text, with the tokenizer's own special tokens. */
int record_encode_text(const struct record_reader *reader, const char *text, size_t length, struct tokens *tokens,
                       struct error *err);

#endif
