/* What `measure` reads: a text, or token ids, one sample a line. */
#ifndef SINKGRID_COMMAND_MEASURE_INPUT_H
#define SINKGRID_COMMAND_MEASURE_INPUT_H

#include "base/error.h"
#include "model/model.h"

struct id_lists {
    int32_t **ids; /* (n) */
    int32_t *n_tokens;
    int n;
};
void id_lists_clear(struct id_lists *lists);

/* One sample a line, ids separated by white space; empty lines are passed over. */
int id_lists_read(struct id_lists *lists, const char *path, struct error *err);

/* One sample: the text of a file ("-" or NULL: standard input) by the model's tokenizer. */
int id_lists_encode(struct id_lists *lists, const struct model *model, const char *path, struct error *err);

#endif
