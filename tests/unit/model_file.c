#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model_file.h"

int model_file_setup(void **state)
{
    struct model_file *file = xcalloc(1, sizeof *file);

    file->folder = files_make_folder();
    file->name = "model.gguf";
    *state = file;
    return 0;
}

int model_file_teardown(void **state)
{
    struct model_file *file = *state;

    files_remove_folder(file->folder);
    bytes_clear(&file->bytes);
    free(file);
    return 0;
}

struct weights *model_file_open(struct model_file *file, size_t n, bool header_only)
{
    char *path = files_write(file->folder, file->name, file->bytes.data, n);
    struct weights *weights = weights_open(file->opens_folder ? file->folder : path, header_only, &file->err);

    free(path);
    return weights;
}

struct weights *model_file_need(struct model_file *file)
{
    struct weights *weights = model_file_open(file, file->bytes.n, false);

    if (!weights)
        fail_msg("%s", file->err.text);
    return weights;
}

void model_file_refused(struct model_file *file, const char *reason)
{
    struct weights *weights = model_file_open(file, file->bytes.n, false);

    assert_null(weights);
    if (!strstr(file->err.text, reason))
        fail_msg("\"%s\" does not contain \"%s\"", file->err.text, reason);
    assert_ptr_equal(strstr(file->err.text, file->folder), file->err.text);
    assert_null(strchr(file->err.text, '\n'));
    bytes_clear(&file->bytes);
}
