/* Folders of tokenizer files that tests make for themselves under $TMPDIR or /tmp. */
#ifndef SINKGRID_TESTS_UNIT_TOKENIZER_FOLDER_H
#define SINKGRID_TESTS_UNIT_TOKENIZER_FOLDER_H

#include <jansson.h>

#include "text/tokenizer.h"

/* A new empty folder; tokenizer_folder_remove removes it with its files and frees the name. */
char *tokenizer_folder_make(void);
void tokenizer_folder_remove(char *folder);

void tokenizer_folder_write(const char *folder, const char *name, const char *text);
void tokenizer_folder_write_json(const char *folder, const char *name, const json_t *value); /* takes it over */

/* Opens a folder's tokenizer; the test fails with the error if that fails. */
struct tokenizer *tokenizer_folder_open(const char *folder);

/* tests/data/tokenizers/NAME (environment variable abs_top_srcdir). The caller frees. */
char *tokenizer_data_path(const char *name);
json_t *tokenizer_data_json(const char *name);

/* tokenizer.json of an entry of variants.json: its base's model with what the entry changes, its components. */
json_t *tokenizer_variant_document(const json_t *bases, const json_t *variant);

#endif
