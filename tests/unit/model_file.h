/* A test's folder and the model file that it writes there, whole or damaged. */
#ifndef SINKGRID_TESTS_UNIT_MODEL_FILE_H
#define SINKGRID_TESTS_UNIT_MODEL_FILE_H

#include <stdbool.h>

#include "files.h"
#include "weights/weights.h"

struct model_file {
    char *folder;
    const char *name;  /* of the file in the folder; "model.gguf" unless the test sets it */
    bool opens_folder; /* weights_open gets the folder, not the file */
    struct bytes bytes;
    struct error err;
};

/* For cmocka: *state becomes a struct model_file, empty. */
int model_file_setup(void **state);
int model_file_teardown(void **state);

/* Writes the first n bytes and opens them; NULL and file->err on failure. */
struct weights *model_file_open(struct model_file *file, size_t n, bool header_only);

/* Writes and opens the bytes; ends the test on failure. */
struct weights *model_file_need(struct model_file *file);

/* Writes the bytes, which must be refused by one line that begins with the folder
 * and contains `reason`; then clears them. */
void model_file_refused(struct model_file *file, const char *reason);

#endif
